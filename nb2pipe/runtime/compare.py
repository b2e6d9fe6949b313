"""Tell whether a value is still what it was: by its bytes, and if these differ, part by part."""

import copyreg
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import Any, Optional

from nb2pipe.runtime.deep import deeply
from nb2pipe.runtime.pickling import dump_values, load_anew, reduce_added
from nb2pipe.runtime.python_objects import CACHED, OTHERS

# What nobody can change, and what is compared in another way.
ATOMS = (
    type(None), bool, int, float, complex, str, bytes,
    type, CodeType, ModuleType, type(len), type(...),
)  # fmt: skip
CHUNK = 1 << 18
LAZY = {"statsmodels"}  # libraries whose objects keep what they were asked for as attributes


def changed_part(parts: list[Any], names: list[str], values: dict[str, Any]) -> Optional[str]:
    """Return the path to a part of `values` that is not as `parts` hold it, None if there is none.

    `names` are all names that were stored. The same value may have another stream, when it was
    loaded since (what was equal may have become identical) or has filled a cache.
    """
    if [*values] == names and is_same(parts, values):
        return None
    before = load_anew(parts)
    for name, value in values.items():
        if not is_same(dump_values({name: before[name]}), {name: value}):
            try:
                path = first_difference(before[name], value, name, stored_state)
            except TypeError:  # it was stored once, and is in a state that cannot be
                return name
            if path:
                return path
    return None


def is_same(parts: list[Any], values: dict[str, Any]) -> bool:
    """Whether `values` are stored as `parts`, byte by byte."""
    try:
        others = dump_values(values)
    except Exception:
        return False  # it could be stored once
    return [*map(len, parts)] == [*map(len, others)] and all(map(_is_same_part, parts, others))


def _is_same_part(part: Any, other: Any) -> bool:
    # A bytearray compares as fast as memory can be read, views of memory one by one.
    starts = range(0, len(part), CHUNK)
    return all(bytearray(part[i : i + CHUNK]) == other[i : i + CHUNK] for i in starts)


def first_difference(old: Any, new: Any, path: str, state: Any) -> Optional[str]:
    """Return the path to a part in which two values differ, None when that can only be a cache.

    `state` tells what an object consists of.
    """
    return deeply(lambda: _difference(old, new, path, {}, state))  # type: ignore[no-any-return] # as it says


def _difference(old: Any, new: Any, path: str, seen: dict[Any, Any], state: Any) -> Optional[str]:
    kind = type(new)
    if old is new or (id(old), id(new)) in seen:
        return None
    if kind is type(old) and isinstance(new, ATOMS) and kind is not type(len):
        # Zeros differ that are equal, and what is no number is not equal to itself.
        same = repr(old) == repr(new) if isinstance(new, (float, complex)) else old == new
        return None if same else path
    pairs = _parts(kind, old, new, state) if kind is type(old) else None
    if pairs is None:
        return path
    seen[id(old), id(new)] = old, new
    for key, before, after in pairs:
        found = _difference(before, after, path + key, seen, state)
        if found:
            return found
    return None


def _parts(kind: Any, old: Any, new: Any, state: Any) -> Any:
    """Return what to compare of two objects of a kind, with its path; None if they differ anyhow."""
    if kind is dict:
        parts = [(f"[{key!r}]", *both) for key, *both in zip(new, old.values(), new.values())]
        return [("", [*old], [*new]), *parts]
    if kind in {set, frozenset}:
        old, new = (sorted(bytes(dump_values({"": item})[0]) for item in it) for it in (old, new))
    if kind in {list, tuple, set, frozenset}:
        parts = [(f"[{at}]", *both) for at, both in enumerate(zip(old, new))]
        return parts if len(old) == len(new) else None
    before, after = state(old), state(new)
    if any(key not in after and "cache" not in key for key in before):
        return None
    return [
        (key and "." + key, before.get(key), after[key])
        for key in after
        if not _is_cache(kind, key, before, state)
    ]


def bare_state(value: Any) -> dict[str, Any]:
    """Return what a value consists of, also what it keeps out of its pickle, but for what nobody could store."""
    plain = reduce_added(value) is NotImplemented
    parts = (plain and getattr(value, "__dict__", None)) or stored_state(value)
    if isinstance(getattr(value, "__getstate__", 0), MethodType):
        parts = {key: part for key, part in parts.items() if _is_storable(part)}
    return parts


def _is_storable(value: Any) -> bool:
    try:
        return bool(dump_values({"": value}))
    except Exception:  # whatever a class says of itself: a lock, a connection
        return False


def stored_state(value: Any) -> dict[str, Any]:
    """Return what of a value is stored: its attributes by name, all else under ""."""
    if isinstance(value, FunctionType):
        closure = [cell.cell_contents for cell in value.__closure__ or ()]
        state = value.__defaults__, value.__kwdefaults__, closure, value.__dict__
        return {"": [value.__code__, *state]}
    # What a function keeps of its results is no part of it.
    way = None if type(value) is CACHED else OTHERS.get(type(value))
    reduced: Any = (way or reduce_added)(value)
    if reduced is NotImplemented:
        reduce = copyreg.dispatch_table.get(type(value))
        reduced = reduce(value) if reduce else value.__reduce_ex__(4)
    if isinstance(reduced, str):
        return {"": reduced}
    make, arguments, state, items, pairs = (*reduced, None, None, None)[:5]
    attributes: dict[str, Any] = {}
    # awkward makes an empty dictionary, of attributes, when it is asked for them first.
    arguments = [None if type(item) is dict and not item else item for item in arguments]
    rest = [make, arguments, [*(items or ())], [*(pairs or ())]]
    for part in state if isinstance(state, tuple) else [state]:
        if isinstance(part, dict) and all(isinstance(key, str) for key in part):
            attributes.update(part)
        else:
            rest.append(part)
    if hasattr(value, "get_n_calls"):  # scikit-learn's trees of neighbours count how they are used
        del rest[11:15], rest[6]  # between its fields is what nobody wrote
    return {**attributes, "": rest}


def _is_cache(kind: Any, key: str, before: dict[str, Any], state: Any) -> bool:
    """Whether an attribute is, or has just become, what its class could compute again."""
    # A class of the notebook may forget it when it is stored; matplotlib counts there how often that was.
    forgets = state is bare_state and kind.__module__ == "__main__"
    origin = kind.__module__.split(".")[0]
    # statsmodels notes there what the last forecast was for.
    passing = key == "_cid_gen" or (origin in LAZY and key[:8] == "predict_")
    if passing or ("cache" in key and not forgets):
        return True
    if not key or before.get(key) is not None:
        return False
    made = getattr(kind, key, None)  # a `cached_property`
    lazy = hasattr(made, "__get__") and not callable(made)
    return lazy or (key[0] == "_" and origin != "__main__") or origin in LAZY
