"""What a step costs in a chain of trivial steps, here and with peers, and what a run costs when little changed.

See README.md in this folder.
"""

import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import Timing, run

_FOLDER = Path(__file__).parent
_PEERS = _FOLDER / "peers"
_ENVIRONMENT = _FOLDER / ".peers"
_IMPORTS = "import pandas\nimport sklearn.linear_model"
_NB2PIPE = [sys.executable, "-m", "nb2pipe", "run", "chain.ipynb"]
_INCREMENTAL = 50

WARM = "nb2pipe"
ISOLATED = "nb2pipe --isolated"
BARE = "a bare interpreter with the same imports"
_DRIVERS = {
    "kfp.local.SubprocessRunner(use_venv=False)": "kfp_steps.py",
    "a kernel for each step, as in Kale": "kernel_steps.py",
    "papermill, a notebook for each step": "papermill_steps.py",
    "Ploomber, a script for each step": "ploomber_steps.py",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StepCost:
    """What a step costs: medians of seconds by the clock and of CPU, for one of `steps` steps."""

    name: str
    steps: int
    seconds: float
    cpu_seconds: float


def measure_steps(
    scratch: Path, *, steps: int, few: int, runs: int, peers: bool
) -> Iterator[StepCost]:
    """Run chains of one step and of many in turn; a step costs what a chain takes longer, by their number.

    `few` is the number of steps where one takes about a second. What is before the first step, such as
    importing the runner itself, does not count.
    """
    chains: dict[str, tuple[int, Callable[[int, Path], Sequence[str | Path]]]] = {
        WARM: (steps, _own),
        ISOLATED: (few, lambda count, folder: _own(count, folder, "--isolated")),
    }
    python = _peers_python() if peers else Path()
    for name, driver in _DRIVERS.items() if peers else ():
        chains[name] = few, _peer(python, driver)
    costs: dict[str, list[tuple[float, float]]] = {}
    for number in range(runs + 1):  # the first is for files that are not in memory yet
        print(f"round {number} of {runs} ...", file=sys.stderr, flush=True)
        for name, (count, command) in chains.items():
            one, many = (_run_chain(scratch, command, length) for length in (1, count))
            seconds, cpu = many.seconds - one.seconds, many.cpu_seconds - one.cpu_seconds
            costs.setdefault(name, []).append((seconds / (count - 1), cpu / (count - 1)))
        bare = run([sys.executable, "-c", _IMPORTS], cwd=scratch)
        costs.setdefault(BARE, []).append((bare.seconds, bare.cpu_seconds))
    for name, pairs in costs.items():
        seconds, cpu = (statistics.median(column) for column in zip(*pairs[1:], strict=True))
        count = chains[name][0] if name in chains else 1
        yield StepCost(name=name, steps=count, seconds=round(seconds, 4), cpu_seconds=round(cpu, 4))


def measure_incremental(scratch: Path, runs: int) -> dict[str, Any]:
    """Run a chain, then again when nothing changed, then with its last step edited.

    Returns the medians by the clock, and which steps ran after the edit.
    """
    found: dict[str, list[float]] = {"all run": [], "nothing changed": [], "last step edited": []}
    ran: set[str] = set()
    for number in range(runs + 1):
        folder = scratch / f"incremental{number}"
        folder.mkdir()
        write_chain(folder, _INCREMENTAL)
        timings = [run(_NB2PIPE, cwd=folder), run(_NB2PIPE, cwd=folder)]
        write_chain(folder, _INCREMENTAL, last="print(x48)")
        timings.append(run(_NB2PIPE, cwd=folder))
        ran |= _steps_that_ran(folder)
        for name, timing in zip(found, timings, strict=True):
            found[name].append(timing.seconds)
    medians = {name: round(statistics.median(times[1:]), 3) for name, times in found.items()}
    return {"steps": _INCREMENTAL, "seconds": medians, "ran after the edit": sorted(ran)}


def write_chain(folder: Path, count: int, *, last: str = "") -> None:
    """Write a notebook of `count` steps, each of which needs the one before, after some imports."""
    sources = [f"{_IMPORTS}\nx0 = 0", *(f"x{n} = x{n - 1} + 1" for n in range(1, count))]
    sources[-1] = last or sources[-1]
    cells = [
        {
            "cell_type": "code", "id": f"c{number}", "metadata": {"tags": [f"step:s{number}"]},
            "source": source, "outputs": [], "execution_count": None,
        }
        for number, source in enumerate(sources)
    ]  # fmt: skip
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (folder / "chain.ipynb").write_text(json.dumps(notebook), encoding="utf-8")


def _own(count: int, folder: Path, *options: str) -> Sequence[str | Path]:
    write_chain(folder, count)
    return [*_NB2PIPE, "--no-cache", *options]


def _peer(python: Path, driver: str) -> Callable[[int, Path], Sequence[str | Path]]:
    return lambda count, _: [python, _PEERS / driver, str(count)]


def _run_chain(
    scratch: Path, command: Callable[[int, Path], Sequence[str | Path]], count: int
) -> Timing:
    folder = scratch / f"chain{len(list(scratch.iterdir()))}"
    folder.mkdir()
    return run(command(count, folder), cwd=folder)


def _peers_python() -> Path:
    """Return the Python that has the peers, in an environment that is made when it is not there."""
    python = _ENVIRONMENT / "bin" / "python"
    if not python.exists():
        uv = _FOLDER.parent / ".venv-uv" / "bin" / "uv"
        subprocess.run(
            [uv, "venv", "--quiet", "--python", sys.executable, _ENVIRONMENT], check=True
        )
        install = [uv, "pip", "install", "--quiet", "--compile-bytecode", "--python", python]
        subprocess.run([*install, "-r", _PEERS / "requirements.txt"], check=True)
    return python


def _steps_that_ran(folder: Path) -> set[str]:
    newest = max((folder / ".nb2pipe" / "runs").iterdir())
    document: Mapping[str, Any] = json.loads((newest / "result.json").read_text(encoding="utf-8"))
    return {step["name"] for step in document["steps"] if step["reused"] is None}
