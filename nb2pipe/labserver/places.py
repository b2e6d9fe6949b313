"""Paths that the page names, confined to the folder that the server serves."""

import os
from pathlib import Path

from tornado.web import HTTPError


def notebook_path(root: str, path: object) -> Path:
    """Return where the notebook is that the page calls `path`; the file need not be there yet.

    Raises:
        HTTPError: 400, it is no path of a notebook; 404, it is not below `root`, also not by a link.
    """
    if not isinstance(path, str) or "\0" in path or not path.endswith(".ipynb"):
        raise HTTPError(400, "name a notebook: its path ends with `.ipynb`")
    parts = [part for part in path.replace(os.sep, "/").split("/") if part]
    top = Path(root).expanduser().resolve()
    found = top.joinpath(*parts) if not any(Path(part).is_absolute() for part in parts) else top
    resolved = found.resolve()
    if ".." in parts or not resolved.is_relative_to(top) or not resolved.parent.is_dir():
        raise HTTPError(404, f"there is no folder for `{path}`")
    return found


def api_path(root: str, path: Path) -> str:
    """Return what the page calls the file at `path`."""
    return path.relative_to(Path(root).expanduser().resolve()).as_posix()
