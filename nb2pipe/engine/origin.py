"""What was run: noted when a run starts, so that its results can be told from others later."""

import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from nb2pipe.ir import Json, Pipeline


def origin_of(
    pipeline: Pipeline, directory: Path, values: Mapping[str, Json], python: str
) -> dict[str, Any]:
    """Return what a run that starts now in `directory` runs; see `RunResult`."""
    return {
        "pipeline": pipeline.name,
        "notebook": pipeline.notebook,
        "parameters": dict(values),
        "started": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "python": python,
        "git": _git_state(directory),
    }


def _git_state(directory: Path) -> dict[str, Any] | None:
    """Return the commit of the repository around `directory`, if there is one."""
    place = directory.resolve()
    if not any((folder / ".git").exists() for folder in (place, *place.parents)):
        return None
    commit = _git(directory, "rev-parse", "HEAD")
    status = _git(directory, "status", "--porcelain", "--untracked-files=no")
    return None if not commit else {"commit": commit, "changed": bool(status)}


def _git(directory: Path, *words: str) -> str:
    try:
        command = ["git", "-C", str(directory), *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)  # noqa: S603 -- our own words
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
