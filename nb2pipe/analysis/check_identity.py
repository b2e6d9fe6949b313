"""Whether two are one object, asked of text or numbers that come from another step."""

from collections.abc import Iterator

from nb2pipe.analysis.facts import StatementFacts
from nb2pipe.analysis.findings import Analysis
from nb2pipe.diagnostics import Code, Diagnostic


def check_identity(analysis: Analysis) -> Iterator[Diagnostic]:
    """What is stored does not tell which of two equal texts or numbers are one object."""
    reported: set[str] = set()
    for facts in analysis.statements():
        step = analysis.step_of(facts.cell)
        if not facts.identified or step is None:
            continue
        makers = {
            version.name: analysis.step_of(version.cell) for version in analysis.linker.loads(step)
        }
        for name, node in facts.identified.items():
            if name in makers and name not in reported and not _is_code(analysis, name, facts):
                reported.add(name)
                yield Diagnostic(
                    code=Code.UNSTORABLE,
                    span=analysis.span(facts.cell, node),
                    message=f"`{name}` comes from step `{makers[name]}`, "
                    "and whether text or numbers are one object is not stored",
                    hint=f"compare with `==`, or make `{name}` and compare it in one step",
                    step=step,
                )


def _is_code(analysis: Analysis, name: str, facts: StatementFacts) -> bool:
    sites = analysis.interpretation.cells[facts.cell].before.get(name, frozenset())
    return bool(sites) and all(site.definition is not None for site in sites)
