"""How long cells took, in runs that are kept."""

from collections.abc import Mapping
from pathlib import Path

from nb2pipe.diagnostics import CompileError
from nb2pipe.engine.folder import RunFolder
from nb2pipe.engine.history import PastRun, list_runs
from nb2pipe.engine.results import read_step_result

_LOOKED_AT = 10


def cell_seconds(notebook: Path) -> Mapping[str, float]:
    """Return how long the cells of a notebook took, by id; empty when no run of it is kept.

    The newest run that knows a cell tells.
    """
    seconds: dict[str, float] = {}
    for run in reversed(list_runs(notebook.parent, notebook.name)[:_LOOKED_AT]):
        seconds |= _of_run(run)
    return seconds


def _of_run(run: PastRun) -> dict[str, float]:
    try:
        cells = run.pipeline().cells
    except CompileError:
        return {}
    seconds = {}
    for step in run.document["steps"]:
        folder = run.folder
        if step["reused"] is not None:
            folder = RunFolder(run.folder.path.with_name(step["reused"]))
        result = read_step_result(folder.step(step["name"]).result)
        for cell in result.cells if result else ():
            if cell.cell < len(cells):
                seconds[cells[cell.cell].id] = cell.seconds
    return seconds
