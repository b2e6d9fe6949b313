"""Who watches a run: the engine tells, an observer shows."""

from pathlib import Path

from nb2pipe.engine.results import FailedTry, RunResult, StepResult
from nb2pipe.ir import Pipeline


class Observer:
    """Hears what happens in a run and does nothing; subclasses show it.

    All methods are called one after the other, in the thread that called `run_pipeline`.
    """

    def run_started(self, pipeline: Pipeline, folder: Path) -> None:
        """Hear that the run begins; `folder` is the run's own."""

    def steps_isolated(self, reason: str) -> None:
        """Hear that every step starts in a fresh interpreter, though that was not asked for, and why."""

    def step_started(self, step: str) -> None:
        """Hear that the process of a step was started."""

    def step_logged(self, step: str, line: str) -> None:
        """Hear a line that a step printed."""

    def step_tried(self, step: str, tries: tuple[FailedTry, ...], most: int) -> None:
        """Hear that a step failed and starts again, `most` times in all; `tries` are those that failed."""

    def step_ended(self, result: StepResult) -> None:
        """Hear what became of a step; for steps that never ran too, when the run ends."""

    def results_not_kept(self, step: str, reason: str) -> None:
        """Hear that the results of a step cannot be kept for later runs, and why."""

    def run_stopping(self, signal_name: str) -> None:
        """Hear that the run was interrupted and its steps got this signal."""

    def run_ended(self, result: RunResult) -> None:
        """Hear that the run is over, and how."""
