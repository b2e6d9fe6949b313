"""What a step costs when a notebook runs here, and how soon a run is over that has nothing to do.

See README.md in this folder. All figures are wall times of one machine, measured in turn, medians.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from section import write_section

_FOLDER = Path(__file__).parent
_RESULTS = _FOLDER / "results" / "running.json"
_PAGE = _FOLDER.parent / "docs" / "performance.md"
_IMPORTS = "import pandas\nimport sklearn.linear_model"
_KERNEL = """\
import nbformat, nbclient, sys
notebook = nbformat.read(sys.argv[1], 4)
for cell in notebook.cells:
    one = nbformat.v4.new_notebook(cells=[cell])
    nbclient.NotebookClient(one, kernel_name="python3").execute()
"""


def main() -> None:
    """Measure, print, and keep what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100, help="of the chain")
    parser.add_argument("--few", type=int, default=8, help="steps of what is slow")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--keep", action="store_true", help="write the results and the page")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="nb2pipe-") as name:
        found = _measure(Path(name), given.steps, given.few, given.runs)
    print(json.dumps(found, indent=1))
    if given.keep:
        _keep(found)


def _measure(folder: Path, steps: int, few: int, runs: int) -> dict[str, Any]:
    one, chain, short, wide = (
        folder / f"{name}.ipynb" for name in ("one", "chain", "short", "fifty")
    )
    for path, count in ((one, 1), (chain, steps), (short, few), (wide, 50)):
        path.write_text(json.dumps(_chain(count)), encoding="utf-8")
    run = [sys.executable, "-m", "nb2pipe", "run"]
    again = ["--no-cache"]
    base = _median([*run, one, *again], runs)
    isolated_base = _median([*run, one, *again, "--isolated"], runs)
    kernel = [sys.executable, "-c", _KERNEL]
    bare = _median([sys.executable, "-c", _IMPORTS], runs)
    first = _median([*run, wide, *again], 1)
    found = {
        "warm, per step": (_median([*run, chain, *again], runs) - base) / (steps - 1),
        "isolated, per step": (_median([*run, short, *again, "--isolated"], runs) - isolated_base)
        / (few - 1),
        "a kernel for each step (imports not counted), per step": _median(
            [*kernel, short], max(1, runs // 2)
        )
        / few,
        "a bare interpreter with the same imports": bare,
        "50 steps, all run": first,
        "50 steps, nothing changed": _median([*run, wide], runs),
    }
    return {name: round(seconds, 4) for name, seconds in found.items()}


def _chain(count: int) -> dict[str, Any]:
    """Return a notebook of `count` steps, each of which needs the one before, after some imports."""
    sources = [f"{_IMPORTS}\nx0 = 0", *(f"x{n} = x{n - 1} + 1" for n in range(1, count))]
    cells = [
        {
            "cell_type": "code", "id": f"c{number}", "metadata": {"tags": [f"step:s{number}"]},
            "source": source, "outputs": [], "execution_count": None,
        }
        for number, source in enumerate(sources)
    ]  # fmt: skip
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def _median(command: list[Any], runs: int) -> float:
    return statistics.median(_seconds(lambda: _run(command)) for _ in range(runs))


def _seconds(act: Callable[[], None]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _run(command: list[Any]) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    # A kernel for each step has no variables of the step before; how long it takes is the same.
    if done.returncode and words[1:3] != ["-c", _KERNEL]:
        raise RuntimeError(done.stderr[-2000:])


def _keep(found: dict[str, Any]) -> None:
    _RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    rows = [f"| {name} | {seconds:.3f} s |" for name, seconds in found.items()]
    table = "\n".join(["| | wall time |", "| --- | --: |", *rows])
    write_section(_PAGE, "running.py", table)


if __name__ == "__main__":
    main()
