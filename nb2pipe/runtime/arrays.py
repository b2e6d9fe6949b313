"""Arrays of numpy: what shares memory still shares it, and what has gaps still has them."""

import sys
from types import SimpleNamespace
from typing import Any

LENDERS = {"bytearray", "array"}  # types of Python's own whose memory arrays may use
LENT = "it shares its memory with something else; a copy does not"
WITHIN = 256  # bytes of an array that stands in the stream: a buffer of its own costs more
GAPS = 1 << 28  # bytes that the gaps of an array may take; a sparser one is packed

# --- arrays: a view becomes a view again when something else in the artifact shares its memory


def rebuild_view(owner: Any, offset: int, interface: dict[str, Any]) -> Any:
    """Return a view of `owner` that starts `offset` bytes after it."""
    interface["data"] = _address(owner) + offset, False
    view = SimpleNamespace(__array_interface__=interface, base=owner)
    return sys.modules["numpy"].asarray(view)


def reduce_array(array: Any, owners: list[int], shared: set[int], kept: dict[int, Any]) -> Any:
    """Return what makes an array again, as `object.__reduce_ex__` does.

    `owners` gets the one whose memory it is in; of `shared` ones, views are made, of the arrays that were `kept` first.
    """
    owner = _owner(array, owners, shared, kept)
    if owner is None:
        return _reduce_layout(array)
    return rebuild_view, (owner, _address(array) - _address(owner), array.__array_interface__)


def _owner(array: Any, owners: list[int], shared: set[int], kept: dict[int, Any]) -> Any:
    """Return the array in whose memory `array` is if others are there, too; None if it is stored by itself."""
    owner = base = array
    lender = None
    while base is not None:
        if hasattr(type(base), "__array_finalize__"):
            owner = base
        lender = base if type(base).__name__ in LENDERS else lender
        base = getattr(base, "base", getattr(base, "obj", None))  # the latter of a memoryview
    # Under the negative number of an object: the one array in its memory.
    if lender is not None and kept.setdefault(-id(lender), owner) is not owner:
        raise TypeError(LENT)
    # Arrays and tensors share memory and do not know each other; to ask for the address takes long.
    place = _address(owner) if "torch" in sys.modules else id(owner)
    owners.append(place)
    if place in shared:
        owner = kept.setdefault(place, owner)
    return None if owner is array or place not in shared else owner


def rebuild_subclass(kind: Any, dtype: Any, attributes: dict[str, Any], *place: Any) -> Any:
    """Return an array of a class of a library, as a view of another array."""
    made = rebuild_view(*place).view(dtype).view(kind)
    vars(made).update(attributes)
    return made


def reduce_subclass(array: Any, owners: list[int], shared: set[int], kept: dict[int, Any]) -> Any:
    """Return the same for an array of a class of a library."""
    owner = _owner(array, owners, shared, kept)
    if owner is not None:
        place = owner, _address(array) - _address(owner), array.__array_interface__
        return rebuild_subclass, (type(array), array.dtype, {**vars(array)}, *place)
    kind: Any = type(array)
    own = getattr(array, "__dict__", None)
    # What numpy stores of a masked array leaves out that it has no mask, or one that others have, too.
    if not own or (
        kind.__reduce__ is not kind.__mro__[-2].__reduce__ and not hasattr(kind, "hardmask")
    ):
        return NotImplemented
    make, arguments, state = array.__reduce__()
    return make, arguments, (state, own), None, None, restore_own


def restore_own(array: Any, state: Any) -> None:
    """Give an array of a class its state and its attributes, which numpy's own way forgets."""
    array.__setstate__(state[0])
    vars(array).update(state[1])


# --- arrays with gaps: numpy adds up in the order of the memory, and rounds accordingly


def rebuild_layout(content: Any, strides: tuple[int, ...], is_writable: bool) -> Any:  # noqa: FBT001 -- pickle's call
    """Return an array of this content that lies in memory as the stored one did."""
    low, high = _extent(content.shape, strides)
    memory = type(content)(high - low + content.itemsize, "u1")
    array = type(content)(content.shape, content.dtype, memory, -low, strides)
    array[...] = content
    array.flags.writeable = is_writable
    return array


def _reduce_layout(array: Any) -> Any:
    flags = array.flags
    # To read it the way of numpy makes the order of its bytes the usual one.
    if flags.forc and flags.writeable and array.dtype.isnative and array.nbytes < WITHIN:
        return array.__reduce__()
    if flags.forc and array.dtype.kind in "mM":
        # numpy hands out the memory of numbers only.
        make, (memory, _, *form) = array.view("i8").__reduce_ex__(5)
        return make, (memory, array.dtype, *form)
    if flags.forc or array.dtype.hasobject:
        return NotImplemented
    low, high = _extent(array.shape, array.strides)
    if high - low > max(GAPS, 9 * array.nbytes):
        return NotImplemented
    return rebuild_layout, (array.copy(), array.strides, flags.writeable)


def _extent(shape: tuple[int, ...], strides: tuple[int, ...]) -> tuple[int, int]:
    """Return the offsets of the lowest and the highest element from the first one."""
    steps = [(count - 1) * stride for count, stride in zip(shape, strides)]
    return sum(min(step, 0) for step in steps), sum(max(step, 0) for step in steps)


def _address(array: Any) -> int:
    return array.__array_interface__["data"][0]  # type: ignore[no-any-return]
