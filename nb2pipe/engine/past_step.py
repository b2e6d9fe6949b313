"""One step of a past run: its cells with what they displayed, its error, its log."""

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nb2pipe.engine.history import PastRun
from nb2pipe.ir import Cell, Run, Step

_WINDOW = 200_000  # bytes of the end of a log that are read


def step_document(run: PastRun, name: str, *, lines: int) -> dict[str, Any]:
    """Return all that is known about a step, as plain JSON values.

    To what the run's document says come `cells` (`number`, `source`, `status`, `seconds`, `count` and
    nbformat `outputs`; those that did not run have an empty status), `error`, `log` (a path, None
    without one), `log_tail` (its last `lines`), the path of each artifact, and the `diagnostics` of
    the run that are about the step.

    Raises:
        CompileError: NB511 or NB512, the step or its pipeline is not there.
    """
    known = run.step(name)
    pipeline = run.pipeline()
    files = run.folder.step(name)
    result = run.step_result(name)
    ended = {cell.cell: cell for cell in result.cells} if result else {}
    cells = []
    for cell in step_cells(pipeline.cells, pipeline.step(name)):
        own = ended.get(cell.position)
        cells.append(
            {
                "number": cell.number,
                "notebook": cell.notebook,
                "source": cell.source,
                "status": (own.status or "did not end") if own else "",
                "seconds": own.seconds if own else 0.0,
                "count": own.count if own else None,
                "outputs": list(own.outputs) if own else [],
            }
        )
    return {
        **known,
        "artifacts": {
            key: {**artifact, "path": str(files.artifact(key))}
            for key, artifact in known["artifacts"].items()
        },
        "cells": cells,
        "diagnostics": [item for item in run.document["diagnostics"] if item["step"] == name],
        "error": asdict(result.error) if result and result.error else None,
        "log": str(files.log) if files.log.exists() else None,
        "log_tail": log_tail(files.log, lines),
    }


def step_cells(cells: tuple[Cell, ...], step: Step) -> tuple[Cell, ...]:
    """Return the cells that a step runs, in this order."""
    return tuple(cells[item.cell] for item in step.program if isinstance(item, Run))


def log_tail(path: Path, lines: int) -> list[str]:
    """Return the last lines of a log, without reading all of a long one; none if there is no log."""
    try:
        with path.open("rb") as stream:
            start = max(0, stream.seek(0, 2) - _WINDOW)
            stream.seek(start)
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return []
    found = re.split(r"\r?\n", text.removesuffix("\n"))
    whole = found[1:] if start else found  # the first may be a part of one
    return whole[-lines:] if text else []
