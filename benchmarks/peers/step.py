"""The trivial steps of a chain, for peers that run code: the value of the step before comes from a file."""

import pickle
import sys
from pathlib import Path

COUNT = int(sys.argv[1])


def source(number: int) -> str:
    """Return the code of the step with this number, from 0."""
    load = f"x = pickle.load(open('x{number - 1}', 'rb'))" if number else "x = 0"
    return (
        f"import pandas\nimport sklearn.linear_model\nimport pickle\n{load}\n"
        f"x = x + 1\npickle.dump(x, open('x{number}', 'wb'))\n"
    )


def check() -> None:
    """Make sure that all steps ran.

    Raises:
        RuntimeError: they did not.
    """
    if pickle.loads(Path(f"x{COUNT - 1}").read_bytes()) != COUNT:  # noqa: S301 -- our own
        raise RuntimeError("the last step has another value")
