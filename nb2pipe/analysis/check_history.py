"""The output history must be the step's own: no step passes it on."""

import ast
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from nb2pipe.analysis.facts import StatementFacts
from nb2pipe.analysis.findings import Analysis
from nb2pipe.analysis.history import cell_number, is_history
from nb2pipe.diagnostics import Code, Diagnostic
from nb2pipe.frontend.layout import Role

_BY_NUMBER: Final = {"Out", "_oh"}
# What these give is never None, so it is displayed and kept.
_VALUES: Final = (
    ast.BinOp, ast.Compare, ast.JoinedStr, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.ListComp,
    ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Lambda,
)  # fmt: skip


def check_history(analysis: Analysis) -> Iterator[Diagnostic]:
    """The output history (`_`, `Out[3]`) of another step is asked for."""
    for facts in analysis.statements():
        for name, read in facts.reads.items():
            if not is_history(name) or _is_bound(analysis, facts, name):
                continue
            step = analysis.step_of(facts.cell)
            makers = _makers(analysis, facts.cell, name)
            if all(analysis.step_of(cell) == step for cell in makers):
                continue
            if name == "_" and _is_own_or_missing(analysis, facts.cell):
                continue
            yield Diagnostic(
                code=Code.OUTPUT_HISTORY,
                span=analysis.span(facts.cell, read.node),
                message=f"`{name}` is the output history, which no step passes on",
                hint=f"assign the output to a variable where it is made, and use that instead of `{name}`",
                step=step,
            )


def _is_bound(analysis: Analysis, facts: StatementFacts, name: str) -> bool:
    """Whether the notebook itself gave `name` a value."""
    own = analysis.interpretation.cells[facts.cell].statements
    earlier = any(name in other.writes for other in own if other.order < facts.order)
    return earlier or name in analysis.history.before[facts.cell]


def _is_own_or_missing(analysis: Analysis, cell: int) -> bool:
    """Whether `_` is what the step itself displayed last, or not there at all, which fails when it runs."""
    step = analysis.step_of(cell)
    cells = _displaying(analysis, range(cell), past_the_last=True)
    own = [analysis.step_of(other) == step for other in cells if analysis.step_of(other)]
    since_others = own.index(False)
    return since_others > 0 and not any(own[since_others:])


def _makers(analysis: Analysis, cell: int, name: str) -> Iterable[int]:
    """Return the cells that decide what `name` is when `cell` runs."""
    counted = [
        laid.cell.position
        for laid in analysis.layout.cells[:cell]
        if laid.role is not Role.SKIP and laid.cell.source.strip()
    ]
    numbers = _numbers(analysis, cell, name)
    if numbers is not None:
        return [counted[number - 1] for number in numbers if 0 < number <= len(counted)]
    return _displaying(analysis, counted) if name == "_" else counted


def _numbers(analysis: Analysis, cell: int, name: str) -> list[int] | None:
    """Return the execution counts that are asked for, None when they are not plain."""
    number = cell_number(name)
    if number is not None or name not in _BY_NUMBER:
        return None if number is None else [number]
    tree = analysis.cells[cell].tree
    uses = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == name]
    indices = [
        node.slice.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        and node.value in uses
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, int)
    ]
    return indices if uses and len(indices) == len(uses) else None


def _displaying(
    analysis: Analysis, cells: Sequence[int], *, past_the_last: bool = False
) -> Iterator[int]:
    """Yield the cells, latest first, whose output may be the last one before; or all that may display."""
    for cell in reversed(cells):
        body = analysis.cells[cell].tree.body
        last = body[-1] if body else None
        if not isinstance(last, ast.Expr) or analysis.cells[cell].text.rstrip().endswith(";"):
            continue
        yield cell
        constant = isinstance(last.value, ast.Constant) and last.value.value is not None
        if (constant or isinstance(last.value, _VALUES)) and not past_the_last:
            return
