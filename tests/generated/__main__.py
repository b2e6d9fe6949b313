"""Generate many notebooks and count: `python -m tests.generated [--count N] [--first SEED]`.

Every 500 notebooks it says on standard error how far it is.
"""

import argparse
import random
import sys
from collections import Counter

from tests.generated.execute import compare
from tests.generated.grammar import write_notebook
from tests.generated.shrink import shrink, text_of


def main() -> None:
    """Print each notebook that differs, made small, and how many there are of each kind."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0)
    given = parser.parse_args()
    counts = {name: Counter[str]() for name in ("outcomes", "codes", "features")}
    for seed in range(given.first, given.first + given.count):
        notebook = write_notebook(random.Random(seed))
        outcome = compare(notebook.cells)
        counts["outcomes"][outcome.kind] += 1
        counts["codes"].update(outcome.codes)
        counts["features"].update(notebook.features)
        if outcome.kind == "different":
            small = shrink(notebook.cells, outcome.kind)
            print(f"seed {seed}\n{text_of(small)}\n{compare(small).difference}", flush=True)
        done = counts["outcomes"].total()
        if done % 500 == 0:
            print(done, counts["outcomes"], file=sys.stderr, flush=True)
    for name, counter in counts.items():
        print(f"{name}:", ", ".join(f"{key} {count}" for key, count in counter.most_common()))


if __name__ == "__main__":
    main()
