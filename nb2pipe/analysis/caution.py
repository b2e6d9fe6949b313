"""Edges that exist by caution only: what the graph would be if a cell changed less than it may."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from nb2pipe.analysis.edges import step_edges
from nb2pipe.analysis.facts import CellFacts, StatementFacts, Write
from nb2pipe.analysis.findings import Analysis
from nb2pipe.analysis.link import Linker
from nb2pipe.analysis.preamble import preamble_cells
from nb2pipe.analysis.versions import trace

# Each candidate costs linking the notebook anew.
_MOST: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """A statement that may change `names`; without that step `waiting` need not wait for its step."""

    statement: StatementFacts
    write: Write
    names: tuple[str, ...]
    waiting: str


def find_cautions(analysis: Analysis) -> Iterator[Caution]:
    """Yield where trust in a cell would let steps run side by side, at most once for each cell."""
    cautious = {cell.cell: cell for cell in analysis.interpretation.cells if _cautious_names(cell)}
    if len(analysis.layout.steps) < 2 or not cautious:  # noqa: PLR2004 -- nothing crosses
        return
    order = _order(analysis, ())
    if _order(analysis, cautious) == order:
        return
    for position, cell in list(cautious.items())[:_MOST]:
        gone = {
            pair
            for pair in order - _order(analysis, {position})
            if analysis.step_of(position) in pair
        }
        if gone:
            yield _caution(analysis, cell, gone)


def _caution(analysis: Analysis, cell: CellFacts, gone: Collection[tuple[str, str]]) -> Caution:
    step = analysis.step_of(cell.cell)
    rank = {item.name: index for index, item in enumerate(analysis.layout.steps)}
    waiting = min(
        (later for earlier, later in gone if earlier == step), key=rank.__getitem__, default=""
    )
    flowing = {
        name
        for edge in analysis.program.edges
        if (edge.source, edge.target) in gone
        for name in edge.variables
    }
    names = _cautious_names(cell)
    told = tuple(name for name in names if name in flowing) or tuple(names)
    statement = next(
        facts
        for facts in cell.statements
        if any(name in facts.writes and facts.writes[name].cautious for name in told)
    )
    write = next(w for name, w in statement.writes.items() if w.cautious and name in told)
    return Caution(statement=statement, write=write, names=told, waiting=waiting)


def _cautious_names(cell: CellFacts) -> dict[str, None]:
    return {
        name: None
        for facts in cell.statements
        for name, write in facts.writes.items()
        if write.cautious and not name.startswith("<")
    }


def _order(analysis: Analysis, trusted: Collection[int]) -> frozenset[tuple[str, str]]:
    """Return which step comes before which, were there no caution in the cells `trusted`."""
    cells = tuple(
        replace(cell, statements=tuple(map(_without_caution, cell.statements)))
        if cell.cell in trusted
        else cell
        for cell in analysis.interpretation.cells
    )
    interpretation = replace(analysis.interpretation, cells=cells)
    history = trace(
        interpretation, analysis.parameters.by_cell, preamble_cells(analysis.layout, interpretation)
    )
    linker = Linker(analysis.layout, interpretation, history)
    linker.link()
    return _closed(step_edges(analysis.layout, linker))


def _without_caution(facts: StatementFacts) -> StatementFacts:
    writes = {name: write for name, write in facts.writes.items() if not write.cautious}
    return facts if len(writes) == len(facts.writes) else replace(facts, writes=writes)


def _closed(edges: Mapping[tuple[str, str], object]) -> frozenset[tuple[str, str]]:
    """Return all pairs of which one comes before the other, on whatever way."""
    after: dict[str, set[str]] = {}
    for source, target in edges:
        after.setdefault(source, set()).add(target)
    pairs: set[tuple[str, str]] = set()
    for source in after:
        queue = [source]
        while queue:
            new = {target for target in after.get(queue.pop(), ()) if (source, target) not in pairs}
            pairs |= {(source, target) for target in new}
            queue += new
    return frozenset(pairs)
