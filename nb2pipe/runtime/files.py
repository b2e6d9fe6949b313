"""Note which files the process opens, renames and removes."""

import os
import sys
from typing import Any

from nb2pipe.runtime.store import START

TOUCHED: list[Any] = []  # (path from where the step began, whether it was written)
CREATED: set[str] = set()  # those that were not there before
OUTSIDE: set[str] = set()  # what is read elsewhere, but for libraries
LISTED: set[str] = set()  # folders whose content was asked for
LIBRARIES = "/dev", "/etc", "/proc", "/sys", "/usr", sys.prefix, sys.base_prefix, *START["path"]
HIDDEN = "/.", "/__pycache__/", "/site-packages/"


def touched_files() -> list[Any]:
    """Return what was noted since the last call; files that came and went are nobody else's matter."""
    if not TOUCHED:
        return []
    found = [item for item in TOUCHED if item[0] not in CREATED or _exists(item[0])]
    TOUCHED.clear()
    return found


def local_modules() -> list[str]:
    """Return the files of the modules that are not installed, which the process may not have opened itself."""
    installed = tuple(filter(None, LIBRARIES))
    # Asking a lazy module for an attribute would import it.
    names = [getattr(module, "__dict__", {}).get("__file__") for module in [*sys.modules.values()]]
    paths = [name or "" for name in names]
    return [path for path in paths if path and not path.startswith(installed)]


def watch_files() -> None:
    """Begin to note files: all that are written, and those below the working directory that are read."""
    sys.addaudithook(_note)


def _note(event: str, arguments: Any) -> None:
    if event == "open":
        path = arguments[0]
        writes = arguments[2] & (os.O_WRONLY | os.O_RDWR)
        # What a library reads of its own is most of all.
        if writes or (isinstance(path, str) and (path[0] != "/" or path.startswith(START["cwd"]))):
            _add(path, writes)
        elif isinstance(path, str) and not path.startswith(tuple(filter(None, LIBRARIES))):
            OUTSIDE.add(path)
    elif event in {"os.listdir", "os.scandir"}:
        path = arguments[0] or "."
        # Imports look at folders, too.
        caller = sys._getframe(1).f_code.co_filename  # noqa: SLF001 -- there is no other way
        if isinstance(path, str) and caller[:7] != "<frozen":
            LISTED.add(os.path.relpath(path, START["cwd"]))
    elif event in {"os.rename", "os.remove"}:
        for path in arguments[:2] if event == "os.rename" else arguments[:1]:
            _add(path, 1)


def _add(path: Any, writes: int) -> None:
    if isinstance(path, (str, bytes)):
        name = os.path.relpath(os.fsdecode(path), START["cwd"])
        if not any(part in "/" + name for part in HIDDEN):
            if writes and not _exists(name):
                CREATED.add(name)
            TOUCHED.append((name, writes > 0))


def _exists(name: str) -> bool:
    return os.path.lexists(os.path.join(START["cwd"], name))
