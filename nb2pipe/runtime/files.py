"""Note which files the process opens, renames and removes."""

import os
import sys
from typing import Any

from nb2pipe.runtime.store import START

TOUCHED: list[Any] = []  # (path from where the step began, whether it was written)
CREATED: set[str] = set()  # those that were not there before
OUTSIDE: set[str] = set()  # what is read elsewhere, and modules, but for libraries
LISTED: set[str] = set()  # folders whose content was asked for
LIBRARIES: list[str] = []  # folders of the system and of Python
HIDDEN = "/.", "/__pycache__/", "-packages/"  # `site-` and, on Debian, `dist-`


def touched_files() -> list[Any]:
    """Return what was noted since the last call; files that came and went are nobody else's matter."""
    if not TOUCHED:
        return []
    found = [item for item in TOUCHED if item[0] not in CREATED or _exists(item[0])]
    TOUCHED.clear()
    return found


def watch_files() -> None:
    """Begin to note files: all that are written, those that are read, and those of modules."""
    places = "/dev", "/etc", "/proc", "/sys", "/usr", sys.prefix, sys.base_prefix
    LIBRARIES.extend(place for place in places if not START["cwd"].startswith(place))
    sys.addaudithook(_note)


def _note(event: str, arguments: Any) -> None:
    if event == "open":
        path = arguments[0]
        writes = arguments[2] & (os.O_WRONLY | os.O_RDWR)
        # What a library reads of its own is most of all.
        if writes or (isinstance(path, str) and (path[0] != "/" or path.startswith(START["cwd"]))):
            _add(path, writes)
        else:
            _add_outside(path)
    elif event == "exec":
        _add_outside(arguments[0].co_filename)  # a module's, which is not opened if it was compiled
    elif event == "import":
        _add_outside(arguments[1])  # a module's in C
    elif event in {"os.listdir", "os.scandir"}:
        path = arguments[0] or "."
        # Imports look at folders, too.
        caller = sys._getframe(1).f_code.co_filename  # noqa: SLF001 -- there is no other way
        if isinstance(path, str) and caller[:7] != "<frozen":
            LISTED.add(os.path.relpath(path, START["cwd"]))
    elif event in {"os.rename", "os.remove"}:
        for path in arguments[:2] if event == "os.rename" else arguments[:1]:
            _add(path, 1)


def _add_outside(path: Any) -> None:
    if isinstance(path, str) and "-packages/" not in path and not path.startswith(tuple(LIBRARIES)):
        OUTSIDE.add(path)


def _add(path: Any, writes: int) -> None:
    if isinstance(path, (str, bytes)):
        name = os.path.relpath(os.fsdecode(path), START["cwd"])
        if not any(part in "/" + name for part in HIDDEN):
            if writes and not _exists(name):
                CREATED.add(name)
            TOUCHED.append((name, writes > 0))


def _exists(name: str) -> bool:
    return os.path.lexists(os.path.join(START["cwd"], name))
