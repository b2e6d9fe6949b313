"""The types of Python's own containers, and of those of numbers."""

from typing import Final

_OF_COLLECTIONS: Final = ("OrderedDict", "defaultdict", "Counter", "deque")
# They copy what they are made of.
CONTAINERS: Final = frozenset(
    {
        "list",
        "dict",
        "set",
        "tuple",
        "iterator",
        *(f"collections.{name}" for name in _OF_COLLECTIONS),
    }
)
# Nobody can call these: where one seems to be called, it is another object that is.
NEVER_CALLED: Final = CONTAINERS | {"closure"}
# These have methods and elements, but no attributes; so have instances of classes derived from them, but for their own.
BARE: Final = CONTAINERS - {"tuple", "iterator", "collections.defaultdict"}
SEQUENCES: Final = frozenset({"list", "tuple"})
_BUFFERS: Final = ("pandas.", "polars.", "xarray.", "numpy.ndarray")


def is_buffer(type_: str | None) -> bool:
    """Whether objects of a type have their elements in memory of their own, as arrays and frames do."""
    return type_ is not None and type_.startswith(_BUFFERS)
