"""Find what a value shares with one that another step changes later, though they are believed to share nothing.

Only steps that store such values have this module, in their manifest. It stands by itself: the names of the rest of the
runtime are shortened when that is packed.
"""

import contextlib
import gc
from collections.abc import Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, ModuleType
from typing import Any, Optional

# Nobody changes these in place, or what they refer to belongs to others.
CLOSED = (
    type,
    str,
    bytes,
    int,
    float,
    complex,
    ModuleType,
    FunctionType,
    BuiltinFunctionType,
    CodeType,
)
LABELLED = "pandas", "numpy"
CONTAINERS = (list, dict, set, tuple, frozenset)
MOST = 200_000  # objects that are looked at


def install(start: dict[str, Any], _settings: Any, _reducers: Any, _ways: Any) -> None:
    """Let the store operation ask `find_ties`."""
    start.setdefault("looks", []).append(find_ties)


def find_ties(
    port: dict[str, Any], values: dict[str, Any], scope: dict[str, Any]
) -> Iterator[tuple[str, str, str, str]]:
    """Yield the code, the name of a value that is to be stored and shares something, what is wrong, and what to do."""
    for name, other, number, labels in port.get("ties", ()):
        found = False
        if name in values and other in scope:
            with contextlib.suppress(Exception):  # code of the notebook may run here
                found = share(values[name], scope[other], labels)
        if found:
            message = f"`{name}` shares memory with `{other}`, which cell {number} changes, but each is stored apart"
            hint = f"copy `{other}` where `{name}` is made of it, or put these cells into one step"
            yield "NB213", name, f"{message}, so the change would not show in `{name}`", hint


def share(value: Any, other: Any, labels: Any = None) -> bool:
    """Whether a change of `other` in place, of its labels too, may show in `value`."""
    mine, its = parts_of(value, labels), parts_of(other, labels)
    if mine is None or its is None:
        return False
    (objects, areas), (others, other_areas) = mine, its
    if not objects.isdisjoint(others):
        return True
    ends = [0, 0]  # of the areas so far, of either side
    for start, end, side in sorted([(*a, 0) for a in areas] + [(*a, 1) for a in other_areas]):
        if start < ends[1 - side]:
            return True
        ends[side] = max(ends[side], end)
    return False


def parts_of(value: Any, labels: Any = None) -> Optional[tuple[set[int], list[tuple[int, int]]]]:
    """Return the identities of the notebook's own objects and containers in `value`, and where the memory of arrays is.

    None: there are too many to look at. What a library keeps in objects of its own counts as far as it is memory.
    """
    objects: set[int] = set()
    areas = []
    seen = set()
    alive = []  # what is made here must not leave its identity to something else
    stack = [(value, True)]
    while stack:
        item, is_open = stack.pop()
        kind = type(item)
        if item is None or isinstance(item, CLOSED) or (id(item), is_open) in seen:
            continue
        # The labels of frames are shared, and replaced rather than changed.
        library = kind.__module__.partition(".")[0]
        if library in LABELLED and kind.__name__.endswith(("Index", "dtype", "Dtype")):
            objects.update([id(item)] if labels else ())
            continue
        seen.add((id(item), is_open))
        alive.append(item)
        is_array = hasattr(kind, "__array_finalize__")
        size = item.size if is_array and item.dtype.hasobject else _length(item)
        if max(len(alive), size) > MOST:
            return None
        if is_array:
            if item.dtype.hasobject:
                stack += [(part, True) for part in item.ravel().tolist()]
            elif item.flags.writeable and item.size:
                areas.append(_area(item))
        elif library == "torch" and hasattr(item, "data_ptr"):
            areas.append((item.data_ptr(), item.data_ptr() + item.nbytes))
        is_own = kind.__module__ == "__main__"
        if is_open and (is_own or isinstance(item, (list, dict, set, bytearray))):
            objects.add(id(item))
        is_open = is_open and (is_own or isinstance(item, CONTAINERS))
        # A frame keeps more than its columns: where they are, which frames may have in common.
        is_frame = library == "pandas" and hasattr(item, "_mgr")
        parts = [*item._mgr.arrays, *item.axes] if is_frame else gc.get_referents(item)  # noqa: SLF001 -- as pickle sees it
        stack += [(part, is_open) for part in parts]
    return objects, areas


def _length(value: Any) -> int:
    return len(value) if isinstance(value, CONTAINERS) else 0


def _area(array: Any) -> tuple[int, int]:
    """Return where the memory of an array begins and ends."""
    steps = [(length - 1) * stride for length, stride in zip(array.shape, array.strides)]
    start = array.__array_interface__["data"][0]
    low, high = sum(min(0, step) for step in steps), sum(max(0, step) for step in steps)
    return start + low, start + high + array.itemsize
