"""Observers for people: a live table of the steps in a terminal, plain lines elsewhere."""

import re
import time
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from nb2pipe.engine.observer import Observer
from nb2pipe.engine.results import FailedTry, RunResult, RunStatus, StepResult, StepStatus
from nb2pipe.ir import Pipeline

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live
    from rich.table import Table

_LOG_LINES = 10
# Colours and cursor movements, which would disturb the display.
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[@-_]|\x07|\x08")

_MARKS = {
    StepStatus.SUCCEEDED: ("✓", "green"),
    StepStatus.FAILED: ("✗", "red"),
    StepStatus.INTERRUPTED: ("■", "yellow"),
    StepStatus.NOT_RUN: ("-", "dim"),
}


def progress_observer(stream: TextIO, *, logs: bool = False, reasons: bool = False) -> Observer:
    """Return an observer that shows a run on `stream`, live when that is a terminal.

    At the end it shows each failed step: the cell, the line and its source, what was raised, the
    hint, and the last lines that the step printed. So the run's diagnostics need no second
    rendering after it.

    Args:
        stream: usually standard error.
        logs: also show each line that a step prints, with the name of the step before it.
        reasons: also say why each step ran, or did not have to.
    """
    from rich.console import Console

    console = Console(file=stream, highlight=False, soft_wrap=True)
    if console.is_terminal and not console.is_dumb_terminal:
        return LiveProgress(console, logs=logs, reasons=reasons)
    return PlainProgress(console, logs=logs, reasons=reasons)


class PlainProgress(Observer):
    """Shows a line for every step that starts and ends."""

    def __init__(self, console: "Console", *, logs: bool = False, reasons: bool = False) -> None:
        self._console = console
        self._logs = logs
        self._reasons = reasons

    def step_started(self, step: str) -> None:
        """Say that a step began."""
        self._line(f"  {step}: running")

    def step_logged(self, step: str, line: str) -> None:
        """Show what a step printed, when that was asked for."""
        if self._logs:
            self._line(f"  {step} | {line}")

    def step_tried(self, step: str, tries: tuple[FailedTry, ...], most: int) -> None:
        """Say why a step starts again."""
        last = tries[-1]
        took = _duration(last.seconds)
        said = f"↻ {step}: try {len(tries)} of {most} failed ({took}): {last.error.message}"
        self._line(said, "yellow")

    def steps_isolated(self, reason: str) -> None:
        """Say why steps take longer to start."""
        self._line(f"every step starts in a fresh interpreter: {reason}", "dim")

    def step_ended(self, result: StepResult) -> None:
        """Say how a step ended."""
        mark, style = _MARKS[result.status]
        ran = f" ({_duration(result.seconds)})" if result.log else ""
        said = "not run again" if result.reused else f"{_said(result)}{ran}"
        self._line(f"{mark} {result.step}: {said}", style)

    def results_not_kept(self, step: str, reason: str) -> None:
        """Say that a step will run again next time."""
        self._line(f"the results of {step} are not kept for later runs: {reason}", "yellow")

    def run_stopping(self, signal_name: str) -> None:
        """Say that the run is being stopped."""
        self._line(f"interrupted: the running steps get {signal_name}", "yellow")

    def run_ended(self, result: RunResult) -> None:
        """Show what failed, and where everything is."""
        for diagnostic in result.diagnostics:
            self._line("")
            self._line(
                f"{diagnostic.severity}[{diagnostic.code.number}]: {diagnostic.message}",
                "red" if diagnostic.is_error else "yellow",
            )
            self._line(f"  --> {diagnostic.span}")
            if diagnostic.step and diagnostic.is_error:
                self._show_failure(result.step(diagnostic.step))
            if diagnostic.hint:
                self._line(f"   = help: {diagnostic.hint}")
        for step in result.steps if self._reasons else ():
            for reason in step.reasons:
                said = "was not run again" if step.reused else "ran"
                self._line(f"{step.step} {said}: {reason}")
        for step in result.steps:
            for name, why in ((step.guard or {}).get("unchecked") or {}).items():
                what = f"step `{step.step}` was not checked for changes of `{name}`: {why}"
                self._line(what, "yellow")
        self._line(_summary(result), "bold")

    def _show_failure(self, step: StepResult) -> None:
        error = step.error
        if error and error.text is not None and error.line is not None:
            number = str(error.line)
            margin = " " * len(number)
            self._line(f"{margin} |")
            self._line(f"{number} | {error.text.rstrip()}")
            self._line(f"{margin} |")
        lines = _last_lines(step.log)
        if lines:
            self._line(f"the last lines that step `{step.step}` printed:", "dim")
            for line in lines:
                self._line(f"  {line}", "dim")

    def _line(self, text: str, style: str = "") -> None:
        from rich.text import Text

        # A style given to `print` would colour the live table too.
        self._console.print(Text(text, style=style))


class LiveProgress(PlainProgress):
    """Shows a table of all steps that changes while they run."""

    def __init__(self, console: "Console", *, logs: bool = False, reasons: bool = False) -> None:
        super().__init__(console, logs=logs, reasons=reasons)
        self._steps: tuple[str, ...] = ()
        self._running: dict[str, _Running] = {}
        self._ended: dict[str, StepResult] = {}
        self._tries: dict[str, str] = {}
        self._live: Live | None = None

    def run_started(self, pipeline: Pipeline, folder: Path) -> None:  # noqa: ARG002
        """Put up the table."""
        from rich.live import Live

        self._steps = tuple(step.name for step in pipeline.steps)
        # The command line's own output is none of the table's business: no redirection.
        self._live = Live(
            console=self._console,
            get_renderable=self._table,
            refresh_per_second=8,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._live.start()

    def step_started(self, step: str) -> None:
        """Let the row of the step spin."""
        self._running[step] = _Running()

    def step_logged(self, step: str, line: str) -> None:
        """Show the line in the row of its step."""
        super().step_logged(step, line)
        if step in self._running:
            self._running[step].said = line

    def step_tried(self, step: str, tries: tuple[FailedTry, ...], most: int) -> None:
        """Let the row of the step say which try it is; why the last one failed stays above the table."""
        super().step_tried(step, tries, most)
        self._tries[step] = f"try {len(tries) + 1} of {most}"

    def step_ended(self, result: StepResult) -> None:
        """Let the row of the step show how it ended."""
        self._running.pop(result.step, None)
        self._ended[result.step] = result

    def run_ended(self, result: RunResult) -> None:
        """Leave the table as it is and show what failed below it."""
        if self._live:
            self._live.stop()
        super().run_ended(result)

    def _table(self) -> "Table":
        """Return the steps as a table, in order; of many only those that say the most."""
        from rich.table import Table

        room = max(3, self._console.height - 3)
        shown = sorted(self._steps, key=self._importance)[:room]
        table = Table.grid(padding=(0, 2))
        for step in self._steps:
            if step in shown:
                table.add_row(*self._row(step))
        hidden = len(self._steps) - len(shown)
        if hidden:
            table.add_row("", f"… and {hidden} more, {len(self._ended)} of all ended", style="dim")
        return table

    def _importance(self, step: str) -> int:
        if step in self._running:
            return 0
        if step not in self._ended:
            return 2
        return 3 if self._ended[step].status is StepStatus.SUCCEEDED else 1

    def _row(self, step: str) -> "tuple[RenderableType, ...]":
        from rich.text import Text

        if running := self._running.get(step):
            seconds = _duration(time.monotonic() - running.begin)
            last = Text(running.said, style="dim", no_wrap=True, overflow="ellipsis")
            if tried := self._tries.get(step):
                last = Text(f"{tried}  ", style="yellow", no_wrap=True, overflow="ellipsis") + last
            return running.spinner, Text(step, style="bold"), seconds, last
        if result := self._ended.get(step):
            mark, style = _MARKS[result.status]
            is_plain = result.status is StepStatus.SUCCEEDED and not result.tries
            said = "" if is_plain else _said(result)
            seconds = _duration(result.seconds) if result.log else ""
            return Text(mark, style=style), Text(step), seconds, Text(said, style=style)
        return Text("·", style="dim"), Text(step, style="dim"), "", Text("waiting", style="dim")


class _Running:
    """The row of a running step; a spinner keeps its own time."""

    def __init__(self) -> None:
        from rich.spinner import Spinner

        self.begin = time.monotonic()
        self.spinner = Spinner("dots", style="cyan")
        self.said = ""


def _said(result: StepResult) -> str:
    said = "done" if result.status is StepStatus.SUCCEEDED else result.status.value
    return said + (f" after {len(result.tries) + 1} tries" if result.tries else "")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{int(minutes)} min {int(rest)} s" if minutes else f"{rest:.1f} s"


def _summary(result: RunResult) -> str:
    done = sum(step.status is StepStatus.SUCCEEDED for step in result.steps)
    said = "the run was interrupted" if result.status is RunStatus.INTERRUPTED else "the run failed"
    if result.status is RunStatus.SUCCEEDED:
        said = "the run succeeded"
    return (
        f"{said}: {done} of {len(result.steps)} steps done in {_duration(result.seconds)},"
        f" files in {result.folder}"
    )


def _last_lines(log: Path | None) -> list[str]:
    """Return the end of a step's log, without reading all of a long one."""
    if log is None:
        return []
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, stream.seek(0, 2) - 8192))
            text = stream.read().decode("utf-8", "replace")
    except OSError:
        return []
    lines = re.split(r"[\r\n]+", _ESCAPES.sub("", text))
    return [line for line in lines if line.strip()][-_LOG_LINES:]
