"""Which notebooks a user means: files, folders, and patterns that no shell has expanded."""

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

_SUFFIX = ".ipynb"
_VENV_MARK = "pyvenv.cfg"
_LEFT_OUT = frozenset({"node_modules", "__pycache__", "site-packages"})


def find_notebooks(paths: Iterable[str]) -> list[Path]:
    """Return the notebooks that `paths` name, each once.

    A file is taken as it is. Of a folder all `.ipynb` files in it and below are meant, of a pattern
    (`**` is any depth) those that match, but nothing in hidden folders (`.ipynb_checkpoints`,
    `.nb2pipe`, `.venv`), virtual environments and installed packages.

    Raises:
        click.UsageError: a folder or pattern holds no notebook.
    """
    return list(dict.fromkeys(found for path in paths for found in _meant_by(path)))


def _meant_by(path: str) -> list[Path]:
    if os.path.isdir(path):  # noqa: PTH112 -- Path refuses what is no path; reading it says so
        found, kind = sorted(_below(Path(path))), "folder"
    elif glob.has_magic(path) and not os.path.lexists(path):
        found, kind = sorted(_matching(path)), "pattern"
    else:
        return [Path(path)]
    if not found:
        what = "in the folder" if kind == "folder" else "for the pattern"
        raise click.UsageError(f"there are no notebooks {what} `{path}`")
    return found


def _below(folder: Path) -> Iterator[Path]:
    for name, folders, files in os.walk(folder):
        folders[:] = [inner for inner in folders if not _is_left_out(Path(name, inner))]
        yield from (Path(name, file) for file in files if _is_notebook(file))


def _matching(pattern: str) -> Iterator[Path]:
    """Yield what matches; text notebooks only if the pattern asks for their suffix."""
    fixed = _fixed_part(pattern)
    for match in map(Path, glob.iglob(pattern, recursive=True)):  # noqa: PTH207 -- any text
        below = match.relative_to(fixed or "")
        if any(_is_left_out(Path(fixed or "", parent)) for parent in list(below.parents)[:-1]):
            continue
        if match.is_dir():
            yield from () if _is_left_out(match) else _below(match)
        elif _is_notebook(match.name) or match.suffix == Path(pattern).suffix:
            yield match


def _fixed_part(pattern: str) -> Path | None:
    """Return the folders above the first wildcard: those that the user named."""
    parts = Path(pattern).parts
    first = next(index for index, part in enumerate(parts) if glob.has_magic(part))
    return Path(*parts[:first]) if first else None


def _is_notebook(name: str) -> bool:
    return name.endswith(_SUFFIX) and not name.startswith(".")


def _is_left_out(folder: Path) -> bool:
    name = folder.name
    hidden = name.startswith(".") and name not in {"", ".", ".."}
    return hidden or name in _LEFT_OUT or (folder / _VENV_MARK).is_file()
