"""Find what values share: mutable objects, and memory below arrays."""

import sys
from types import FunctionType
from typing import Any, Optional

from nb2pipe.runtime.arrays import LENDERS
from nb2pipe.runtime.compare import ATOMS
from nb2pipe.runtime.pickling import memory_of


def shared_parts(value: Any, other: Any) -> list[Any]:
    """Return the parts of `value` that change when `other` is changed in place."""
    mine, its = memory_of({"": value}), memory_of({"": other})
    areas = [area for area in map(_area, its.values()) if area]
    parts = []
    for key, part in mine.items():
        area = _area(part)
        if area:
            if any(area[0] < end and start < area[1] for start, end in areas):
                parts.append(part)
        elif key in its and not isinstance(part, (*ATOMS, tuple, frozenset, FunctionType)):
            parts.append(part)
    return parts


def _area(value: Any) -> Optional[tuple[int, int]]:
    """Return where an array's or a tensor's memory begins and ends."""
    kind = type(value)
    if kind.__name__ in LENDERS and len(value) and "numpy" in sys.modules:
        value = sys.modules["numpy"].frombuffer(value, "u1")
    if hasattr(type(value), "__array_finalize__"):
        start = end = value.__array_interface__["data"][0]
        for length, stride in zip(value.shape, value.strides):
            start += min(0, (length - 1) * stride)
            end += max(0, (length - 1) * stride)
        return (start, end + value.itemsize) if value.size else None
    if kind.__module__.startswith("torch") and hasattr(value, "data_ptr"):
        start = value.data_ptr()
        return start, start + value.nbytes
    return None
