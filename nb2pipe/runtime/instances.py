"""Store instances so that who has the dictionary of their attributes still has it, and without calling their methods.

Only steps of notebooks where that makes a difference have this module, in their manifest.
"""

import copyreg
import importlib
import sys
from types import FunctionType, SimpleNamespace
from typing import Any

HEAP = 1 << 9  # flag of a class that is made when the program runs
WEAK = ("WeakSet", "WeakKeyDictionary", "WeakValueDictionary")
OWN_WAYS = ("__reduce__", "__reduce_ex__", "__getstate__", "__setstate__")


def install(_start: Any, _settings: Any, reducers: list[Any], ways: list[Any]) -> None:
    """Add to `reducers` what stores instances, and to `ways` what refuses to."""
    reducers.append(reduce_instance)
    ways += (("weakref", name, refuse_weak) for name in WEAK)


def refuse_weak(_: Any) -> Any:
    """Refuse a container that does not keep what is in it.

    Raises:
        TypeError: always.
    """
    raise TypeError("where it is loaded, nothing else may keep what is in it")


def reduce_instance(value: Any) -> Any:
    """Return what makes an instance again, as `object.__reduce_ex__` does; NotImplemented for what has its own way.

    Raises:
        TypeError: nobody could give a new one the dictionary that others have.
    """
    kind = type(value)
    if kind is SimpleNamespace:
        new_one = SimpleNamespace()
        if sys.getrefcount(value.__dict__) > sys.getrefcount(new_one.__dict__):
            raise TypeError(
                "its attributes are known as a dictionary, too; use a class of your own"
            )
        return NotImplemented
    own = [name for name in OWN_WAYS if getattr(kind, name, 0) is not getattr(object, name, 0)]
    is_tuple = isinstance(value, tuple)
    is_made = kind.__flags__ & HEAP and (hasattr(value, "__dict__") or is_tuple)
    if own or not is_made or issubclass(kind, type) or kind in copyreg.dispatch_table:
        return NotImplemented
    members = {name: part for base in kind.__mro__[::-1] for name, part in vars(base).items()}
    new = members.get("__getnewargs__", tuple)  # of numbers, texts and tuples
    if is_tuple:
        new = tuple.__getnewargs__  # type: ignore[attr-defined] # as pickle calls it
    elif isinstance(new, FunctionType) or "__getnewargs_ex__" in members:
        return NotImplemented
    if copyreg._slotnames(kind):  # type: ignore[attr-defined] # noqa: SLF001 -- as pickle does
        return NotImplemented
    items = [*list.__iter__(value)] if isinstance(value, list) else []
    pairs = [*dict.items(value)] if isinstance(value, dict) else []
    arguments = () if new is tuple else new(value)
    state = getattr(value, "__dict__", None), items, pairs
    return rebuild_instance, (kind, *arguments), state, None, None, restore_instance


def rebuild_instance(kind: Any, *arguments: Any) -> Any:
    """Return an instance without attributes, made by the class behind those that are written in Python."""
    makers = (vars(base).get("__new__") for base in kind.__mro__)
    return next(make for make in makers if type(make) is type(len))(kind, *arguments)


def restore_instance(value: Any, state: Any) -> None:
    """Give a new instance this very dictionary of attributes, and its elements."""
    attributes, items, pairs = state
    if items:
        list.extend(value, items)
    if pairs:
        dict.update(value, pairs)
    if attributes is None:
        return
    if type(value).__module__ == "argparse":
        hidden = importlib.import_module("argparse").SUPPRESS  # is recognised by its identity
        for name, text in attributes.items():
            attributes[name] = hidden if text == hidden else text
    object.__setattr__(value, "__dict__", attributes)
