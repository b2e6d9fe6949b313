"""Objects of Python itself for which its own way of pickling is not enough: functions, methods, exceptions and more."""

import collections
import functools
import gc
import importlib
import marshal
import sys
from types import CellType, CodeType, FunctionType, MappingProxyType, MethodType, ModuleType
from typing import Any

from nb2pipe.runtime.arrays import LENT


def _refuse_memory(_: Any) -> Any:  # of which cloudpickle would store a copy
    raise TypeError(LENT)


# --- exceptions, with those that they came from


def reduce_exception(value: BaseException) -> Any:
    """Return what makes an exception again, as `object.__reduce_ex__` does."""
    reduced: Any = value.__reduce_ex__(4)
    make, arguments, *state = reduced
    if make is type(value) and isinstance(make.__init__, FunctionType):
        make, arguments = rebuild_exception, (make, arguments)
    links = value.__cause__, value.__context__, value.__suppress_context__
    return make, arguments, (*state[:1], *links), None, None, restore_exception


def rebuild_exception(kind: Any, arguments: Any) -> Any:
    """Return an exception with these `args`, which its class may have made of others."""
    base = next(base for base in kind.__mro__ if base.__module__ == "builtins")
    value = base.__new__(kind, *arguments)
    base.__init__(value, *arguments)
    return value


def restore_exception(value: BaseException, state: Any) -> None:
    """Give an exception its attributes, and those that it came from."""
    *attributes, value.__cause__, value.__context__, value.__suppress_context__ = state
    if attributes and attributes[0]:
        value.__setstate__(attributes[0])


# --- methods


def _reduce_method(method: Any) -> Any:
    owner = method.__self__
    # What decorates a method may not pass its name on; what has replaced it since has its name.
    members = (item for kind in type(owner).__mro__ for item in vars(kind).items())
    names = [name for name, member in members if member is method.__func__]
    for name in names or [method.__name__]:
        if name not in getattr(owner, "__dict__", ()) and getattr(owner, name, None) == method:
            return getattr, (owner, name)
    return rebuild_method, (method.__func__, owner)


def rebuild_method(function: Any, owner: Any) -> Any:
    """Return a function as a method of an object."""
    return MethodType(function, owner)


# --- views of dictionaries


DICT_VIEWS = [type({}.keys()), type({}.values()), type({}.items())]


def _reduce_dict_view(value: Any) -> Any:
    return rebuild_dict_view, (DICT_VIEWS.index(type(value)), gc.get_referents(value)[0])


def rebuild_dict_view(kind: int, owner: dict[Any, Any]) -> Any:
    """Return the keys, values or items of `owner`, which follow its changes."""
    return (owner.keys, owner.values, owner.items)[kind]()


# --- iterators over dictionaries and sets, of which pickle would make iterators over lists


WALKS: list[Any] = [
    lambda owner: iter(dict.keys(owner)),
    lambda owner: iter(dict.values(owner)),
    lambda owner: iter(dict.items(owner)),
    lambda owner: reversed(dict.keys(owner)),
    lambda owner: reversed(dict.values(owner)),
    lambda owner: reversed(dict.items(owner)),
]
ITERATORS = [*(type(walk({})) for walk in WALKS), type(iter({0}))]


def _refuse_iterator(_: Any) -> Any:
    raise TypeError("what it iterates over cannot be told")


def _reduce_iterator(iterator: Any) -> Any:
    left = iterator.__reduce__()[1][0]
    owners = [
        part for part in gc.get_referents(iterator) if isinstance(part, (dict, set, frozenset))
    ]
    kind = ITERATORS.index(type(iterator))
    if not owners:  # it has come to its end
        owners = [set() if kind == len(WALKS) else {}]
    return rebuild_iterator, (kind, owners[0], len(owners[0]) - len(left))


def rebuild_iterator(kind: int, owner: Any, passed: int) -> Any:
    """Return an iterator over `owner` that has given so many of its elements."""
    walk = WALKS[kind](owner) if kind < len(WALKS) else iter(owner)
    for _ in range(passed):
        next(walk)
    return walk


# --- functions; `rebuild_…` is what the pickle calls when it is loaded


REBOUND = [True]  # whether functions that are loaded become those that were replayed


def rebuild_function(path: str, codes: list[CodeType], closure: Any, home: str) -> FunctionType:
    """Return the replayed function at `path` of `__main__` if it is the same, else a new one of the module `home`."""
    found = find(path)
    if REBOUND[0] and isinstance(found, FunctionType) and _codes(found) == codes:
        return found
    return FunctionType(codes[0], vars(importlib.import_module(home)), None, None, closure)


def rebuild_code(version: str, content: bytes) -> CodeType:
    """Return a code object, if it was made by this version of Python."""
    if version != sys.implementation.cache_tag:
        raise ValueError("it holds a function of " + version)
    return marshal.loads(content)  # type: ignore[no-any-return] # noqa: S302 -- our own


def rebuild_cell() -> CellType:
    """Return an empty closure cell; its content comes later, for it may be the function itself."""
    return CellType()


def reduce_function(function: FunctionType, home: str) -> Any:
    """Return what makes a function of the module `home` again, as `object.__reduce_ex__` does."""
    path = function.__qualname__
    closure = function.__closure__
    if (closure and home == "__main__") or find(path) is not function:
        path = ""
    names = "name qualname doc module defaults kwdefaults dict annotations"
    # pickle assigns a state of this form attribute by attribute.
    state = {f"__{name}__": getattr(function, f"__{name}__") for name in names.split()}
    return rebuild_function, (path, _codes(function), closure, home), (None, state)


def _codes(function: Any) -> list[CodeType]:
    """Return the code of a function, and of those that decorators have put it around."""
    codes = []
    while isinstance(function, FunctionType):
        codes.append(function.__code__)
        function = getattr(function, "__wrapped__", None)
    return codes


def _reduce_cell(cell: CellType) -> Any:
    try:
        return rebuild_cell, (), (None, {"cell_contents": cell.cell_contents})
    except ValueError:  # empty
        return rebuild_cell, ()


def find(path: str) -> Any:
    """Return what is at `path` in `__main__`, None where nothing is."""
    found: Any = sys.modules["__main__"]
    for name in path.split("."):
        found = getattr(found, name, None)
    return found


# --- functions that keep their results, with these


def _reduce_cached(function: Any) -> Any:
    if function.__module__ != "__main__":
        return NotImplemented
    parameters = function.cache_parameters()
    # Where their number is limited, the results cannot be reached. A copy: one more is no change of what others see.
    kept = {} if parameters["maxsize"] else {**_kept(function)}
    made = function.__qualname__, function.__wrapped__, parameters
    given = {**vars(function)}
    del given["cache_parameters"]
    return rebuild_cached, made, (kept, given), None, None, fill_cached


def rebuild_cached(path: str, function: Any, parameters: dict[str, Any]) -> Any:
    """Return the replayed function at `path` if it is the same, else a new one, which keeps nothing."""
    found = find(path)
    if REBOUND[0] and type(found) is CACHED and found.__wrapped__.__code__ == function.__code__:
        return found
    return functools.lru_cache(**parameters)(function)


def fill_cached(function: Any, state: Any) -> None:
    """Give `function` the results and the attributes that it had."""
    _kept(function).update(state[0])
    vars(function).update(state[1])


def get_mark() -> Any:
    """Return what stands before keywords in what results are kept under."""
    return MARK


def _reduce_object(value: Any) -> Any:
    return (get_mark, ()) if value is MARK else NotImplemented


def _kept(function: Any) -> Any:
    dicts = (part for part in gc.get_referents(function) if type(part) is dict)
    return next(part for part in dicts if part is not vars(function))


_probe: Any = functools.lru_cache(None)(dict)
_probe(a=1)
CACHED = type(_probe)
MARK = next(iter(_kept(_probe)))[0]
OTHERS: dict[type, Any] = {
    CACHED: _reduce_cached,
    CellType: _reduce_cell,
    ModuleType: lambda module: (importlib.import_module, (module.__name__,)),
    object: _reduce_object,
    memoryview: _refuse_memory,
    MethodType: _reduce_method,
    property: lambda it: (property, (it.fget, it.fset, it.fdel)),
    MappingProxyType: lambda proxy: (MappingProxyType, (gc.get_referents(proxy)[0],)),
    **dict.fromkeys(DICT_VIEWS, _reduce_dict_view),
    **dict.fromkeys(ITERATORS, _reduce_iterator),
    type(iter(collections.OrderedDict())): _refuse_iterator,
}
