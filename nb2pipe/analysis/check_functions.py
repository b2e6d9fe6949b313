"""Functions that remember earlier calls must be used in one step, where what they remember cannot travel."""

from collections.abc import Iterator
from itertools import combinations

from nb2pipe.analysis.caches import CacheUse
from nb2pipe.analysis.decorators import CACHES
from nb2pipe.analysis.definitions import Definition
from nb2pipe.analysis.facts import WriteKind
from nb2pipe.analysis.findings import Analysis
from nb2pipe.analysis.heap import NOTHING
from nb2pipe.analysis.versions import Version
from nb2pipe.diagnostics import Code, Diagnostic


def check_stateful(analysis: Analysis) -> Iterator[Diagnostic]:
    """A function remembers something that cannot travel: results of earlier calls, or cases that it got."""
    yield from _caches(analysis)
    yield from _dispatchers(analysis)


def _caches(analysis: Analysis) -> Iterator[Diagnostic]:
    cell_of = {facts.order: facts.cell for facts in analysis.statements()}
    for definition, cache in analysis.interpretation.caches.items():
        for first, second in combinations(cache.uses, 2):
            cells = cell_of[first.order], cell_of[second.order]
            source, target = (analysis.step_of(cell) for cell in cells)
            reason = _reason(analysis, definition, first, second)
            if reason is not None and source != target and source and target:
                name = getattr(definition.node, "name", "the function")
                yield Diagnostic(
                    code=Code.STATEFUL_FUNCTION,
                    span=analysis.span(cells[1], second.node),
                    message=f"`{name}` is called in step `{source}` and used in step `{target}`, but remembers "
                    f"results of earlier calls, which are not passed on, and {reason}",
                    hint=f"keep the results in a variable of your own, or use `{name}` in one step only",
                    step=target,
                )
                break


def _reason(
    analysis: Analysis, definition: Definition, first: CacheUse, second: CacheUse
) -> str | None:
    """Return why the second use would notice that the first was in another step, None if it would not."""
    if first.is_call and not second.is_call:
        return "here they are counted"
    method = definition.frame is not None and definition.frame.is_class
    travels = definition.decorators & CACHES == {"cache"} and not method
    if first.is_call and not travels and definition in analysis.interpretation.carried:
        return "somebody would notice that it computes them again"
    return None


def _dispatchers(analysis: Analysis) -> Iterator[Diagnostic]:
    """Yield where a function got a case in a statement that later steps cannot run again."""
    reported: set[Version] = set()
    for step in analysis.linker.steps:
        for version, cell in analysis.linker.loads(step).items():
            sites = analysis.interpretation.cells[cell].before.get(version.name, NOTHING)
            dispatches = any(site.definition and site.definition.dispatches for site in sites)
            if not dispatches or version.kind is not WriteKind.MUTATE or version in reported:
                continue
            reported.add(version)
            yield Diagnostic(
                code=Code.STATEFUL_FUNCTION,
                span=analysis.span(version.cell, version.statement.writes[version.name].node),
                message=f"`{version.name}` gets a case here that step `{step}` cannot add again",
                hint=f"add all cases to `{version.name}` by decorators at the top level, and keep it in no container",
                step=analysis.step_of(version.cell),
            )
