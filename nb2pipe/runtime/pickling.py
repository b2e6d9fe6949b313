"""Pickle values of the notebook so that another process gets them back exactly.

Beyond plain pickle: functions of the notebook go by value and are bound to the loading `__main__`,
closures that share a variable still share it, and arrays that share memory still share it.
"""

import copyreg
import gc
import importlib
import io
import marshal
import pickle
import sys
from collections import Counter
from types import CodeType, FunctionType
from typing import Any

from nb2pipe.runtime.arrays import LENT, reduce_array, reduce_subclass
from nb2pipe.runtime.deep import UNBOUND, deeply
from nb2pipe.runtime.libraries import NotANumber, ways_of_libraries
from nb2pipe.runtime.python_objects import (
    OTHERS,
    REBOUND,
    find,
    rebuild_code,
    reduce_exception,
    reduce_function,
)
from nb2pipe.runtime.sets import SETS, Walked

# Classes of what was stored in a way of its own, and may forget something.
OWN_WAYS: set[type] = set()
REDUCERS: list[Any] = []  # of manifests
LATER: list[Any] = []  # what is to be called when all is loaded
NAN = b"G\x7f\xf8\0\0\0\0\0\0"  # in a stream


class Loader(pickle.Unpickler):
    """Reads a stream and its buffers."""

    def __init__(self, parts: list[Any]) -> None:
        super().__init__(io.BytesIO(parts[0]), buffers=parts[1:])

    def load(self) -> Any:
        """Return the values; meanwhile nobody looks for garbage among them, again and again."""
        was_enabled = gc.isenabled()
        gc.disable()
        try:
            # What looks names up where it is called, such as a formula, is to find the notebook's.
            loaded = eval("load()", vars(sys.modules["__main__"]), {"load": super().load})  # noqa: S307
            while LATER:
                LATER.pop()()
            return loaded
        finally:
            if was_enabled:
                gc.enable()

    def persistent_load(self, value: Any) -> Any:
        """Return what was stored in the place of a set."""
        return value


def dump_values(values: dict[str, Any], walked: Any = None) -> list[Any]:
    """Pickle `values` as one object, so that what they share stays shared.

    `walked`, an empty dictionary, makes sets keep their order; it gets what stands for them.

    Returns:
        The stream and its out-of-band buffers.

    Raises:
        Exception: something cannot be pickled, not even by cloudpickle if the image has it.
    """
    errors = []
    for name in "pickle", "cloudpickle", "joblib.externals.cloudpickle":
        try:
            pickler = importlib.import_module(name).Pickler
            return deeply(_dump, pickler, values, walked)  # type: ignore[no-any-return] # `_dump` says what
        except Exception as error:  # noqa: PERF203 -- each is tried
            errors.append(error)
    raise errors[0]


def memory_of(values: dict[str, Any]) -> dict[int, Any]:
    """Return all objects that are stored with `values`, by their identity."""
    return deeply(_memory_of, values)  # type: ignore[no-any-return] # `_memory_of` says what


def _memory_of(values: dict[str, Any]) -> dict[int, Any]:
    pickler = _pickler(pickle.Pickler, values, [], set(), {})(
        io.BytesIO(), 5, buffer_callback=[].append
    )
    pickler.dump(values)
    return {key: item[1] for key, item in pickler.memo.copy().items()}


def blame(value: Any, path: str = "") -> tuple[str, Any]:
    """Return the path to a smallest part of `value` that cannot be pickled, and that part.

    At the top, `value` is a dict of variables.
    """
    parts: Any = value if isinstance(value, dict) else getattr(value, "__dict__", None)
    if isinstance(value, (list, tuple)):
        parts = dict(enumerate(value))
    for name in parts if isinstance(parts, dict) else ():
        try:
            dump_values({name: parts[name]})
        except Exception:  # noqa: PERF203
            # Longer paths are cycles, or of no use to a reader.
            if path.count(".") < 9:  # noqa: PLR2004
                return blame(parts[name], f"{path}.{name}")
    return path[1:] or ", ".join(value), value


def _dump(base: Any, values: dict[str, Any], walked: Any) -> list[Any]:
    owners: list[int] = []
    result = _pickle(base, values, owners, set(), walked)
    shared = {owner for owner, count in Counter(owners).items() if count > 1}
    # A container finds what is no number by its identity only; to look at each number takes long.
    nans: Any = {} if NAN in result[0].obj else None
    again = shared or nans is not None
    return _pickle(base, values, [], shared, walked, nans) if again else result


def _pickle(
    base: Any,
    values: dict[str, Any],
    owners: list[int],
    shared: set[int],
    walked: Any,
    nans: Any = None,
) -> list[Any]:
    stream = io.BytesIO()
    buffers: list[Any] = []
    kept: dict[int, Any] = {}
    pickler = _pickler(base, values, owners, shared, kept)
    if walked is not None or nans is not None:
        pickler.persistent_id = lambda _, value: _stand_in(value, walked, nans)
    made = pickler(stream, 5, buffer_callback=buffers.append)
    made.dump(values)
    lenders = [-key for key in kept if key < 0]
    if lenders and not made.memo.copy().keys().isdisjoint(lenders):
        raise TypeError(LENT)
    return [memoryview(stream.getvalue()), *(buffer.raw() for buffer in buffers)]


def _pickler(
    base: Any, values: dict[str, Any], owners: list[int], shared: set[int], kept: dict[int, Any]
) -> Any:
    """Return the class that pickles; `kept` gets the arrays whose memory others share."""
    is_plain = base is pickle.Pickler
    if is_plain and UNBOUND[0]:
        base = pickle._Pickler  # noqa: SLF001 -- the same in Python
    usual: set[type] = set()  # kinds that pickle stores by itself: there may be millions of each
    OTHERS.update(ways_of_libraries())

    class Pickler(base):  # type: ignore[misc] # plain pickle's or cloudpickle's
        def reducer_override(self, value: Any) -> Any:
            kind = type(value)
            if kind in usual:
                return NotImplemented
            if kind.__name__ == "ndarray":
                return reduce_array(value, owners, shared, kept)
            return self.reduce_unusual(value, kind)

        def reduce_unusual(self, value: Any, kind: type) -> Any:
            if hasattr(kind, "__array_finalize__"):
                return reduce_subclass(value, owners, shared, kept)
            reduced = _class_name(value, values, is_plain) or _reduce(value)
            if reduced is NotImplemented:
                if isinstance(value, (type, FunctionType)):
                    return reduced if is_plain else super().reducer_override(value)
                if kind not in OTHERS:  # of which only some are stored in a way of their own
                    usual.add(kind)
            return reduced

    return Pickler


def _stand_in(value: Any, walked: Any, nans: Any) -> Any:
    """Return what is stored in the place of a set or of what is no number; None for all else."""
    if walked is not None and type(value) in SETS:
        return walked.setdefault(id(value), Walked(value))
    is_nan = nans is not None and type(value) is float and value != value  # noqa: PLR0124 -- only NaN is
    return nans.setdefault(id(value), NotANumber(value)) if is_nan else None


def _class_name(value: Any, values: dict[str, Any], is_plain: Any) -> Any:
    """Return what stands for a class that is defined anew where it is loaded."""
    if isinstance(value, type) and find(value.__qualname__) is value:
        if values.get(value.__qualname__) is not value:
            name = value.__qualname__
            home = sys.modules.get(value.__module__)
            # A library may have made it, and think that it is its own.
            lost = home and "." not in name and not hasattr(home, name)
            return (getattr, (sys.modules["__main__"], name)) if lost else name
        if is_plain:
            raise TypeError("its definition is not replayed")
    return None


def _reduce(value: Any) -> Any:
    kind = type(value)
    _note_own_way(kind)
    if isinstance(value, Counter) and kind is not Counter:
        # Its own way leaves out attributes, and calls the class.
        return copyreg.__newobj__, (kind,), vars(value), None, iter(value.items())  # type: ignore[attr-defined]
    if kind is FunctionType:
        home = value.__globals__.get("__name__")
        # A library's decorator may have put code of its own around the notebook's.
        ours = "__main__" in (home, value.__module__)
        if ours and value.__globals__ is getattr(sys.modules.get(home), "__dict__", 0):
            return reduce_function(value, home)
    if kind is CodeType:
        # What later versions of the format write also depends on who else uses a string.
        return rebuild_code, (sys.implementation.cache_tag, marshal.dumps(value, 2))
    way = OTHERS.get(kind)
    if way:
        return way(value)
    if isinstance(value, BaseException):
        return reduce_exception(value)
    reduced = reduce_added(value)
    if reduced is NotImplemented and kind is io.TextIOWrapper:
        raise TypeError  # cloudpickle would store its text
    return reduced


def reduce_added(value: Any) -> Any:
    """Return what the modules of a manifest make of a value, NotImplemented if they leave it to pickle."""
    for reducer in REDUCERS:
        reduced = reducer(value)
        if reduced is not NotImplemented:
            return reduced
    return NotImplemented


def _note_own_way(kind: type) -> None:
    if kind.__module__ == "__main__" and "_member_map_" not in vars(kind):
        names = "__reduce__", "__reduce_ex__", "__getstate__"
        own = (name for name in names if getattr(kind, name, 0) is not getattr(object, name, 0))
        if kind in copyreg.dispatch_table or any(own):
            OWN_WAYS.add(kind)


class Definition:
    """The state of a function or class that every loader defines anew."""

    def __init__(self, value: Any) -> None:
        self.state = {}
        for name, part in _attributes(value).items():
            own = _own_code(value, name, part)
            self.state[name] = Definition(own) if own else part

    def restore(self, value: Any) -> None:
        """Give `value` this state."""
        parts = _attributes(value)
        for name in parts:
            if name not in self.state:
                delattr(value, name)
        for name, part in self.state.items():
            if isinstance(part, Definition):
                part.restore(_own_code(value, name, parts[name]))
            else:
                setattr(value, name, part)


def _attributes(value: Any) -> dict[str, Any]:
    """Return what a function or class has and may have got after its definition."""
    if isinstance(value, FunctionType):
        names = "__defaults__", "__kwdefaults__", "__dict__"
        return {name: getattr(value, name) for name in names}
    return {name: part for name, part in vars(value).items() if _is_state(value, name, part)}


def _is_state(owner: Any, name: str, part: Any) -> Any:
    """Whether an attribute of a class may be another than its definition makes."""
    kind = type(part)
    if name in vars(owner).get("_member_map_", ()) or kind.__module__ == "_thread":
        return False
    # Of what Python looks for by itself, only what the notebook has put there later.
    if kind is property or (name[0] == name[-1] == "_" and kind is FunctionType):
        return not _own_code(owner, name, getattr(part, "fget", part))
    special = name[0] == "_" and (name[-1] == "_" or name[:4] == "_abc")
    return not (special or hasattr(part, "__set__") or kind.__name__ == "cached_property")


def _own_code(owner: Any, name: str, part: Any) -> Any:
    """Return the function or class that `part` is if it stands in the definition of `owner`."""
    code = getattr(part, "__func__", part)
    made = getattr(code, "__qualname__", "") == f"{owner.__qualname__}.{name}"
    return code if made and isinstance(code, (FunctionType, type)) else None


def load_anew(parts: list[Any]) -> Any:
    """Return the values of a stream and its buffers, and leave everything else as it is."""
    REBOUND[0] = False
    try:
        return Loader(parts).load()
    finally:
        REBOUND[0] = True
