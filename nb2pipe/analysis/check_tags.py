"""Checks of the tags that declare effects."""

from collections.abc import Iterator

from nb2pipe.analysis.declared import analysed_name, pure_names, written_name
from nb2pipe.analysis.findings import Analysis
from nb2pipe.diagnostics import Code, Diagnostic
from nb2pipe.frontend.declarations import Effect
from nb2pipe.frontend.layout import LaidCell
from nb2pipe.frontend.values import did_you_mean


def check_declared_names(analysis: Analysis) -> Iterator[Diagnostic]:
    """A tag names a variable that neither the cell nor one above it makes."""
    for laid in analysis.layout.cells:
        own = analysis.interpretation.cells[laid.cell.position].statements
        known = {*analysis.history.before[laid.cell.position]}.union(*(f.writes for f in own))
        for tag in laid.declared:
            for written in tag.names if tag.effect is not Effect.WRITES else ():
                name = analysed_name(written)
                if name not in known and not name.startswith("<"):
                    yield Diagnostic(
                        code=Code.UNKNOWN_NAME_IN_TAG,
                        span=laid.span,
                        message=f"the tag `{tag}` names `{written}`, which no cell up to here defines",
                        hint=did_you_mean(written, known) or f"take `{written}` out of the tag",
                        step=laid.cell.step,
                    )


def check_pure(analysis: Analysis) -> Iterator[Diagnostic]:
    """A cell that is tagged pure plainly changes what it is said to leave alone."""
    for laid in analysis.layout.cells:
        pure = pure_names(laid.declared, analysis.history.before[laid.cell.position])
        if pure:
            yield from _impure(analysis, laid, pure)


def _impure(analysis: Analysis, laid: LaidCell, pure: frozenset[str]) -> Iterator[Diagnostic]:
    for facts in analysis.interpretation.cells[laid.cell.position].statements:
        named = any(tag.effect is Effect.PURE and tag.names for tag in laid.declared)
        for name in sorted(pure & facts.writes.keys()):
            if named or facts.writes[name].kind == "mutate":
                yield Diagnostic(
                    code=Code.TAG_WITHOUT_EFFECT,
                    span=analysis.span(facts.cell, facts.writes[name].node),
                    message=f"the cell is tagged `pure`, but this changes `{written_name(name)}`",
                    hint=f"copy `{name}` first, or take the tag off" if name[0] != "<" else None,
                    step=laid.cell.step,
                )
