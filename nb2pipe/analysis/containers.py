"""The types of Python's own containers."""

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
