"""Writes a stored variable in an open format, in the Python that ran the notebook. Its argument is an order, as JSON.

The order has the folder of the `package` nb2pipe, the path of the `artifact`, the `name` of the variable, the
`codec` as `module:class`, the path of the `target` and that of the answer: `{"stage": …, "problem": …}`, what it
did last (`load`, `import`, `write`, `read`, `compare`), and what went wrong or got lost in it. An empty text means
that all is as it was.
"""

import importlib
import json
import sys
import types
from pathlib import Path
from typing import Any


def main(order: "dict[str, str]") -> None:
    """Write the file that the order asks for, read it back and tell whether that is the same."""
    # Only what runs on every Python is needed of nb2pipe, and it may be installed in another version.
    package = sys.modules["nb2pipe"] = types.ModuleType("nb2pipe")
    package.__path__ = [order["package"]]
    stages = perform(order)
    stage = problem = ""
    try:
        for stage, problem in stages:  # noqa: B007 -- the last one counts
            pass
    except Exception as error:
        problem = f"{type(error).__name__}: {error}"
    Path(order["answer"]).write_text(json.dumps({"stage": stage, "problem": problem}))


def perform(order: "dict[str, str]") -> Any:
    """Yield each stage before it begins, and at the end what got lost."""
    yield "load", ""
    importlib.import_module("nb2pipe.runtime").stand_in()
    store = importlib.import_module("nb2pipe.runtime.store")
    value = store.read_artifact(order["artifact"])[order["name"]]
    store.settle()
    yield "import", ""
    module, _, name = order["codec"].partition(":")
    codec = getattr(importlib.import_module(module), name)()
    yield "write", ""
    target = Path(order["target"])
    with target.open("wb") as file:
        codec.write(value, file)
    yield "read", ""
    with target.open("rb") as file:
        again = codec.read(file)
    yield "compare", codec.difference(value, again)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
