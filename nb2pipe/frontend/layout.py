"""The front end's result: which cell belongs to which step, before anything is analysed."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from nb2pipe.diagnostics import Span
from nb2pipe.diagnostics.policy import Verdict
from nb2pipe.frontend.declarations import Declaration
from nb2pipe.ir import Cell, StepOptions


class Role(StrEnum):
    """What a cell is for. Every role but SKIP also runs in the step that owns the cell."""

    STEP = "step"
    IMPORTS = "imports"
    FUNCTIONS = "functions"
    PARAMETERS = "pipeline-parameters"
    METRICS = "pipeline-metrics"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidCell:
    """A code cell with its role and the place where diagnostics about it point.

    `declared` is what its tags say that it does.
    """

    cell: Cell
    role: Role
    span: Span
    declared: tuple[Declaration, ...] = ()

    @property
    def may_raise(self) -> bool:
        """Whether the notebook goes on when the cell raises: a tag that all of Jupyter knows."""
        return "raises-exception" in self.cell.tags


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLayout:
    """A step as the tags declare it; `span` is the cell that names it first.

    `cells` are positions, ascending; `after` are the declared predecessors, in the order of the
    tags.
    """

    name: str
    span: Span
    cells: tuple[int, ...]
    after: tuple[str, ...] = ()
    options: StepOptions = StepOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A notebook laid out in steps, in notebook order (of each step's first cell).

    `cells[i].cell.position == i`. Cells of included notebooks stand after the `notebook:` cell that
    names them, which has the role SKIP. `image` is None when nothing names one, `python_version`
    when the notebook does not say what it ran with. `rules` are folders with what is known about libraries,
    `store` the URL of one that machines share. `verdicts` are the settings' about diagnostics.
    """

    notebook: str
    name: str
    cells: tuple[LaidCell, ...]
    steps: tuple[StepLayout, ...]
    description: str = ""
    experiment: str | None = None
    image: str | None = None
    python_version: str | None = None
    rules: tuple[Path, ...] = ()
    store: str | None = None
    verdicts: tuple[Verdict, ...] = ()
