"""Removing old runs, and what only they needed of the store of artifacts."""

import contextlib
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from os import stat_result
from pathlib import Path

from nb2pipe.diagnostics import Code, Diagnostic, Span
from nb2pipe.engine.folder import files_below
from nb2pipe.engine.history import PastRun

# A run without a result that is younger may still be running.
_MAY_RUN = timedelta(days=1)
# An object of the store that is younger may be about to get its first link from a run.
_SETTLED = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """What was removed, or would be: the runs, and how many bytes of the disk that frees.

    `problems` (NB507) say which runs could not be removed, and why.
    """

    runs: tuple[PastRun, ...]
    bytes: int
    problems: tuple[Diagnostic, ...] = ()


def choose_runs(
    runs: Iterable[PastRun],
    *,
    keep: int = 0,
    older_than: timedelta = timedelta(0),
    larger_than: int = -1,
    now: datetime | None = None,
) -> tuple[PastRun, ...]:
    """Return the runs to remove; one that may still be running is never among them.

    Args:
        runs: the newest first, as `list_runs` returns them.
        keep: how many of the newest stay in any case.
        older_than: only those that began longer ago.
        larger_than: only those whose files have more bytes.
        now: the time to compare with; None for the present.
    """
    now = now or datetime.now(UTC)
    return tuple(
        run
        for run in tuple(runs)[keep:]
        if run.is_finished or now - run.started > _MAY_RUN
        if now - run.started > older_than and run.size > larger_than
    )


def remove_runs(root: Path, runs: Iterable[PastRun], *, dry_run: bool = False) -> Removal:
    """Remove runs, then the artifacts in the store that no run has any more.

    Args:
        root: the folder `.nb2pipe` that holds the runs and the store.
        runs: what to remove; see `choose_runs`.
        dry_run: only say what would be removed.
    """
    runs = tuple(runs)
    if dry_run:
        return Removal(runs=runs, bytes=_freed(root, [run.folder.path for run in runs]))
    removed, problems = [], []
    for run in runs:
        try:
            # Nobody meets a part of a run, not even when this is killed.
            run.folder.path.rename(run.folder.path.with_name(f".{run.id}"))
            removed.append(run)
        except FileNotFoundError:  # somebody else was faster
            continue
        except OSError as error:
            problems.append(_stays(run, error))
    going = [path for path in (root / "runs").glob(".*") if path.is_dir()]
    freed = _freed(root, going)
    for path in going:
        shutil.rmtree(path, ignore_errors=True)
    for path, state in _settled_objects(root):
        # A name with a dot is a draft of a run that was killed.
        if state.st_nlink == 1 or path.name.startswith("."):
            with contextlib.suppress(OSError):  # somebody else was faster
                path.unlink()
    return Removal(runs=tuple(removed), bytes=freed, problems=tuple(problems))


def _stays(run: PastRun, error: OSError) -> Diagnostic:
    return Diagnostic(
        code=Code.CANNOT_WRITE,
        span=Span(notebook=str(run.folder.path)),
        message=f"run `{run.id}` cannot be removed: {error.strerror}",
        hint="make the folder writable, or remove it as somebody who may",
    )


def _freed(root: Path, folders: Iterable[Path]) -> int:
    """Return how many bytes go when folders of runs go: those of files of which no name is left."""
    going: dict[tuple[int, int], tuple[stat_result, int]] = {}
    own = (state for folder in folders for _, state in files_below(folder))
    for state in (*own, *(state for _, state in _settled_objects(root))):
        key = state.st_dev, state.st_ino
        going[key] = state, going.get(key, (state, 0))[1] + 1
    return sum(state.st_size for state, names in going.values() if names == state.st_nlink)


def _settled_objects(root: Path) -> Iterator[tuple[Path, stat_result]]:
    """Yield what is in the store, `objects/<xx>/<digest>`, long enough to be judged."""
    limit = (datetime.now(UTC) - _SETTLED).timestamp()
    return (item for item in files_below(root / "store" / "objects") if item[1].st_mtime < limit)
