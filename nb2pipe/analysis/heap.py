"""The abstract heap: which objects a name may reach, and which of them two names share.

An object is known by the place that makes it (its *allocation site*), the classic points-to view
(Andersen 1994). Names have strong updates, the heap only grows, and fields are not told apart: what
an object holds is one set. Values that cannot change in place (numbers, strings) have no site at all.
"""

import itertools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from nb2pipe.analysis.definitions import Definition


@dataclass(eq=False, slots=True)
class Site:
    """An allocation site. `type` is a dotted name when known; `definition` the code of a function or class.

    `number` tells the order in which they were found, which is the same each time.
    """

    type: str | None = None
    definition: "Definition | None" = None
    number: int = field(default_factory=itertools.count().__next__)


Sites = frozenset[Site]
NOTHING: Final[Sites] = frozenset()


def in_order(sites: Iterable[Site]) -> list[Site]:
    """Return `sites` as they were found: what code of theirs does is to be found in the same order each time."""
    return sorted(sites, key=attrgetter("number"))


UNKNOWN: Final = object()


@dataclass(frozen=True, slots=True)
class Value:
    """What an expression may evaluate to.

    `dotted` is the full name of a library's object (`numpy.random.shuffle`), `constant` the value of
    a literal, where they are known; `suffix` how a path ends (`.csv`) of which no more is known.
    """

    sites: Sites = NOTHING
    dotted: str | None = None
    constant: object = UNKNOWN
    suffix: str = ""

    @property
    def text(self) -> str | None:
        """The value, when it is a known string."""
        return self.constant if isinstance(self.constant, str) else None


IMMUTABLE: Final = Value()
_ENDING: Final = re.compile(r"\.\w+$")


def ending(value: Value) -> str:
    """Return how the path that a text is, or ends, ends: `.csv`."""
    match = _ENDING.search(value.text or "")
    return match[0] if match else value.suffix


@dataclass(eq=False, slots=True)
class Heap:
    """What every object holds. Grows only, so what was once reachable stays so.

    `growth` counts what was added, `work` the objects that were looked at: a measure of effort that is
    the same on every machine.
    """

    contents: dict[Site, set[Site]] = field(default_factory=dict)
    holders: dict[Site, set[Site]] = field(default_factory=dict)
    fields: dict[tuple[Site, str], set[Site]] = field(default_factory=dict)
    shared: dict[Site, set[Site]] = field(default_factory=dict)
    growth: int = 0
    work: int = 0
    _reach: dict[Sites, Sites] = field(default_factory=dict)
    _observers: dict[Sites, Sites] = field(default_factory=dict)

    def hold(self, holders: Iterable[Site], held: Iterable[Site]) -> None:
        """Note that each of `holders` may refer to each of `held`."""
        held = set(held)
        for holder in holders:
            known = self.contents.setdefault(holder, set())
            new = held - known - {holder}
            if new:
                known |= new
                for inner in new:
                    self.holders.setdefault(inner, set()).add(holder)
                self.growth += 1
                self._reach.clear()
                self._observers.clear()

    def share(self, sites: Iterable[Site], others: Iterable[Site]) -> None:
        """Note that objects may share memory, so that a change of one shows in the other."""
        others = set(others)
        for site in sites:
            for other in others - {site}:
                self.shared.setdefault(site, set()).add(other)
                self.shared.setdefault(other, set()).add(site)

    def memory(self, sites: Sites) -> Sites:
        """Return `sites` and all that may share memory with one of them."""
        return self._closure(sites, self.shared, {}) if self.shared else sites

    def set_field(self, holders: Iterable[Site], name: str, held: Sites) -> None:
        """Note that attribute `name` (`*`: any) of each of `holders` may refer to each of `held`."""
        holders = tuple(holders)
        self.hold(holders, held)
        for holder in holders:
            self.fields.setdefault((holder, name), set()).update(held)

    def field(self, sites: Iterable[Site], name: str) -> Sites:
        """Return what attribute `name` of `sites` may be; only for objects whose attributes are all known."""
        keys = [(site, key) for site in sites for key in (name, "*")]
        return NOTHING.union(*(self.fields[key] for key in keys if key in self.fields))

    def held(self, sites: Iterable[Site]) -> Sites:
        """Return what `sites` may refer to directly."""
        found = NOTHING.union(*(self.contents[site] for site in sites if site in self.contents))
        self.work += len(found)
        return found

    def observers(self, sites: Sites) -> Sites:
        """Return `sites` and everything from which one of them can be reached."""
        return self._closure(sites, self.holders, self._observers)

    def reach(self, sites: Sites, without: Sites = NOTHING, *, bases: bool = True) -> Sites:
        """Return `sites` and everything that can be reached from them, not through `without`.

        `bases`: from a class also what it is derived from.
        """
        derived = {} if bases else self._derived()
        if without or derived:
            edges = {**self.contents, **derived, **{site: set() for site in without}}
            return self._closure(sites, edges, {})
        return self._closure(sites, self.contents, self._reach)

    def _derived(self) -> dict[Site, set[Site]]:
        """Return what classes hold that are derived from others, but for these."""
        return {
            site: held.difference(*(base.sites for base in site.definition.bases))
            for site, held in self.contents.items()
            if site.definition is not None and any(base.sites for base in site.definition.bases)
        }

    def _closure(
        self, sites: Sites, edges: Mapping[Site, set[Site]], known: dict[Sites, Sites]
    ) -> Sites:
        """Return what can be reached from `sites` along `edges`; `known` remembers it."""
        if not sites:
            return sites
        found = known.get(sites)
        if found is None:
            seen = set(sites)
            queue = list(sites)
            while queue:
                new = edges.get(queue.pop(), NOTHING) - seen
                seen |= new
                queue += new
            found = known[sites] = frozenset(seen)
        self.work += len(found)
        return found


def addresses(sites: Sites) -> Sites:
    """Return those that say where in memory an object is."""
    return frozenset(site for site in sites if site.type == "address")


def objects(sites: Sites) -> Sites:
    """Return `sites` without functions and classes: what libraries may change or look into."""
    return frozenset(site for site in sites if site.definition is None)


def join(values: Iterable[Value]) -> Value:
    """Return the value that may be any of `values`."""
    collected = list(values)
    if len(collected) == 1:
        return collected[0]
    sites = frozenset().union(*(value.sites for value in collected))
    dotted = {value.dotted for value in collected}
    constants = collected[:1] if all(v.constant is collected[0].constant for v in collected) else []
    return Value(
        sites,
        dotted.pop() if len(dotted) == 1 else None,
        constants[0].constant if constants else UNKNOWN,
    )
