"""What a step costs that runs here, what whole notebooks take, and how soon a run is over that has little to do.

See README.md in this folder. Everything that is compared is measured in turn; the figures are medians.
"""

import argparse
import json
import os
import platform
import sys
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chains import measure_incremental, measure_steps
from running_report import targets_of, to_markdown
from section import write_section
from whole_runs import measure_whole_runs

_FOLDER = Path(__file__).parent
_RESULTS = _FOLDER / "results" / "running.json"
_PAGE = _FOLDER.parent / "docs" / "performance.md"


def main() -> int:
    """Measure, print, and keep what was asked for; return 1 when a target is missed."""
    given = _arguments()
    with tempfile.TemporaryDirectory(prefix="nb2pipe-") as name:
        found = {part: _measured(_PARTS[part], Path(name) / part, given) for part in given.parts}
    document = {**_earlier(), **found} if given.keep else found
    print(to_markdown(document))
    if given.keep:
        _RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        write_section(_PAGE, "running.py", to_markdown(document))
    return int(any(not target.met for target in targets_of(document)))


def _earlier() -> dict[str, Any]:
    """Return what was kept of parts that were measured before."""
    if not _RESULTS.exists():
        return {}
    document = json.loads(_RESULTS.read_text(encoding="utf-8"))
    return {part: document[part] for part in _PARTS if part in document}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100, help="of the chain")
    parser.add_argument("--few", type=int, default=8, help="steps of what is slow")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--no-peers", action="store_true", help="measure nb2pipe only")
    parser.add_argument(
        "--python", default=sys.executable, help="the Python that has what real notebooks import"
    )
    parser.add_argument("--only", nargs="*", default=[], help="parts of the names of notebooks")
    parser.add_argument("--keep", action="store_true", help="write the results and the page")
    parser.add_argument(
        "parts", nargs="*", default=list(_PARTS), help=f"some of: {', '.join(_PARTS)}"
    )
    given = parser.parse_args()
    unknown = set(given.parts) - set(_PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    return given


def _steps(scratch: Path, given: argparse.Namespace) -> Any:
    costs = measure_steps(
        scratch, steps=given.steps, few=given.few, runs=given.runs, peers=not given.no_peers
    )
    return [asdict(cost) for cost in costs]


def _incremental(scratch: Path, given: argparse.Namespace) -> Any:
    return measure_incremental(scratch, given.runs)


def _notebooks(scratch: Path, given: argparse.Namespace) -> Any:
    rows = measure_whole_runs(scratch, given.python, given.runs, given.only)
    return [asdict(row) for row in rows]


_PARTS: dict[str, Callable[[Path, argparse.Namespace], Any]] = {
    "steps": _steps,
    "incremental": _incremental,
    "notebooks": _notebooks,
}


def _measured(
    measure: Callable[[Path, argparse.Namespace], Any], scratch: Path, given: argparse.Namespace
) -> dict[str, Any]:
    """Return what was found, with the circumstances: others may have used the machine, too."""
    scratch.mkdir()
    before = os.getloadavg()[0]
    found = measure(scratch, given)
    return {
        "found": found,
        "runs": given.runs,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": [round(before, 1), round(os.getloadavg()[0], 1)],
    }


if __name__ == "__main__":
    sys.exit(main())
