"""Functions that the notebook's own decorators have wrapped: which of them must be stored.

A wrapper may keep something (a cache, a count) in its closure or itself. As long as nobody changes that, each
step can define the function anew. Else it is a value like any other: made once, stored, and handed on.
"""

import ast
from collections.abc import Collection, Sequence
from dataclasses import replace

from nb2pipe.analysis.facts import CellFacts, ReplayKind, StatementFacts
from nb2pipe.analysis.heap import NOTHING, Heap, Sites


def store_wrappers(
    cells: Sequence[CellFacts], heap: Heap, unstorable: Sites
) -> tuple[CellFacts, ...]:
    """Return the facts in which no definition is replayed whose wrapper changes, or that another variable holds.

    Neither is one that is itself `unstorable`: it knows more than its code.
    """
    statements = [facts for cell in cells for facts in cell.statements]
    wrappers = NOTHING.union(*(facts.wraps for facts in statements))
    knowing = {site.definition.node for site in unstorable if site.definition is not None}
    if not (wrappers or knowing):
        return tuple(cells)
    held = _held_elsewhere(cells, heap, wrappers)
    return tuple(
        replace(cell, statements=tuple(_judged(facts, held, knowing) for facts in cell.statements))
        for cell in cells
    )


def _judged(facts: StatementFacts, held: Sites, knowing: Collection[ast.AST]) -> StatementFacts:
    replays = facts.wraps.isdisjoint(held) and facts.node not in knowing
    return facts if replays else replace(facts, replay=None)


def _held_elsewhere(cells: Sequence[CellFacts], heap: Heap, wrappers: Sites) -> Sites:
    """Return the wrappers that a variable reaches which is no definition, or is one that changed."""
    found = NOTHING
    defined: set[str] = set()
    for cell in cells:
        for facts in cell.statements:
            if facts.replay is ReplayKind.DEFINITION:
                defined.update(facts.writes)
            else:
                defined.difference_update(facts.writes)
        for name, sites in cell.after.items():
            if name not in defined:
                found |= heap.reach(sites) & wrappers
    return found
