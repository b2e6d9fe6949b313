"""Runs that are over, or still running, read back from their folders.

Everything that shows a run takes the `document` of a `PastRun`: what `RunResult.to_json` wrote, or, for
a run that has not written it, as much of it as its folder tells.
"""

import contextlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from nb2pipe.diagnostics import Code, CompileError, Diagnostic, Span
from nb2pipe.engine.folder import RunFolder, StepFolder, files_below, read_object
from nb2pipe.engine.results import StepResult, StepStatus, read_step_result
from nb2pipe.frontend.values import did_you_mean
from nb2pipe.ir import Pipeline, pipeline_from_json

UNFINISHED: Final = "running or killed"
"""The status of a run, or of a step, that has not told how it ended."""

LAST: Final = "last"
"""What people type for the newest run."""

_ID_TIME: Final = "%Y%m%d-%H%M%S-%f"
_STEP: Final[Mapping[str, Any]] = {
    "begin": 0.0,
    "seconds": 0.0,
    "peak": 0,
    "reused": None,
    "reasons": [],
    "tries": [],
    "artifacts": {},
    "metrics": {},
    "guard": None,
}
_LISTED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A run that was started at some time; `document` is what its result file holds, see `RunResult`.

    A run without that file has the status `UNFINISHED`, and so have its steps that did not end.
    """

    folder: RunFolder
    document: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The name of the run."""
        return self.folder.id

    @property
    def is_finished(self) -> bool:
        """Whether it has told how it ended."""
        return bool(self.document["status"] != UNFINISHED)

    @property
    def directory(self) -> Path:
        """The folder of the notebook, where its steps ran."""
        return self.folder.path.parents[2]

    @property
    def notebook(self) -> Path:
        """The notebook that was run; it may be gone."""
        return self.directory / Path(self.document["notebook"] or "").name

    @property
    def started(self) -> datetime:
        """When it began."""
        return datetime.fromisoformat(self.document["started"])

    @property
    def size(self) -> int:
        """How many bytes its files have; those that are one file count once."""
        states = (state for _, state in files_below(self.folder.path))
        return sum({(s.st_dev, s.st_ino): s.st_size for s in states}.values())

    def step(self, name: str) -> Mapping[str, Any]:
        """Return what the document says about a step.

        Raises:
            CompileError: NB512, there is no such step.
        """
        steps: dict[str, Mapping[str, Any]] = {
            item["name"]: item for item in self.document["steps"]
        }
        if name not in steps:
            raise _no_such_step(self, name, list(steps))
        return steps[name]

    def begun_in(self, name: str) -> StepFolder:
        """Return where it is written what a step began with: in the run that it was taken from."""
        reused = next((s["reused"] for s in self.document["steps"] if s["name"] == name), None)
        run = self.folder if reused is None else RunFolder(self.folder.path.with_name(reused))
        return run.step(name)

    def step_result(self, name: str) -> StepResult | None:
        """Return what the step's process has told, None if it never ran."""
        return read_step_result(self.folder.step(name).result)

    def pipeline(self) -> Pipeline:
        """Return the pipeline that was run.

        Raises:
            CompileError: NB511, it cannot be read.
        """
        try:
            return pipeline_from_json(json.loads(self.folder.pipeline.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise _unreadable(self.folder.pipeline, error) from error

    def executed_notebook(self) -> dict[str, Any] | None:
        """Return the executed notebook, None when the run has not written it, or it is damaged."""
        from nbformat.validator import iter_validate

        document = read_object(self.folder.notebook)
        damaged = next(iter(iter_validate(document)), None) is not None
        return None if damaged else document

    def to_json(self) -> dict[str, Any]:
        """Return the document with the folder and its size."""
        return {**self.document, "folder": str(self.folder.path), "bytes": self.size}


def runs_folder(directory: Path) -> Path:
    """Return where the runs of the notebooks in `directory` are kept."""
    return directory.absolute() / ".nb2pipe" / "runs"


def list_runs(directory: Path, notebook: str | None = None) -> tuple[PastRun, ...]:
    """Return the runs that are kept in `directory`, the newest first.

    Args:
        directory: the folder of the notebooks.
        notebook: the file name of the notebook whose runs are asked for; None for all.
    """
    try:
        paths = sorted(runs_folder(directory).iterdir(), reverse=True)
    except OSError:
        return ()
    folders = (path for path in paths if path.is_dir() and not path.is_symlink())
    runs = (read_run(path) for path in folders if not path.name.startswith("."))
    return tuple(
        run for run in runs if notebook in {None, Path(run.document["notebook"] or "").name}
    )


def find_run(text: str, directory: Path) -> PastRun:
    """Return the run that `text` names: an id or a unique part of one, `last`, or a folder's path.

    Raises:
        CompileError: NB511, there is none, or there are several.
    """
    path = Path(text)
    if (path / "pipeline.json").is_file():
        return read_run(path)
    runs = list_runs(directory)
    if text == LAST and runs:
        return runs[0]
    found = [run for run in runs if run.id == text] or [run for run in runs if text in run.id]
    if len(found) == 1:
        return found[0]
    raise _no_such_run(text, directory, [run.id for run in runs], [run.id for run in found])


def read_run(path: Path) -> PastRun:
    """Return the run whose folder is `path`."""
    folder = RunFolder(path.absolute())
    written = read_object(folder.result)
    if not _is_whole(written):
        written = {}
    known = _known_without_result(folder) if not written else _nothing_known(folder)
    steps = (written or known).get("steps") or []
    document = {**known, **written, "id": folder.id, "steps": [{**_STEP, **step} for step in steps]}
    return PastRun(folder=folder, document=document)


def _is_whole(document: Mapping[str, Any]) -> bool:
    """Whether a run's document has all its parts; bytes of its file may have changed."""
    parts = {"status", "seconds", "pipeline", "notebook", "parameters", "started", "diagnostics"}
    return document.keys() >= parts | {"steps"} and all(
        step.keys() >= {"name", "status", "artifacts"}
        and all(item.keys() >= {"names", "type", "bytes"} for item in step["artifacts"].values())
        for step in document["steps"]
    )


# --- a run without a result


def _nothing_known(folder: RunFolder) -> dict[str, Any]:
    return {
        "id": folder.id,
        "status": UNFINISHED,
        "seconds": None,
        "pipeline": None,
        "notebook": None,
        "parameters": {},
        "started": _started(folder).isoformat(timespec="milliseconds"),
        "python": None,
        "git": None,
        "steps": [],
        "diagnostics": [],
    }


def _known_without_result(folder: RunFolder) -> dict[str, Any]:
    """Return what the folder of a run tells that has not written its result."""
    known = _nothing_known(folder)
    with contextlib.suppress(OSError, ValueError, TypeError, KeyError):
        pipeline = pipeline_from_json(json.loads(folder.pipeline.read_text(encoding="utf-8")))
        known |= {"pipeline": pipeline.name, "notebook": pipeline.notebook}
        known["steps"] = [_step_so_far(folder, step.name) for step in pipeline.steps]
        for step in pipeline.steps:
            known["parameters"] |= read_object(folder.step(step.name).ports).get("parameters", {})
    return known


def _step_so_far(folder: RunFolder, name: str) -> dict[str, Any]:
    files = folder.step(name)
    result = read_step_result(files.result)
    status: str = UNFINISHED if files.ports.exists() else StepStatus.NOT_RUN.value
    # What a running step has written says `failed` until it knows better.
    if result and (result.error or result.status is StepStatus.SUCCEEDED):
        status = result.status.value
    return {
        "name": name,
        "status": status,
        "seconds": sum(cell.seconds for cell in result.cells) if result else 0.0,
        "artifacts": result.artifacts if result else {},
    }


def _started(folder: RunFolder) -> datetime:
    """Return when a run began, which its id tells."""
    try:
        parsed = datetime.strptime(folder.id.rpartition("-")[0], _ID_TIME)  # noqa: DTZ007 -- next line
        return parsed.replace(tzinfo=UTC)
    except ValueError:
        return datetime.fromtimestamp(folder.path.stat().st_mtime, UTC)


# --- what is wrong


def _no_such_run(text: str, directory: Path, ids: list[str], found: list[str]) -> CompileError:
    place = runs_folder(directory)
    if found:
        message = f"`{text}` is a part of the names of {len(found)} runs"
        hint = "give more of the name: " + _listing(found)
    elif os.sep in text:
        message = f"`{text}` is not the folder of a run"
        hint = "name a folder in `.nb2pipe/runs/` beside the notebook; it holds `pipeline.json`"
    elif not ids:
        message = f"no runs are kept in `{place}`"
        hint = (
            "`nb2pipe run NOTEBOOK` makes one; go to the notebook's folder, or give the path of"
            " the run's own folder"
        )
    else:
        message = f"no run is called `{text}` in `{place}`"
        hint = did_you_mean(text, [LAST, *ids]) or f"`{LAST}` is the newest; there are " + _listing(
            ids
        )
    return _error(Code.NO_SUCH_RUN, place, message, hint)


def _no_such_step(run: PastRun, name: str, steps: list[str]) -> CompileError:
    hint = did_you_mean(name, steps) or "its steps are " + _listing(steps, len(steps))
    message = f"run `{run.id}` has no step `{name}`"
    return _error(Code.NO_SUCH_RUN_STEP, run.folder.path, message, hint)


def _unreadable(path: Path, error: Exception) -> CompileError:
    reason = error.strerror if isinstance(error, OSError) else str(error)
    message = f"the pipeline of run `{path.parent.name}` cannot be read: {reason}"
    hint = "it was made by another version of nb2pipe, or is damaged: run the notebook again"
    return _error(Code.NO_SUCH_RUN, path, message, hint)


def _error(code: Code, place: Path, message: str, hint: str) -> CompileError:
    span = Span(notebook=str(place))
    return CompileError([Diagnostic(code=code, span=span, message=message, hint=hint)])


def _listing(words: list[str], most: int = _LISTED) -> str:
    shown = ", ".join(f"`{word}`" for word in words[:most])
    return shown + (f" and {len(words) - most} more" if len(words) > most else "")
