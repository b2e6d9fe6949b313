"""The history of IPython travels only as far as it is plain what it is: the rest must be the step's own."""

from collections.abc import Iterator

from nb2pipe.analysis.facts import StatementFacts
from nb2pipe.analysis.findings import Analysis
from nb2pipe.analysis.history import cell_number, execution_counts, is_history
from nb2pipe.diagnostics import Code, Diagnostic


def check_history(analysis: Analysis) -> Iterator[Diagnostic]:
    """The history (`_`, `Out`, `In`) is asked for something that other steps decide, and that does not travel."""
    for facts in analysis.statements():
        step = analysis.step_of(facts.cell)
        if facts.lost_output is not None and not _is_own(analysis, facts, "_"):
            yield Diagnostic(
                code=Code.OUTPUT_HISTORY,
                span=analysis.span(facts.cell, facts.lost_output),
                message="what this is depends on whether a value that was displayed is the one assigned to `_`",
                hint="give what is assigned to `_` a name of its own",
                step=step,
            )
        for name, read in facts.reads.items():
            if not is_history(name) or _is_bound(analysis, facts, name):
                continue
            if _is_own(analysis, facts, name):
                continue
            yield Diagnostic(
                code=Code.OUTPUT_HISTORY,
                span=analysis.span(facts.cell, read.node),
                message=f"`{name}` is history of other steps, which is not passed on",
                hint=f"assign what you need to a variable where it is made, and use that instead of `{name}`",
                step=step,
            )


def _is_bound(analysis: Analysis, facts: StatementFacts, name: str) -> bool:
    """Whether the notebook itself gave `name` a value, or its displays did."""
    if name in analysis.interpretation.outputs:
        return True
    own = analysis.interpretation.cells[facts.cell].statements
    earlier = any(name in other.writes for other in own if other.order < facts.order)
    return earlier or name in analysis.history.before[facts.cell]


def _is_own(analysis: Analysis, facts: StatementFacts, name: str) -> bool:
    """Whether cells of the statement's own step alone decide what `name` is then."""
    counts = execution_counts(analysis.layout.cells)
    number = cell_number(name)
    step = analysis.step_of(facts.cell)
    return all(
        analysis.step_of(cell) == step
        for cell, count in counts.items()
        if cell < facts.cell and number in {None, count}
    )
