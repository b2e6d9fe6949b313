"""Functions that keep their results: which of them must be stored with what they keep.

Where each call computes the same anew, and nobody can tell the difference, a step defines the function again and
begins with an empty cache. Else what it keeps travels, as a variable does that every call may change.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import TYPE_CHECKING

from nb2pipe.analysis.facts import CellFacts, StatementFacts, Write, WriteKind
from nb2pipe.analysis.heap import NOTHING, Site, Sites

if TYPE_CHECKING:
    from nb2pipe.analysis.definitions import Definition
    from nb2pipe.analysis.recorder import Memory


@dataclass(frozen=True, slots=True)
class CacheUse:
    """How one statement uses a function that keeps its results, first at `node`.

    `names` are the variables that see what it keeps, `given` the objects that it gets, `results` those that it
    makes and returns, `reads` the names that its body looks up, `clock` the changes that came before; `acts`: it
    does more than compute; not `is_call`: somebody asks how much it keeps.
    """

    order: int
    node: ast.AST
    names: frozenset[str]
    given: Sites = NOTHING
    results: Sites = NOTHING
    reads: frozenset[str] = frozenset()
    acts: bool = False
    is_call: bool = True
    clock: int = 0

    def joined(self, other: "CacheUse") -> "CacheUse":
        """Return what a statement does that uses the function in two ways."""
        return replace(
            self,
            names=self.names | other.names,
            given=self.given | other.given,
            results=self.results | other.results,
            reads=self.reads | other.reads,
            acts=self.acts or other.acts,
            is_call=self.is_call and other.is_call,
        )


@dataclass(eq=False, slots=True)
class Cache:
    """What a function keeps: the object `kept` holds it; `changed`: something of it is changed in place."""

    kept: Site = field(default_factory=lambda: Site("cache"))
    uses: list[CacheUse] = field(default_factory=list)
    changed: bool = False

    def note(self, use: CacheUse) -> None:
        """Add a use; those of one statement are one."""
        known = self.uses.pop() if self.uses and self.uses[-1].order == use.order else use
        self.uses.append(known.joined(use))

    def contents(self, order: int) -> Sites:
        """Return what the function holds before a statement: what it was given, and what it returned."""
        return NOTHING.union(*(use.given | use.results for use in self.uses if use.order < order))


def carry_caches(
    cells: Sequence[CellFacts], machine: "Memory"
) -> tuple[tuple[CellFacts, ...], frozenset["Definition"]]:
    """Return the facts with every call that changes what a function keeps, and the functions that keep it.

    These are functions of which somebody would notice if they began anew between two of their uses.
    """
    written = _written(cells)
    carried = {
        definition: cache
        for definition, cache in machine.caches.items()
        if any(_shows(machine, cache, *pair, written) for pair in combinations(cache.uses, 2))
    }
    for cache in carried.values():
        _hold(machine, cache)
    facts = tuple(
        replace(cell, statements=tuple(_with_writes(f, carried) for f in cell.statements))
        for cell in cells
    )
    return facts, frozenset(carried)


def _written(cells: Sequence[CellFacts]) -> Mapping[str, Sequence[int]]:
    """Return the orders of the statements that may write each name."""
    written: dict[str, list[int]] = {}
    for cell in cells:
        for facts in cell.statements:
            for name in (*facts.writes, *facts.states):
                written.setdefault(name, []).append(facts.order)
    return written


def _shows(
    machine: "Memory",
    cache: Cache,
    first: CacheUse,
    second: CacheUse,
    written: Mapping[str, Sequence[int]],
) -> bool:
    """Whether it matters to the second use that the first one came before."""
    if not (first.is_call and second.is_call):
        return False
    if first.acts or second.acts or cache.changed:
        return True
    between = range(first.order, second.order + 1)
    reads = first.reads | second.reads
    given = machine.heap.reach(first.given)
    return (
        any(order in between for name in reads for order in written.get(name, ()))
        or any(machine.changed_when.get(site, 0) > first.clock for site in given)
        or not machine.compared.isdisjoint(machine.heap.held([cache.kept]))
    )


def _hold(machine: "Memory", cache: Cache) -> None:
    """Let what a function was given stay the same object, for it looks results up by that, and note its changes."""
    given = NOTHING.union(*(use.given for use in cache.uses))
    inside = machine.heap.held(frozenset(site for site in given if site.type == "tuple"))
    machine.compared |= given | inside
    last = cache.uses[-1].order
    for changes in (machine.changed_at, machine.surely_changed_at):
        changes[cache.kept] = max(last, changes.get(cache.kept, -1))


def _with_writes(facts: StatementFacts, carried: Mapping["Definition", Cache]) -> StatementFacts:
    """Return the facts of a statement that may call or define functions with a cache that travels."""
    defines = any(
        definition.order == facts.order
        or any(site.definition is definition for site in facts.wraps)
        for definition in carried
    )
    found = {
        name: Write(
            kind=WriteKind.MUTATE, node=use.node, because="it keeps the result of this call"
        )
        for cache in carried.values()
        for use in cache.uses
        if use.order == facts.order and use.is_call
        for name in sorted(use.names)
    }
    if not (found or defines):
        return facts
    return replace(
        facts, writes={**found, **facts.writes}, replay=None if defines else facts.replay
    )
