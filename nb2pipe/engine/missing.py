"""What a step did not find although the notebook makes it: the cell that does, and the tags that hand it on."""

import re

from nb2pipe.diagnostics import Related, Span
from nb2pipe.engine.results import StepError
from nb2pipe.ir import Cell, Pipeline

Repair = tuple[str, tuple[Related, ...]]


def repair_of(pipeline: Pipeline, cell: Cell, error: StepError) -> Repair | None:
    """Return the hint and the place for a name or a file that `cell` missed; None for other errors."""
    text = error.evalue or ""
    if error.ename == "NameError":
        found = re.search(r"name '(\w+)' is not defined", text)
        return _repair(pipeline, cell, found[1], found[1], _binding(found[1])) if found else None
    if error.ename == "FileNotFoundError":
        found = re.search(r"'([^']+)'", text)
        if found is None:
            return None
        quoted = re.compile("['\"]" + re.escape(found[1]) + "['\"]")
        return _repair(pipeline, cell, found[1], f"file={found[1]}", quoted)
    return None


def _binding(name: str) -> re.Pattern[str]:
    return re.compile(
        rf"\b{name}\b['\"\]]*\s*(=(?!=)|,[\w\s,]*=(?!=)|:)|\b(def|class|import|as|for)\s+{name}\b"
    )


def _repair(
    pipeline: Pipeline, cell: Cell, shown: str, tagged: str, made: re.Pattern[str]
) -> Repair | None:
    makers = [
        (maker, match)
        for maker in pipeline.cells
        if maker.step not in {None, cell.step} and maker.position < cell.position
        for match in [made.search(maker.source)]
        if match
    ]
    if not makers:
        return None
    maker, match = makers[-1]
    line = maker.source.count("\n", 0, match.start()) + 1
    span = Span(notebook=maker.notebook, cell=maker.number, cell_id=maker.id, line=line)
    hint = (
        f"tag cell {maker.number} `writes:{tagged}` and cell {cell.number} `reads:{tagged}`, so that"
        f" `{shown}` is handed on"
    )
    return hint, (Related(span=span, message=f"step `{maker.step}` makes `{shown}` here"),)
