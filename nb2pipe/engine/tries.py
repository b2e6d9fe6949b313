"""Steps that failed and may be tried again (`retry:`): what they tried, and how each try begins."""

import contextlib
import shutil
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from pathlib import Path

from nb2pipe.engine.folder import RunFolder, StepFolder
from nb2pipe.engine.results import FailedTry, StepResult
from nb2pipe.engine.undo import JOURNAL, MOST_BYTES, Stamps, journal_code, stamps_of, undo
from nb2pipe.ir import ArtifactKind, Pipeline, Step


@dataclass(slots=True)
class _Tried:
    """What is known of a step that was started: `beside` are the steps that ran at the same time."""

    directory: Path
    before: Stamps
    beside: set[str]
    failed: list[FailedTry] = field(default_factory=list)
    peak: int = 0
    untried: str | None = None


class Tries:
    """The tries of all steps of a run; of one without steps to be tried again it keeps nothing."""

    def __init__(self, pipeline: Pipeline, folder: RunFolder) -> None:
        self._pipeline = pipeline
        self._folder = folder
        self._is_needed = any(step.options.retry for step in pipeline.steps)
        self._tried: dict[str, _Tried] = {}

    def begin(self, step: Step, directory: Path, running: Collection[str]) -> str:
        """Note how things are before a try of a step; return the code that its process is to run first.

        That keeps a journal of the files that the step changes; it is empty when no step is to be tried again.

        Raises:
            OSError: the folder of the journal cannot be made.
        """
        files = self._folder.step(step.name)
        _clear(files)
        if not self._is_needed:
            return ""
        files.undo.mkdir(parents=True)
        (files.undo / JOURNAL).touch()
        for name in running:
            self._tried[name].beside.add(step.name)
        before = stamps_of(directory) if step.options.retry else {}
        known = self._tried.setdefault(step.name, _Tried(directory, before, set()))
        known.before, known.beside = before, {*running}
        return journal_code(files.undo, MOST_BYTES if step.options.retry else 0)

    def again(self, step: Step, result: StepResult) -> tuple[FailedTry, ...]:
        """Make a step that failed ready for another try; return those that failed, none if there is to be none."""
        known = self._tried[step.name]
        if result.error is None or len(known.failed) >= (step.options.retry or 0):
            return ()
        done = sum(item.seconds for item in known.failed)
        files = self._folder.step(step.name)
        aside = files.tried(len(known.failed) + 1)
        known.untried = self._undo(step, known, aside)
        if known.untried is not None:
            return ()
        for path in (files.result, files.log, files.undo):
            with contextlib.suppress(OSError):
                aside.mkdir(parents=True, exist_ok=True)
                path.rename(aside / path.name)
        known.failed.append(FailedTry(seconds=result.seconds - done, error=result.error))
        known.peak = max(known.peak, result.peak)
        return tuple(known.failed)

    def told(self, result: StepResult) -> StepResult:
        """Return the result of a step with what there is to say of the tries before."""
        known = self._tried.get(result.step)
        if known is None:
            return result
        peak = max(known.peak, result.peak)
        return replace(result, tries=tuple(known.failed), untried=known.untried, peak=peak)

    def close(self) -> None:
        """Remove what was kept for further tries."""
        for name in self._tried:
            for folder in self._journals(name):
                shutil.rmtree(folder, ignore_errors=True)

    def _journals(self, name: str) -> list[Path]:
        """Return the folders of the journals of all tries of a step."""
        files = self._folder.step(name)
        number = len(self._tried[name].failed)
        return [files.undo, *(files.tried(n) / files.undo.name for n in range(1, number + 1))]

    def _undo(self, step: Step, known: _Tried, aside: Path) -> str | None:
        loaded = {
            name
            for port in step.inputs
            if port.kind is ArtifactKind.FILES
            for output in self._pipeline.step(port.step).outputs
            if output.key == port.output
            for name in output.names
        }
        return undo(
            known.directory,
            known.before,
            self._folder.step(step.name).undo,
            aside=aside / "files",
            beside=[folder for name in known.beside for folder in self._journals(name)],
            loaded=loaded | {cell.notebook for cell in self._pipeline.cells},
        )


def _clear(files: StepFolder) -> None:
    """Remove what an earlier try, or results that could not be taken, left in the folder of a step."""
    if files.path.exists():
        for path in (files.result, files.report, files.metrics):
            path.unlink(missing_ok=True)
        shutil.rmtree(files.artifacts, ignore_errors=True)
        shutil.rmtree(files.undo, ignore_errors=True)
