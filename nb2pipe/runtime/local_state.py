"""Tell whether the modules beside the notebook keep something else than before a cell.

Only steps with a cell that is to leave such modules alone have this module, in their manifest. It stands by itself: the
names of the rest of the runtime are shortened when that is packed.
"""

import sys
import time
from importlib.machinery import SourceFileLoader
from types import FunctionType, ModuleType
from typing import Any, Callable, Optional

MOST = 1 << 24  # bytes of a variable of which a copy is kept
SLOW = 0.2  # seconds that it may take to store one
DUMP: list[Callable[[dict[str, Any]], list[Any]]] = []
NOTHING: list[Any] = []  # a variable that is not there, or keeps nothing
IMPORTED: dict[str, Any] = {}  # how modules were when they were imported
LEFT: dict[str, str] = {}  # variables that are not compared, and why


def install(start: dict[str, Any], settings: list[str], _reducers: Any, _ways: Any) -> None:
    """Let the guard ask `look` and `changed` about the modules in `settings`."""
    start["local"] = look, changed, LEFT
    # A cell may import a module and change what it keeps, and Python tells nobody when the one ends.
    plain: Any = SourceFileLoader.exec_module

    def run_module(loader: Any, module: Any) -> None:
        plain(loader, module)
        if module.__name__ in settings and DUMP:
            IMPORTED[module.__name__] = contents(module)

    SourceFileLoader.exec_module = run_module  # type: ignore[method-assign,assignment]


def look(name: str, dump: Any) -> tuple[str, Any]:
    """Return the name of a module, and what its variables hold; None until it is imported."""
    DUMP[:] = [dump]
    module = sys.modules.get(name)
    return name, contents(module) if module else None


def changed(before: Any, after: Any, spared: list[str], changed_part: Any) -> Optional[str]:
    """Return the full name of a variable that is not `spared`, and does not hold what it did; None if all do."""
    name: str = after[0]
    new = after[1]
    old = before[1] or IMPORTED.get(name)
    if new is None or old is None:
        return None
    for key in (*old, *new.keys() - old.keys()):
        was, now = old.get(key, NOTHING), new.get(key, NOTHING)
        if was is None or now is None or was == now or key in spared:
            continue
        value = content_of(vars(sys.modules[name]).get(key), name, set())
        if NOTHING in (was, now) or changed_part(was, ["it"], {"it": value}):
            return f"{name}.{key}"
    return None


def contents(module: Any) -> dict[str, Any]:
    """Return what each variable of a module holds, as it would be stored; None where that cannot be."""
    found: dict[str, Any] = {}
    for key, value in vars(module).items():
        if key[:2] == "__" or isinstance(value, ModuleType):
            continue
        content = content_of(value, module.__name__, set())
        if content is None:
            continue
        name = f"{module.__name__}.{key}"
        found[key] = None if name in LEFT else stored(content, name)
    return found


def stored(content: Any, name: str) -> Optional[list[Any]]:
    """Return what would be stored of what a variable holds; None if it cannot be, or takes too long."""
    start = time.perf_counter()
    try:
        parts = DUMP[0]({"it": content})
    except Exception:  # whatever a module may keep: a lock, a connection
        return None
    if sum(map(len, parts)) < MOST and time.perf_counter() - start < SLOW:
        return [*map(bytes, parts)]
    LEFT[name] = "that would take too long"
    return None


def content_of(value: Any, home: str, seen: set[int]) -> Any:
    """Return what a variable of the module `home` has that may change; None for code that keeps nothing."""
    if isinstance(value, (staticmethod, classmethod)):
        value = value.__func__
    if not isinstance(value, (type, FunctionType)):
        # What keeps results of calls gives the same ones without them.
        return (
            None if hasattr(value, "cache_parameters") or isinstance(value, property) else [value]
        )
    if value.__module__ != home or id(value) in seen:
        return None
    seen.add(id(value))
    if isinstance(value, type):
        members = {k: content_of(v, home, seen) for k, v in vars(value).items() if k[:2] != "__"}
    else:
        attributes = {k: v for k, v in vars(value).items() if k != "__wrapped__"}
        closure = [content_of(cell.cell_contents, home, seen) for cell in filled(value)]
        kept = [value.__defaults__, value.__kwdefaults__, attributes, *closure]
        members = {str(place): item for place, item in enumerate(kept)}
    return {k: v for k, v in members.items() if v} or None


def filled(function: Any) -> list[Any]:
    """Return the cells of a function's closure that are not empty."""
    return [cell for cell in function.__closure__ or () if cell != type(cell)()]
