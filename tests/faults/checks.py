"""What must hold in `.nb2pipe/` whatever was killed, and which processes a trial has left."""

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from nb2pipe.engine.history import list_runs
from nb2pipe.engine.store import digest_of
from nb2pipe.runtime.store import MAGIC, hasher

_END_SECONDS = 15.0
_FIRST_LINE = 52


def torn_files(directory: Path) -> list[str]:
    """Return the files below `.nb2pipe/` that are not whole although they have their final name."""
    root = directory / ".nb2pipe"
    found = []
    for path in sorted(root.rglob("*")):
        with contextlib.suppress(FileNotFoundError):  # somebody is cleaning
            if path.is_file() and not _is_draft(path.relative_to(root)):
                found += [f"{path.relative_to(root)}: {problem}" for problem in _problems(path)]
    return found


def processes_with(marker: str) -> list[psutil.Process]:
    """Return the processes that have `marker` in their environment, as those of a trial do."""
    found = []
    for process in psutil.process_iter():
        try:
            environment = Path(f"/proc/{process.pid}/environ").read_bytes()
            if marker.encode() in environment and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (OSError, psutil.NoSuchProcess):
            continue
    return found


def orphans(marker: str) -> list[str]:
    """Wait for the processes of a trial to end; return the command lines of those that do not, and end them."""
    deadline = time.monotonic() + _END_SECONDS
    while (left := processes_with(marker)) and time.monotonic() < deadline:
        time.sleep(0.02)
    lines = []
    for process in left:
        lines.append(" ".join(process.cmdline())[:100])
        process.kill()
    return lines


def unreadable_runs(directory: Path) -> list[str]:
    """Return what goes wrong when the runs are looked at, as `nb2pipe runs` does."""
    try:
        for run in list_runs(directory):
            run.to_json()
    except Exception as error:  # noqa: BLE001 -- whatever it is
        return [repr(error)]
    return []


def _is_draft(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts) or path.name.endswith("~")


def _problems(path: Path) -> Iterator[str]:
    """Yield what is wrong with a file: artifacts and objects know their digest, JSON can be read."""
    if path.suffix == ".json":
        try:
            json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            yield str(error)
    content_digest = _digest_in(path) if path.stat().st_size else None
    if content_digest is not None and not _holds(path, content_digest):
        yield "its content is not what its first line says"
    if path.parent.parent.name == "objects":
        digest = digest_of(path) if content_digest is None else content_digest
        if path.name != digest:
            yield "its content is not what its name says"
    if path.parent.name == "artifacts" and content_digest is None:
        yield "it is no artifact"


def _digest_in(path: Path) -> str | None:
    with path.open("rb") as file:
        first = file.read(_FIRST_LINE)
    for magic in MAGIC:
        start = magic.encode().partition(b"%")[0]
        if first.startswith(start):
            return first.removeprefix(start).decode("ascii", "replace").strip()
    return None


def _holds(path: Path, digest: str) -> bool:
    content = path.read_bytes()
    computed = hasher(content.startswith(MAGIC[1].encode()[:18]))
    computed.update(content[_FIRST_LINE:])
    return bool(computed.hexdigest() == digest)
