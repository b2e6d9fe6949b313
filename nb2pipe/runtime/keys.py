"""Find dictionaries and sets whose keys have another hash than when they were put in: loading would find them again.

Only steps of notebooks whose classes say how they are hashed have this module, in their manifest. It stands by
itself, as `ties` does, whose walk over objects is a like one.
"""

import contextlib
import gc
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

PLAIN = {str, int, float, complex, bool, bytes, type(None)}
CLOSED = (*PLAIN, bytearray, type, FunctionType, ModuleType)
TABLES = dict, set, frozenset


def install(start: dict[str, Any], _settings: Any, _reducers: Any, _ways: Any) -> None:
    """Let the store operation ask `find_moved`."""
    start.setdefault("looks", []).append(find_moved)


def find_moved(
    _port: Any, values: dict[str, Any], _scope: Any
) -> Iterator[tuple[str, str, str, str]]:
    """Yield the code, the name of a value that is to be stored and has such keys, what is wrong, and what to do."""
    for name, value in values.items():
        for table in tables_of(value):
            found = None
            with contextlib.suppress(Exception):  # of the notebook's own `__hash__` or `__eq__`
                found = moved_key(table)
            if found:
                kind = type(table).__name__
                message = (
                    f"`{name}` has a {kind} with a key of type `{found[0]}`, whose hash was another"
                )
                hint = "use keys that stay as they are, such as names or numbers, or make and use it in one step"
                yield (
                    "NB504",
                    name,
                    f"{message} when it was put in, so stored it would find other keys",
                    hint,
                )


def moved_key(table: Any) -> tuple[str, ...]:
    """Return the name of the type of a key that `table` has but does not find, or finds twice, if there is one."""
    lost = [key for key in table if key not in table]
    met: dict[Any, Any] = {}
    twice = [key for key in table if met.setdefault(key, key) is not key]
    return tuple(type(key).__name__ for key in (lost + twice)[:1])


def tables_of(value: Any) -> Iterator[Any]:
    """Yield the dictionaries and sets in `value` that have other keys than Python's own texts and numbers."""
    seen = set()
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, CLOSED) or id(item) in seen:
            continue
        seen.add(id(item))
        if isinstance(item, TABLES) and not PLAIN.issuperset(map(type, item)):
            yield item
        has_objects = hasattr(type(item), "__array_finalize__") and item.dtype.hasobject
        stack += item.ravel().tolist() if has_objects else gc.get_referents(item)
