"""Backends of matplotlib that keep figures open from cell to cell: no step hands an open figure on."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from nb2pipe.analysis.drawing import begins, chooses, drawing_names, drawn_by, first_use
from nb2pipe.analysis.facts import StatementFacts
from nb2pipe.analysis.findings import Analysis
from nb2pipe.diagnostics import Code, Diagnostic, Severity
from nb2pipe.frontend.walk import nodes_of

_MANY: Final = 1000


def check_figures(analysis: Analysis) -> Iterator[Diagnostic]:
    """A backend that keeps figures open is chosen, and a step goes on drawing on one that another step left open.

    Where no step surely does, but several draw, a warning.
    """
    statements = [facts for facts in analysis.statements() if not _never_runs(analysis, facts)]
    names = drawing_names([facts.node for facts in statements])
    chosen = next((facts for facts in statements if chooses(facts.node, names)), None)
    if chosen is None:
        return
    after = statements[statements.index(chosen) + 1 :]
    uses = [*_going_on(analysis, statements, after, names)]
    for facts, use in uses:
        yield _kept_figures(
            analysis, facts, use, chosen, "this draws on the current figure", Severity.ERROR
        )
    drawing = {analysis.step_of(f.cell) for f in after if not names.keys().isdisjoint(f.reads)}
    if len(drawing) > 1 and not uses:
        message = "several steps draw after this"
        yield _kept_figures(analysis, chosen, chosen.node, chosen, message, Severity.WARNING)


def _never_runs(analysis: Analysis, facts: StatementFacts) -> bool:
    """Whether what is below a statement never runs: `if flag:`, where the notebook only says `flag = False`."""
    if not isinstance(facts.node, ast.If) or facts.node.orelse:
        return False
    test: ast.expr | None = facts.node.test
    if isinstance(test, ast.Name):
        if test.id in analysis.parameters.names:
            return False
        written = [one.node for one in analysis.statements() if test.id in one.writes]
        once = written[0] if len(written) == 1 else None
        plain = isinstance(once, ast.Assign) and isinstance(once.targets[0], ast.Name)
        test = once.value if isinstance(once, ast.Assign) and plain else None
    return isinstance(test, ast.Constant) and not test.value


def _kept_figures(
    analysis: Analysis,
    facts: StatementFacts,
    node: ast.AST,
    chosen: StatementFacts,
    what: str,
    severity: Severity,
) -> Diagnostic:
    number = analysis.layout.cells[chosen.cell].cell.number
    return Diagnostic(
        code=Code.KEPT_FIGURES,
        span=analysis.span(facts.cell, node),
        message=f"{what}, and as cell {number} chooses, figures stay open from cell to cell, "
        "but no step gets the open figures of another",
        hint="begin each step's drawing with `plt.figure()`, or let figures be shown inline: leave out the choice in "
        f"cell {number}",
        step=analysis.step_of(facts.cell),
        severity=severity,
    )


def _going_on(
    analysis: Analysis,
    statements: Sequence[StatementFacts],
    after: Sequence[StatementFacts],
    names: Mapping[str, str],
) -> Iterator[tuple[StatementFacts, ast.Call]]:
    """Yield what goes on drawing on a figure that another step left open, as far as it shows."""
    nodes = [facts.node for facts in statements]
    functions = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}
    last: str | None = None
    is_inline = False
    opened = 0
    for facts in after:
        is_inline = is_inline or chooses(facts.node, names, inline=True)
        is_inline = is_inline and not chooses(facts.node, names)
        use = first_use(facts.node, names, dict(functions))
        step = analysis.step_of(facts.cell)
        if use is None or step is None:
            continue
        if is_inline and begins(use, names):
            return  # this figure closes all others at the end of its cell
        closes_it = opened == 1 and drawn_by(use, names) == "close"
        if last not in {None, step} and not (closes_it or begins(use, names)):
            yield facts, use
        opened = _opened_after(facts.node, use, names, opened)
        last = step if opened else None


def _opened_after(statement: ast.stmt, use: ast.Call, names: Mapping[str, str], opened: int) -> int:
    """Return how many figures are open after a statement that uses some, if so many are before; rather too many."""
    calls = [node for node in nodes_of(statement) if isinstance(node, ast.Call)]
    begun = sum(begins(call, names) and drawn_by(call, names) != "close" for call in calls)
    closed = sum(drawn_by(call, names) == "close" for call in calls)
    if isinstance(statement, ast.Expr | ast.Assign) and use in calls and drawn_by(use, names):
        if closed:
            return 0 if begins(use, names) else max(0, opened - 1)
        return max(1, opened + begun)
    return opened if max(1, begun) == closed else opened + _MANY
