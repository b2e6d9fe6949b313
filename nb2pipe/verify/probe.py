"""Write down what the variables of a process are, so that another process can compare.

Runs inside the notebook's own process, so the standard library must do. It is started by
`runpy.run_path(this file, {"scope": globals(), "target": path})` and writes a JSON object: each
variable's type and a digest of its value.

The digest is that of a canonical walk, not of a pickle: equal values have equal digests, however
they came about. Two things are left out on purpose. What a library object has computed for itself
(caches, figures' canvases) may differ without anything being wrong, so of library objects only the
type counts, and for fitted models the attributes that end in an underscore. What cannot be looked
into counts by its type.
"""

import array
import collections
import datetime as dt
import decimal
import enum
import fractions
import hashlib
import json
import pathlib
import re
import sys
import types
from typing import Any

_PLAIN = (type(None), bool, int, float, complex, str, bytes, bytearray, range, type(Ellipsis), re.Pattern,
          dt.date, dt.time, dt.timedelta, decimal.Decimal, fractions.Fraction,
          pathlib.PurePath, enum.Enum, array.array)  # fmt: skip
_SEQUENCES = (list, tuple, collections.deque)
_TABLES = ("pandas.", "polars.", "geopandas.")
_CODE = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, types.ModuleType, type)
_DEEPEST = 40
_LEAST = 2.3e-308  # of a float of 64 bits that has all its digits


class _Walk:
    """Feeds one value to a digest, each object once."""

    def __init__(self, *, in_set: bool = False) -> None:
        self.in_set = in_set
        self.digest = hashlib.blake2b(digest_size=12)
        self.seen: dict[int, int] = {}
        self.alive: list[Any] = []

    def tell(self, *words: object) -> None:
        self.digest.update(repr(words).encode("utf-8", "backslashreplace"))

    def visit(self, value: Any, depth: int = 0) -> None:
        kind = type(value)
        self.tell(kind.__module__, kind.__qualname__)
        if isinstance(value, _PLAIN):
            self.tell(value)
            return
        if depth > _DEEPEST or isinstance(value, _CODE):
            return
        if id(value) in self.seen:
            self.tell(self.seen[id(value)])
            return
        self.seen[id(value)] = len(self.seen)
        self.alive.append(value)
        self.look_into(value, kind, depth + 1)

    def look_into(self, value: Any, kind: type, depth: int) -> None:
        module = f"{kind.__module__}."
        if isinstance(value, _SEQUENCES):
            self.each(value, depth)
        elif isinstance(value, dict):
            for key, item in list(value.items()):
                self.visit(key, depth)
                self.visit(item, depth)
        elif isinstance(value, (set, frozenset)):
            # Objects in sets that refer to each other would be walked over again and again.
            again = self.in_set and not all(isinstance(item, _PLAIN) for item in value)
            found = (digest_of(item, in_set=True) for item in value)
            self.tell(len(value) if again else sorted(found))
        elif module.startswith("numpy."):
            self.array(value, depth)
        elif module.startswith(_TABLES):
            self.table(value, depth)
        elif kind.__module__ == "__main__":
            own = getattr(value, "__dict__", {})
            if any(map(_is_of_library, kind.__mro__)):
                # What the library behind its class keeps for itself.
                own = {name: item for name, item in own.items() if not str(name).startswith("_")}
            self.attributes(own, depth)
        elif hasattr(value, "get_params") and hasattr(value, "__dict__"):
            fitted = {name: item for name, item in vars(value).items()
                      if name.endswith("_") and not name.startswith("_")}  # fmt: skip
            self.attributes(fitted, depth)

    def each(self, values: Any, depth: int) -> None:
        self.tell(len(values))
        for item in list(values):
            self.visit(item, depth)

    def attributes(self, found: dict[str, Any], depth: int) -> None:
        for name in sorted(found, key=str):
            self.tell(name)
            self.visit(found[name], depth)

    def array(self, value: Any, depth: int) -> None:
        if not hasattr(value, "dtype") or not hasattr(value, "tobytes"):
            return
        self.tell(str(value.dtype), getattr(value, "shape", ()))
        if value.dtype.hasobject:
            self.each(value.ravel().tolist(), depth)
        elif value.dtype.kind == "f" and getattr(value, "shape", ()):
            # Where a library has left memory as it was, addresses look like numbers next to nothing.
            told = value.copy()
            told[abs(told) < _LEAST] = 0
            self.digest.update(told.tobytes())
        else:
            self.digest.update(value.tobytes())

    def table(self, value: Any, depth: int) -> None:
        if hasattr(value, "dtypes") and hasattr(value, "columns"):
            self.tell(list(map(str, value.dtypes)))
            self.each(list(value.columns), depth)
            self.index(getattr(value, "index", None), depth)
            numpy_of = getattr(value, "to_numpy", None)
            if numpy_of is not None:
                self.array(numpy_of(), depth)
        elif hasattr(value, "to_numpy"):
            self.tell(str(getattr(value, "dtype", "")), str(getattr(value, "name", "")))
            if hasattr(value, "index") and not callable(value.index):
                self.index(value.index, depth)
            self.array(value.to_numpy(), depth)
        else:
            self.tell(repr(value) if kind_is_scalar(value) else "")

    def index(self, value: Any, depth: int) -> None:
        """Nobody changes the elements of an index, so it does not matter which tables have the same one."""
        self.tell(type(value).__qualname__)
        self.look_into(value, type(value), depth + 1)


def _is_of_library(kind: type) -> bool:
    library = kind.__module__.partition(".")[0]
    return library != "__main__" and library not in sys.stdlib_module_names


def kind_is_scalar(value: Any) -> bool:
    """Whether a pandas object is a single value, such as a time."""
    return type(value).__name__ in {"Timestamp", "Timedelta", "Period", "Interval", "NaTType"}


def digest_of(value: Any, *, in_set: bool = False) -> str:
    """Return a digest that equal values share; of an element of a set, sets of objects in it count by their size."""
    walk = _Walk(in_set=in_set)
    try:
        walk.visit(value)
    except Exception as error:  # noqa: BLE001 -- the value's own code may do anything
        walk.tell("unreadable", type(error).__name__)
    return walk.digest.hexdigest()


def describe(scope: dict[str, Any]) -> dict[str, Any]:
    """Return the type and digest of every variable; what IPython keeps for itself is left out."""
    return {
        name: {"type": type(value).__qualname__, "digest": digest_of(value)}
        for name, value in list(scope.items())
        if not name.startswith("_")
        and name not in {"In", "Out", "get_ipython", "exit", "quit", "open"}
        and not isinstance(value, _CODE)
        # The shell is another one in a kernel.
        and not any(kind.__name__ == "InteractiveShell" for kind in type(value).__mro__)
    }


if "scope" in globals():
    sys.setrecursionlimit(max(sys.getrecursionlimit(), 10_000))
    with open(globals()["target"], "w", encoding="utf-8") as _stream:  # noqa: PTH123
        json.dump(describe(globals()["scope"]), _stream)
