"""Store a set so that it is walked in the same order again.

That order is the one of the slots in CPython's table (`Objects/setobject.c`): it depends on the size that the
table has grown to, on what was put in first, and on what was removed since. A set that is filled in the
right order gets the same table; which order that is can only be told from the table itself.
"""

import ctypes
import sys
from typing import Any, Iterable, Iterator

SETS = set, frozenset
LOST: list[Any] = []  # sets that were stored, but will be walked in another order
PROBES = 9  # slots after the first that are tried before the next jump
JUMP = 5  # bits of the hash that a jump uses up
SMALL = 8  # slots that a set has without a table
FAR = 1 << 60  # more than any slot: no element has the hash of a mark
POPPED = 1 << 12  # slots of the largest table whose place of the last `pop` is kept


class Mark:
    """Holds a slot, or, when `equal` is set, is taken for what has the same hash."""

    equal = False

    def __init__(self, number: int) -> None:
        self.number = number

    def __hash__(self) -> int:
        return self.number

    def __eq__(self, other: object) -> Any:
        return self.equal or NotImplemented


class Walked:
    """Stands for a set in a pickle."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.recipe: Any = None

    def __reduce__(self) -> Any:
        self.recipe = self.recipe or _recipe(self.value)
        if type(self.value) is set:
            # What is in it may know it: it is there first, and filled then.
            return set, (), self.recipe, None, None, rebuild_set
        return rebuild_frozenset, (self.recipe,)


def rebuild_set(value: set[Any], recipe: Any) -> None:
    """Put what a stored set held into an empty one."""
    elements, removed, size, popped = recipe
    if popped:
        value.update(_with_room([Mark(FAR + popped - 1)], size))
        value.pop()
        value.clear()
    marks = [Mark(FAR + slot) for slot in removed]
    items = marks + elements
    first = max(size // 2 - 1, SMALL)  # more would make the table grow at once
    value.update(_with_room(items[:first], size))
    value.update(items[first:])
    for mark in marks:
        value.discard(mark)


def rebuild_frozenset(recipe: Any) -> frozenset[Any]:
    """Return a frozen set as it was stored."""
    elements, _, size, _ = recipe
    return frozenset(_with_room(elements, size))


def _with_room(items: list[Any], size: int) -> Any:
    """Return what fills an empty set with `items`, one after the other, in a table of `size`."""
    if size <= SMALL or len(items) * 2 >= size:
        return items
    # A set makes room for all keys of a dictionary at once, also for those that it finds to have.
    twins = [Mark(hash(items[at % len(items)])) for at in range(size // 4 - len(items))]
    room = dict.fromkeys(items + twins)
    for twin in twins:
        twin.equal = True
    return room


def _recipe(value: Any) -> tuple[list[Any], list[int], int, int]:
    """Return how a set is made again; note in `LOST` if it cannot be.

    That is: the elements in the order in which they go in, the slots of which something was taken out, how
    many slots there are, and the one after that of the last `pop`.
    """
    plain: tuple[list[Any], list[int], int, int] = [*value], [], 0, 0
    table = _table(value)
    if _table(type(value)(plain[0])) == table:
        return plain
    try:
        recipe = _read(value, *table)
        again: Any = set()
        if type(value) is set:
            rebuild_set(again, recipe)
        else:
            again = rebuild_frozenset(recipe)
        if _table(again) == table:
            return recipe
    except Exception:  # noqa: S110 -- of elements that compare in their own way
        pass
    LOST.append(value)
    return plain


def _table(value: Any) -> tuple[Any, int]:
    """Return the memory of a set's table, and the slot after the last that `pop` took.

    Where sets are not CPython's: what can be seen, the order.
    """
    if sys.implementation.name == "cpython":
        head = (ctypes.c_ssize_t * 6).from_address(id(value) + object.__basicsize__)
        _, used, mask, start, _, popped = head
        size = 16 * (mask + 1)
        if used == len(value) and value.__sizeof__() - set().__sizeof__() in {0, size}:
            return ctypes.string_at(start, size), popped
    return [*map(id, value)], 0


def _read(value: Any, content: bytes, popped: int) -> tuple[list[Any], list[int], int, int]:
    """Return how to make a set with this table, which has an address and a hash for each slot."""
    table = memoryview(content).cast("q")
    hashes = table[1::2]
    size = len(hashes)
    if popped and size > POPPED:
        raise ValueError
    filled = [slot for slot in range(size) if table[2 * slot]]
    removed = [slot for slot in filled if hashes[slot] == -1]
    kept = (slot for slot in filled if hashes[slot] != -1)
    return [*_in_order(zip(value, kept), hashes, {*removed})], removed, size, popped


def _in_order(places: Iterable[Any], hashes: Any, filled: set[int]) -> Iterator[Any]:
    """Yield elements so that each finds its slot to be the first free one when it is put in."""
    waiting = []
    for item, slot in places:
        path = [*_tried(hashes[slot], len(hashes) - 1, slot)]
        if path:
            waiting.append((item, slot, path))
        else:
            filled.add(slot)
            yield item
    while waiting:
        rest = []
        for item, slot, path in waiting:
            if filled.issuperset(path):
                filled.add(slot)
                yield item
            else:
                rest.append((item, slot, path))
        if len(rest) == len(waiting):
            raise ValueError
        waiting = rest


def _tried(number: int, mask: int, last: int) -> Iterator[int]:
    """Yield the slots before `last` that are tried for an element with this hash."""
    slot = number & mask
    number &= (1 << 64) - 1
    while True:
        run = PROBES if slot + PROBES <= mask else 0
        for tried in range(slot, slot + run + 1):
            if tried == last:
                return
            yield tried
        number >>= JUMP
        slot = slot * 5 + 1 + number & mask
