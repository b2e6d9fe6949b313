"""Which objects names reach between cells, and of which it matters when they become two."""

from collections.abc import Iterator
from typing import Final

from nb2pipe.analysis.heap import NOTHING, Site, Sites, objects
from nb2pipe.analysis.interpret import Interpretation
from nb2pipe.analysis.versions import History, Version

# What stands in a class for an attribute that each instance has of its own.
_FIELDS: Final = {
    "dataclasses.field()",
    "attr.ib()",
    "attr.field()",
    "attrs.field()",
    "pydantic.Field()",
}


class Reaching:
    """What a linker asks the heap; code that each step defines anew is left out of what names share."""

    def __init__(self, interpretation: Interpretation, history: History) -> None:
        self.interpretation = interpretation
        self.history = history
        self._shareable: dict[tuple[str, int], Sites] = {}
        self._first_order = _first_orders(interpretation)
        carried = interpretation.carried
        self._caches = [cache for code, cache in interpretation.caches.items() if code in carried]
        versions = history.definitions.values()
        self._replayed = frozenset(version.order for version in versions if version.replayable)

    def shows(self, shared: Sites, cell: int, *, surely: bool = False) -> bool:
        """Whether anybody would notice from `cell` on that `shared` became two objects each.

        `surely`: leave out the changes that only caution sees.
        """
        since = self._first_order[cell]
        found, compared = self.interpretation, self.interpretation.compared
        changed_at = found.surely_changed_at if surely else found.changed_at
        return any(changed_at.get(site, -1) >= since or site in compared for site in shared)

    def _mattering(self, sites: Sites, since: int) -> Iterator[Site]:
        """Yield the objects of which it is noticed from a statement on when they become two."""
        changed_at, compared = self.interpretation.changed_at, self.interpretation.compared
        for site in sites:
            changed = changed_at.get(site, -1) >= since
            if changed or site in compared or site.type in {"instance", "class"}:
                yield site

    def reach(self, name: str, cell: int) -> Sites:
        """Return all objects that `name` can reach when `cell` starts."""
        sites = self.interpretation.cells[cell].before.get(name, NOTHING)
        return self._reach_until(sites, self._first_order[cell])

    def reach_after(self, name: str, cell: int) -> Sites:
        """Return all objects that `name` can reach when `cell` has run."""
        sites = self.interpretation.cells[cell].after.get(name, NOTHING)
        return self._reach_until(sites, self._first_order[cell + 1])

    def _reach_until(self, sites: Sites, order: int, *, bases: bool = True) -> Sites:
        """Return what can be reached from `sites` before a statement; of caches, what they hold by then."""
        heap, waiting = self.interpretation.heap, self._caches
        found = heap.reach(sites, frozenset(cache.kept for cache in waiting), bases=bases)
        while filled := [cache for cache in waiting if cache.kept in found]:
            waiting = [cache for cache in waiting if cache not in filled]
            closed = frozenset(cache.kept for cache in self._caches)
            inside = NOTHING.union(*(cache.contents(order) for cache in filled))
            found |= heap.reach(inside, closed, bases=bases)
        return found

    def shareable(self, name: str, cell: int) -> Sites:
        """Return the objects of a name that another name may hold as well: not code that is replayed."""
        if (name, cell) not in self._shareable:
            reached = self.interpretation.heap.memory(self.reach(name, cell))
            stored = frozenset(site for site in reached if self._is_stored(site))
            self._shareable[name, cell] = stored
        return self._shareable[name, cell]

    def beside_code(self, name: str, cell: int) -> Sites:
        """Return the objects of a name that are reached when `cell` starts, and not only through code."""
        return self._beside_code(self.interpretation.cells[cell].before.get(name, NOTHING))

    def own_objects(self, version: Version) -> Sites:
        """Return what a definition makes each time it is run: defaults of a function, members of a class."""
        after = self.interpretation.cells[version.cell].after
        made = [
            site.definition.made
            for site in after.get(version.name, NOTHING)
            if site.definition is not None and site.definition.order == version.origin.order
        ]
        given = [after.get(item.name, NOTHING) for item in version.origin.eager]
        own = objects(NOTHING.union(*made)) - self._beside_code(NOTHING.union(*given))
        return frozenset(site for site in own if site.type not in _FIELDS)

    def _beside_code(self, sites: Sites) -> Sites:
        heap = self.interpretation.heap
        code = frozenset(site for site in heap.reach(sites) if not self._is_stored(site))
        return frozenset(filter(self._is_stored, heap.memory(heap.reach(sites - code, code))))

    def _is_stored(self, site: Site) -> bool:
        return site.definition is None or site.definition.order not in self._replayed


def _first_orders(interpretation: Interpretation) -> list[int]:
    """Return for every cell the order of its first statement, or of the next one that there is."""
    orders: list[int] = []
    following = 1 << 60
    for cell in reversed(interpretation.cells):
        if cell.statements:
            following = cell.statements[0].order
        orders.append(following)
    return [*orders[::-1], 1 << 60]
