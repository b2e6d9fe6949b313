"""Files put back to how they were before a try of a step failed, so that the next try begins as that one did.

Two things tell what the try changed. Its process keeps a journal: before Python opens a file for writing,
renames or removes it, it notes that and keeps a copy. And all files below the working directory are
looked at before and after, which shows what was changed by a library in C or by another program. What
cannot be put back is said, and the step is not tried again.
"""

import contextlib
import json
import os
import re
import shutil
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import quote

MOST_BYTES: Final = 1 << 26
"""Of a file that is kept as it was."""

JOURNAL: Final = "journal"
"""The file in the folder of a journal; `journal.py` names it, too."""

# Other programs write there, and nobody's results depend on it.
_IGNORED: Final = frozenset({".git", "__pycache__", ".ipynb_checkpoints"})
_OWN: Final = ".nb2pipe"

Stamps = Mapping[str, tuple[int, ...]]
"""What tells whether files changed, by their paths."""

_FOLDER: Final = ()
# What a journal says of a path: it did not exist, or it did, but was not kept.
_NEW, _LOST = "new", "lost"


def journal_code(folder: Path, most: int) -> str:
    """Return code that begins a journal in a folder; files of at most so many bytes are copied."""
    program = Path(__file__).with_name("journal.py").read_text("utf-8")
    return f"{program}\nkeep_journal({str(folder)!r}, {most})\n"


def stamps_of(directory: Path) -> Stamps:
    """Return how the files and folders below a folder are."""
    return dict(_walk(directory, ""))


def undo(
    directory: Path,
    before: Stamps,
    journal: Path,
    *,
    aside: Path,
    beside: Sequence[Path],
    loaded: Collection[str],
) -> str | None:
    """Put files back to how they were; return why that cannot be done, None if it was.

    Args:
        directory: the working directory of the step.
        before: how its files were when the step began.
        journal: the folder of the step's journal.
        aside: the folder to which the files go that the step has made.
        beside: the folders of the journals of steps that ran at the same time.
        loaded: paths of files and folders that every try gets from earlier steps, or that count for nothing.
    """
    now = stamps_of(directory)
    # Read afterwards: what a step has changed by then, it had noted before.
    own = _read_journal(journal)
    others = {path for folder in beside for path in _read_journal(folder)}
    changed = {path for path in {*before, *now} if before.get(path) != now.get(path)}
    outside = {path for path in own if path.startswith("..") and not _is_nobodys(directory, path)}
    states: dict[str, str] = {}
    for path in sorted(changed | outside):
        state = own.get(path)
        if any(f"{path}/".startswith(f"{name}/") for name in loaded):
            continue
        if path in others:
            if state is None or now.get(path) == _FOLDER:
                continue
            return f"a step beside it changed `{path}` as well"
        if state is None and path not in before and not beside:
            state = _NEW
        if state is None or state == _LOST:
            return f"it changed `{path}`, and what was there before is not known"
        states[path] = state
    try:
        for path in sorted(states, reverse=True):  # what is in a folder comes before the folder
            _put_back(directory / path, states[path], journal, aside / quote(path, safe=" "))
    except OSError as error:
        return f"files cannot be put back: {error.strerror or error}"
    return None


def _read_journal(folder: Path) -> dict[str, str]:
    """Return what each path was that a step changed: new, lost, or the name of its copy in the folder."""
    states: dict[str, str] = {}
    with contextlib.suppress(OSError):
        for line in (folder / JOURNAL).read_text(encoding="ascii").splitlines():
            with contextlib.suppress(ValueError):  # the end of it may still be written
                path, state = json.loads(line)
                states.setdefault(path, state)
    return states


def _is_nobodys(directory: Path, path: str) -> bool:
    """Whether what is at a path elsewhere counts for nothing: hidden files, such as caches, and devices."""
    place = directory / path
    if place.exists() and not place.is_file() and not place.is_dir():
        return True
    return any(part in _IGNORED or re.match(r"\.[^.]", part) for part in path.split("/"))


def _put_back(path: Path, state: str, kept: Path, aside: Path) -> None:
    if state == _NEW and path.is_dir() and not path.is_symlink():
        with contextlib.suppress(OSError):  # something of others is in it
            path.rmdir()
    elif state == _NEW:
        if os.path.lexists(path):
            aside.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(path, aside)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f"{_OWN}-{path.name}")
        shutil.copy2(kept / state, draft)
        draft.replace(path)


def _walk(folder: Path, prefix: str) -> Iterator[tuple[str, tuple[int, ...]]]:
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name in _IGNORED or entry.name.startswith(_OWN):
                continue
            path = prefix + entry.name
            if entry.is_dir(follow_symlinks=False):
                yield path, _FOLDER
                yield from _walk(folder / entry.name, path + "/")
            else:
                with contextlib.suppress(OSError):
                    state = entry.stat(follow_symlinks=False)
                    yield path, (state.st_size, state.st_mtime_ns, state.st_ino, state.st_mode)
