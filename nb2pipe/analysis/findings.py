"""All that an analysis found out, for the checks to look at."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from nb2pipe.analysis.facts import StatementFacts
from nb2pipe.analysis.interpret import Interpretation
from nb2pipe.analysis.link import Linker
from nb2pipe.analysis.parameters import ParameterCells
from nb2pipe.analysis.program import Program
from nb2pipe.analysis.syntax import ParsedCell, span_of
from nb2pipe.analysis.versions import History
from nb2pipe.diagnostics import Span
from nb2pipe.frontend.layout import Layout
from nb2pipe.frontend.walk import nodes_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Everything that the checks look at."""

    layout: Layout
    cells: tuple[ParsedCell, ...]
    interpretation: Interpretation
    parameters: ParameterCells
    history: History
    linker: Linker
    program: Program

    def span(self, cell: int, node: ast.AST) -> Span:
        """Return where `node` stands; a node without a place (of evaluated text) is the whole cell."""
        if isinstance(node, ast.stmt | ast.expr | ast.ExceptHandler | ast.arg):
            inside = _is_inside(node, self.cells[cell])
            return span_of(self.cells[cell], node) if inside else self.layout.cells[cell].span
        return self.layout.cells[cell].span

    def step_of(self, cell: int) -> str | None:
        """Return the step that runs a cell."""
        return self.layout.cells[cell].cell.step

    def statements(self) -> Iterator[StatementFacts]:
        """Yield the facts of all statements, in notebook order."""
        for cell in self.interpretation.cells:
            yield from cell.statements


def _is_inside(node: ast.AST, parsed: ParsedCell) -> bool:
    return any(node is inner for inner in nodes_of(parsed.tree))
