"""Running a pipeline: steps as processes, each as soon as the ones that it needs have succeeded."""

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from graphlib import TopologicalSorter
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from nb2pipe.bundle import STEP_ENVIRONMENT
from nb2pipe.diagnostics import Code, Diagnostic, Span
from nb2pipe.engine.conflicts import file_conflicts
from nb2pipe.engine.executed import executed_notebook
from nb2pipe.engine.folder import RunFolder, create_run_folder, write_json
from nb2pipe.engine.launch import step_command
from nb2pipe.engine.observer import Observer
from nb2pipe.engine.outcome import diagnostic_of, not_started, outcome_of
from nb2pipe.engine.process import Event, Exited, Guard, Logged, StepProcess, Stop
from nb2pipe.engine.results import RunResult, RunStatus, StepResult, StepStatus
from nb2pipe.ir import Json, Pipeline

# What a stopped step gets, one after the other, and how long it may take to end after each.
_STOP_SIGNALS = (
    (signal.SIGINT, 5.0),
    (signal.SIGTERM, 3.0),
    (signal.SIGKILL, None),
)


def run_pipeline(  # noqa: PLR0913 -- all but the pipeline by name
    pipeline: Pipeline,
    *,
    notebook_document: Mapping[str, Any],
    directory: Path,
    parameters: Mapping[str, Json],
    workers: int | None = None,
    python: str = sys.executable,
    paranoid: bool = False,
    observer: Observer | None = None,
    folder_of: Callable[[str], Path] | None = None,
) -> RunResult:
    """Run every step of `pipeline` in a fresh process, independent ones side by side.

    A step that fails stops only those that need it. While it runs in the main thread, SIGINT
    (Ctrl-C), SIGTERM and SIGHUP stop the run: its steps get SIGINT, then SIGTERM, then SIGKILL, a
    second Ctrl-C brings the next signal at once, and the result says `interrupted`. No process is
    left when this returns, nor when the process that called it is killed.

    Args:
        pipeline: what to run, without errors.
        notebook_document: the original notebook as nbformat 4 has it, with all its cells.
        directory: where the notebook is: the working directory of the steps, and the place of
            `.nb2pipe/`, where the run's files go.
        parameters: values by name, as `parse_parameters` or `check_parameters` return them; those
            left out have their default.
        workers: how many steps may run at once; None for as many as there are processors.
        python: the Python that runs the steps.
        paranoid: load every value again as soon as it is stored, and compare.
        observer: hears of everything as it happens.
        folder_of: makes the working directory of a step when it starts; None for `directory`.

    Returns:
        The result. Whatever goes wrong in a step is in its diagnostics (NB5xx), not raised.
    """
    values = {parameter.name: parameter.default for parameter in pipeline.parameters}
    values.update(parameters)
    begin = time.monotonic()
    observer = observer or Observer()
    diagnostics: tuple[Diagnostic, ...] = ()
    try:
        folder = create_run_folder(directory)
        write_json(folder.pipeline, pipeline.to_json())
    except OSError as error:
        folder = RunFolder(directory / ".nb2pipe" / "runs")
        results, interrupted = _nothing_run(pipeline), False
        diagnostics = (_cannot_write(pipeline, error),)
    else:
        observer.run_started(pipeline, folder.path)
        folder_of = folder_of or (lambda _: directory)
        run = _Run(pipeline, folder, folder_of, values, python, observer, paranoid=paranoid)
        run.execute(max(1, workers or os.cpu_count() or 1))
        results, interrupted = run.results(), run.interrupted
    diagnostics += tuple(diagnostic_of(pipeline, item) for item in results if item.error)
    conflicts = tuple(file_conflicts(pipeline, results))
    status = _status(results, interrupted=interrupted)
    result = RunResult(
        id=folder.id,
        status=RunStatus.FAILED if conflicts and status is RunStatus.SUCCEEDED else status,
        seconds=time.monotonic() - begin,
        steps=results,
        notebook=executed_notebook(notebook_document, pipeline, results, values),
        diagnostics=diagnostics + conflicts,
        folder=folder.path,
    )
    if folder.path.exists():
        result = _write_result(result, folder, pipeline)
    observer.run_ended(result)
    return result


class _Run:
    """The state of one run: what is ready, what is running, what has ended."""

    def __init__(  # noqa: PLR0913 -- what `run_pipeline` was given
        self,
        pipeline: Pipeline,
        folder: RunFolder,
        folder_of: Callable[[str], Path],
        values: Mapping[str, Json],
        python: str,
        observer: Observer,
        *,
        paranoid: bool,
    ) -> None:
        self.interrupted = False
        self._pipeline = pipeline
        self._folder = folder
        self._folder_of = folder_of
        self._values = values
        self._python = python
        self._paranoid = paranoid
        self._observer = observer
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._sorter: TopologicalSorter[str] = TopologicalSorter(_predecessors(pipeline))
        self._rank = {step.name: rank for rank, step in enumerate(pipeline.steps)}
        self._ready: list[str] = []
        self._running: dict[str, StepProcess] = {}
        self._begins: dict[str, float] = {}
        self._ended: dict[str, StepResult] = {}
        self._signals = iter(_STOP_SIGNALS)
        self._deadline: float | None = None

    def results(self) -> tuple[StepResult, ...]:
        """Return what became of every step, in the pipeline's order."""
        not_run = StepStatus.NOT_RUN
        return tuple(
            self._ended.get(step.name, StepResult(step=step.name, status=not_run))
            for step in self._pipeline.steps
        )

    def execute(self, workers: int) -> None:
        """Run the steps, `workers` at a time, until none is running and none can be started."""
        self._sorter.prepare()
        with Guard() as guard, _stop_on_signals(self._events):
            try:
                self._start_ready(guard, workers)
                while self._running:
                    event = self._next_event()
                    self._handle(event, guard)
                    if isinstance(event, Exited):
                        self._start_ready(guard, workers)
            finally:
                self._kill_all()
        for result in self.results():
            if result.status is StepStatus.NOT_RUN:
                self._observer.step_ended(result)

    def _start_ready(self, guard: Guard, workers: int) -> None:
        ready = [*self._ready, *self._sorter.get_ready()]
        self._ready = sorted(ready, key=self._rank.__getitem__)
        while self._ready and len(self._running) < workers and not self.interrupted:
            step = self._pipeline.step(self._ready.pop(0))
            files = self._folder.step(step.name)
            try:
                command = step_command(
                    self._pipeline,
                    step,
                    self._folder,
                    self._values,
                    self._python,
                    paranoid=self._paranoid,
                )
                process = StepProcess(
                    step.name,
                    command,
                    directory=self._folder_of(step.name),
                    environment={**STEP_ENVIRONMENT, **os.environ, **dict(step.options.env)},
                    log=files.log,
                    events=self._events,
                )
            except OSError as error:
                self._end(not_started(step, files, error))
                continue
            guard.watch(process.group)
            self._running[step.name] = process
            self._begins[step.name] = time.monotonic()
            self._observer.step_started(step.name)

    def _next_event(self) -> Event:
        if self._deadline is None:
            return self._events.get()
        try:
            return self._events.get(timeout=max(0.0, self._deadline - time.monotonic()))
        except Empty:
            return Stop()

    def _handle(self, event: Event, guard: Guard) -> None:
        match event:
            case Logged(step, line):
                self._observer.step_logged(step, line)
            case Exited(step, code):
                process = self._running.pop(step)
                guard.release(process.group)
                result = outcome_of(
                    self._pipeline.step(step),
                    self._folder.step(step),
                    code,
                    seconds=time.monotonic() - self._begins[step],
                    interrupted=self.interrupted,
                )
                self._end(result)
                if result.status is StepStatus.SUCCEEDED:
                    self._sorter.done(step)
            case Stop():
                self._send_next_signal()

    def _end(self, result: StepResult) -> None:
        self._ended[result.step] = result
        self._observer.step_ended(result)

    def _send_next_signal(self) -> None:
        self.interrupted = True
        number, seconds = next(self._signals, _STOP_SIGNALS[-1])
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._observer.run_stopping(number.name)
        for process in self._running.values():
            process.send(number)

    def _kill_all(self) -> None:
        """End what is running; only a bug, the observer's or ours, leaves anything to do here."""
        for process in self._running.values():
            process.send(signal.SIGKILL)


def _predecessors(pipeline: Pipeline) -> dict[str, set[str]]:
    """Return the names of the steps that must have succeeded before each step."""
    waits = {
        step.name: {artifact.step for artifact in step.inputs} | set(step.after)
        for step in pipeline.steps
    }
    for edge in pipeline.edges:
        waits[edge.target].add(edge.source)
    return waits


@contextlib.contextmanager
def _stop_on_signals(events: "SimpleQueue[Event]") -> Iterator[None]:
    """Turn signals that ask to end into events; only the main thread can, and gets them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, lambda *_: events.put(Stop()))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        # `nohup` and shells' background jobs ignore some of them, and mean it.
        if signal.getsignal(number) not in {signal.SIG_IGN, None}
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _status(results: tuple[StepResult, ...], *, interrupted: bool) -> RunStatus:
    if all(result.status is StepStatus.SUCCEEDED for result in results):
        return RunStatus.SUCCEEDED
    return RunStatus.INTERRUPTED if interrupted else RunStatus.FAILED


def _nothing_run(pipeline: Pipeline) -> tuple[StepResult, ...]:
    return tuple(StepResult(step=step.name, status=StepStatus.NOT_RUN) for step in pipeline.steps)


def _cannot_write(pipeline: Pipeline, error: OSError) -> Diagnostic:
    return Diagnostic(
        code=Code.CANNOT_WRITE,
        span=Span(notebook=pipeline.notebook),
        message=f"the run's files cannot be written: {error.strerror or error}: `{error.filename}`",
        hint="runs are kept in `.nb2pipe/` beside the notebook: free some space there, or copy the"
        " notebook to a folder that you may write to",
    )


def _write_result(result: RunResult, folder: RunFolder, pipeline: Pipeline) -> RunResult:
    """Write what the run yielded into its folder; return it with the problem, if there is one."""
    try:
        write_json(folder.notebook, result.notebook)
        write_json(folder.result, result.to_json())
    except OSError as error:
        problem = _cannot_write(pipeline, error)
        return replace(result, diagnostics=(*result.diagnostics, problem))
    return result
