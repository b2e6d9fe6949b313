"""A fresh copy of the notebook's folder for every run, so that no run sees what another one wrote.

The folder itself is copied. What lies beside it and above it, as far as `../../..`, is linked, so that
a notebook that reads `../data/x.csv` finds it.
"""

import os
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Final

_LEVELS: Final = 3
_LEFT_OUT: Final = frozenset(
    {".nb2pipe", ".git", ".venv", "__pycache__", ".ipynb_checkpoints", "node_modules"}
)


def make_sandbox(folder: Path, target: Path) -> Path:
    """Copy `folder` below `target` and return the copy.

    Raises:
        OSError: it cannot be copied.
    """
    chain = [folder, *folder.parents][:_LEVELS]
    place = target
    for outer, inner in zip(reversed(chain[1:]), reversed(chain[:-1]), strict=True):
        place = place / (outer.name or "root")
        place.mkdir(parents=True, exist_ok=True)
        _link_others(outer, place, inner.name)
    copy = place / (folder.name or "root")
    shutil.copytree(folder, copy, symlinks=True, ignore=_ignored, dirs_exist_ok=True)
    return copy


def size_of(folder: Path) -> int:
    """Return how many bytes copying `folder` would copy."""
    total = 0
    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _LEFT_OUT]
        for name in files:
            try:
                total += os.lstat(os.path.join(parent, name)).st_size  # noqa: PTH118 -- ten times faster than Path
            except OSError:
                continue
    return total


def _link_others(source: Path, target: Path, besides: str) -> None:
    try:
        others = sorted(source.iterdir())
    except OSError:
        return
    for other in others:
        if other.name != besides and other.name not in _LEFT_OUT:
            (target / other.name).symlink_to(other)


def _ignored(_folder: str, names: list[str]) -> Collection[str]:
    return _LEFT_OUT.intersection(names)
