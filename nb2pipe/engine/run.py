"""Running a pipeline: steps as processes, each as soon as the ones that it needs have succeeded."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Container, Mapping
from dataclasses import replace
from graphlib import TopologicalSorter
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from nb2pipe.bundle import BOOTSTRAP, STEP_ENVIRONMENT, manifest_of, runtime_blob
from nb2pipe.diagnostics import Code, Diagnostic
from nb2pipe.engine.conflicts import file_conflicts
from nb2pipe.engine.executed import executed_notebook
from nb2pipe.engine.folder import RunFolder, create_run_folder, write_json
from nb2pipe.engine.launch import step_arguments
from nb2pipe.engine.memory import Memory
from nb2pipe.engine.observer import Observer
from nb2pipe.engine.options import RunOptions
from nb2pipe.engine.origin import origin_of
from nb2pipe.engine.outcome import (
    cannot_write,
    diagnostics_of,
    not_started,
    outcome_of,
    reason_of,
    store_problem,
)
from nb2pipe.engine.process import (
    Event,
    Exited,
    Guard,
    Late,
    Logged,
    Start,
    StepProcess,
    Stop,
    start_command,
)
from nb2pipe.engine.results import RunResult, RunStatus, StepResult, StepStatus
from nb2pipe.engine.reuse import Reuse
from nb2pipe.engine.selection import predecessors, wanted_steps
from nb2pipe.engine.shared import SharedStore
from nb2pipe.engine.signals import stop_on_signals
from nb2pipe.engine.tries import Tries
from nb2pipe.engine.warm import WarmParent, WarmParentError, imports_of
from nb2pipe.ir import Json, Pipeline, Step

# A wait may not be much longer.
_LONGEST_WAIT = 1e6


def run_pipeline(  # noqa: PLR0913 -- all but the pipeline by name
    pipeline: Pipeline,
    *,
    notebook_document: Mapping[str, Any],
    directory: Path,
    parameters: Mapping[str, Json],
    options: RunOptions | None = None,
    observer: Observer | None = None,
    folder_of: Callable[[str], Path] | None = None,
) -> RunResult:
    """Run every step of `pipeline` in a process of its own, independent ones side by side.

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
        options: how to run; None for the defaults.
        observer: hears of everything as it happens.
        folder_of: makes the working directory of a step when it starts; None for `directory`.

    Returns:
        The result. Whatever goes wrong in a step is in its diagnostics (NB5xx), not raised.
    """
    values = {parameter.name: parameter.default for parameter in pipeline.parameters}
    values.update(parameters)
    options = options or RunOptions()
    wanted = wanted_steps(pipeline, options)
    origin = origin_of(pipeline, directory, values, options.python)
    begin = time.monotonic()
    observer = observer or Observer()
    diagnostics: tuple[Diagnostic, ...] = ()
    try:
        folder = create_run_folder(directory, pipeline.to_json())
    except OSError as error:
        folder = RunFolder(directory / ".nb2pipe" / "runs")
        results, interrupted = _nothing_run(pipeline), False
        diagnostics = (cannot_write(pipeline, error),)
    else:
        observer.run_started(pipeline, folder.path)
        folder_of = folder_of or (lambda _: directory)
        run = _Run(
            pipeline,
            folder=folder,
            folder_of=folder_of,
            directory=directory,
            values=values,
            options=options,
            wanted=wanted,
            observer=observer,
        )
        run.execute()
        results, interrupted = run.results(), run.interrupted
        diagnostics = run.problems()
    diagnostics += tuple(told for item in results for told in diagnostics_of(pipeline, item))
    conflicts = tuple(file_conflicts(pipeline, results))
    status = _status(results, wanted, interrupted=interrupted)
    result = RunResult(
        id=folder.id,
        status=RunStatus.FAILED if conflicts and status is RunStatus.SUCCEEDED else status,
        seconds=time.monotonic() - begin,
        origin=origin,
        steps=results,
        notebook=executed_notebook(notebook_document, pipeline, results, values),
        diagnostics=diagnostics + conflicts,
        folder=folder.path,
    )
    if folder.pipeline.exists():
        result = _write_result(result, folder, pipeline)
    observer.run_ended(result)
    return result


class _Run:
    """The state of one run: what is ready, what is running, what has ended."""

    def __init__(  # noqa: PLR0913 -- what `run_pipeline` was given
        self,
        pipeline: Pipeline,
        *,
        folder: RunFolder,
        folder_of: Callable[[str], Path],
        directory: Path,
        values: Mapping[str, Json],
        options: RunOptions,
        wanted: Mapping[str, str | None],
        observer: Observer,
    ) -> None:
        self.interrupted = False
        self._pipeline = pipeline
        self._folder = folder
        self._folder_of = folder_of
        self._directory = directory
        self._values = values
        self._options = options
        self._observer = observer
        self._workers = max(1, options.workers or os.cpu_count() or 1)
        self._warm: WarmParent | None = None
        self._isolated = options.isolated
        self._shared = SharedStore(options.store)
        self._reuse = Reuse(pipeline, folder, directory, values, options.python, self._shared)
        self._wanted = wanted
        self._memory = Memory(pipeline, self._reuse.latest)
        self._manifests: dict[str, tuple[dict[str, Any], list[str]]] = {}
        self._reasons: dict[str, tuple[str, ...]] = {}
        self._events: SimpleQueue[Event] = SimpleQueue()
        self._sorter: TopologicalSorter[str] = TopologicalSorter(predecessors(pipeline))
        self._rank = {step.name: rank for rank, step in enumerate(pipeline.steps)}
        self._ready: list[str] = []
        self._running: dict[str, StepProcess] = {}
        self._begin = time.monotonic()
        self._begins: dict[str, float] = {}
        self._directories: dict[str, Path] = {}
        self._ended: dict[str, StepResult] = {}
        self._unkept: list[StepResult] = []
        self._tries = Tries(pipeline, folder)
        self._late: set[str] = set()
        self._told: signal.Signals | None = None

    def results(self) -> tuple[StepResult, ...]:
        """Return what became of every step, in the pipeline's order."""
        not_run = StepStatus.NOT_RUN
        return tuple(
            self._ended.get(step.name, StepResult(step=step.name, status=not_run))
            for step in self._pipeline.steps
        )

    def problems(self) -> tuple[Diagnostic, ...]:
        """Return what went wrong beside the steps."""
        problem = self._shared.problem
        return (store_problem(self._pipeline, self._shared.name, problem),) if problem else ()

    def execute(self) -> None:
        """Run the steps until none is running and none can be started."""
        self._sorter.prepare()
        with Guard() as guard, stop_on_signals(self._events):
            try:
                self._start_ready(guard)
                while self._running:
                    event = self._next_event()
                    self._handle(event, guard)
                    if isinstance(event, Exited):
                        self._start_ready(guard)
                        self._keep_results()
            finally:
                self._kill_all()
                self._tries.close()
                self._reuse.close(wait=not self.interrupted)
                if self._warm is not None:
                    self._warm.close()
        for result in self.results():
            if result.status is StepStatus.NOT_RUN:
                self._observer.step_ended(result)

    def _start_ready(self, guard: Guard) -> None:
        """Start what can be started; what need not run again ends at once, and lets others begin."""
        while not self.interrupted:
            ready = [*self._ready, *self._sorter.get_ready()]
            self._ready = sorted(ready, key=self._rank.__getitem__)
            name = next((name for name in self._ready if self._may_begin(name)), None)
            if name is None:
                return
            self._ready.remove(name)
            step = self._pipeline.step(name)
            if name in self._reasons:
                self._start(step, guard)
            elif name in self._wanted and not self._take_results(step):
                self._ready.append(name)

    def _may_begin(self, name: str) -> bool:
        if name not in self._reasons:
            return True  # to see whether it must run at all
        return len(self._running) < self._workers and self._memory.has_room(name, self._running)

    def _take_results(self, step: Step) -> bool:
        """Take the results of an earlier run, if they hold; note in any case why, or why not."""
        found = self._manifests[step.name] = manifest_of(self._pipeline, step)
        try:
            result, reasons = self._reuse.find(step, *found, again=self._wanted[step.name])
        except OSError as error:
            result, reasons = None, (f"its stored results cannot be used: {reason_of(error)}",)
        self._reasons[step.name] = reasons
        if result is None:
            return False
        del self._manifests[step.name]
        self._end(replace(result, reasons=reasons, begin=time.monotonic() - self._begin))
        self._sorter.done(step.name)
        return True

    def _start(self, step: Step, guard: Guard) -> None:
        files = self._folder.step(step.name)
        try:
            guard.prepare()
            process = StepProcess(
                step.name,
                self._starter(step, guard),
                log=files.log,
                events=self._events,
                seconds=step.options.timeout,
            )
        except OSError as error:
            self._end(not_started(step, files, error))
            return
        guard.watch(process.group)
        self._running[step.name] = process
        self._begins.setdefault(step.name, time.monotonic())
        self._observer.step_started(step.name)

    def _starter(self, step: Step, guard: Guard) -> Start:
        """Return what starts a step: a fork where that is safe, else a fresh interpreter.

        What a step sets in its environment may matter to imports, so it needs a fresh one.
        """
        manifest, sources = self._manifests[step.name]
        if step.name not in self._directories:
            self._directories[step.name] = self._folder_of(step.name)
        directory = self._directories[step.name]
        first = self._tries.begin(step, directory, self._running)
        arguments = step_arguments(
            step,
            manifest=manifest,
            sources=sources,
            folder=self._folder,
            values=self._values,
            paranoid=self._options.paranoid,
        )
        environment = {**STEP_ENVIRONMENT, **os.environ, **dict(step.options.env)}
        warm = None if step.options.env else self._warm_parent(guard)
        if warm is not None:
            return warm.starter(step.name, arguments, directory, first)
        command = [self._options.python, "-c", first + BOOTSTRAP, runtime_blob(), *arguments]
        return start_command(command, directory, environment)

    def _warm_parent(self, guard: Guard) -> WarmParent | None:
        """Return the process that steps are forked from, None if they must not be."""
        if self._warm is None and not self._isolated:
            try:
                self._warm = WarmParent(
                    self._options.python,
                    imports_of(self._pipeline.cells),
                    self._directory,
                    {**STEP_ENVIRONMENT, **os.environ},
                )
                guard.watch(self._warm.group)
            except WarmParentError as error:
                self._isolated = True
                self._observer.steps_isolated(str(error))
        return self._warm

    def _next_event(self) -> Event:
        while True:
            # One that has ended is not late: that is among the events, or about to be.
            running = [process for process in self._running.values() if not process.has_ended]
            first = min(running, key=lambda process: process.deadline, default=None)
            left = _LONGEST_WAIT if first is None else first.deadline - time.monotonic()
            if first is not None and left <= 0:
                return Late(first.step)
            with contextlib.suppress(Empty):
                return self._events.get(timeout=min(left, _LONGEST_WAIT))

    def _handle(self, event: Event, guard: Guard) -> None:
        match event:
            case Logged(step, line):
                self._observer.step_logged(step, line)
            case Exited():
                self._take_end(event, guard)
            case Late(step):
                number = self._running[step].end()
                if self.interrupted:
                    self._tell_signal(number)
                else:
                    self._late.add(step)
            case Stop():
                self.interrupted = True
                for process in self._running.values():
                    self._tell_signal(process.end())

    def _take_end(self, exited: Exited, guard: Guard) -> None:
        """Take the end of a step's process as that of the step, or start it again."""
        step = self._pipeline.step(exited.step)
        process = self._running.pop(step.name)
        guard.release(process.group)
        result = outcome_of(
            step,
            self._folder.step(step.name),
            exited.code,
            seconds=time.monotonic() - self._begins[step.name],
            interrupted=self.interrupted,
            is_late=step.name in self._late,
        )
        self._late.discard(step.name)
        result = replace(
            result,
            begin=self._begins[step.name] - self._begin,
            peak=exited.peak,
            reasons=self._reasons[step.name],
        )
        if step.options.retry and result.status is StepStatus.FAILED and not self.interrupted:
            process.await_others()
            if tries := self._tries.again(step, result):
                self._observer.step_tried(step.name, tries, 1 + step.options.retry)
                self._start(step, guard)
                return
        self._end(result)
        if result.status is StepStatus.SUCCEEDED:
            self._note(result)
            self._sorter.done(step.name)
        self._forget_damaged(result)

    def _note(self, result: StepResult) -> None:
        """Note what must be known of a step before others begin."""
        self._reuse.note(result)
        if self._options.keep:
            self._reuse.note_files(self._pipeline.step(result.step), result)
            self._unkept.append(result)

    def _keep_results(self) -> None:
        """Keep results for later runs; that there is no place for that does not make them wrong."""
        while self._unkept:
            result = self._unkept.pop()
            try:
                self._reuse.keep(self._pipeline.step(result.step), result)
            except OSError as error:
                self._observer.results_not_kept(result.step, reason_of(error))

    def _forget_damaged(self, result: StepResult) -> None:
        """Have artifacts made again that a step could not read."""
        if result.error is not None and result.error.code == Code.BROKEN_ARTIFACT.number:
            for port in self._pipeline.step(result.step).inputs:
                self._reuse.forget(port.step, port.output)

    def _end(self, result: StepResult) -> None:
        result = self._tries.told(result)
        self._ended[result.step] = result
        self._observer.step_ended(result)

    def _tell_signal(self, number: signal.Signals) -> None:
        """Tell once that the running steps get a signal."""
        if number is not self._told:
            self._told = number
            self._observer.run_stopping(number.name)

    def _kill_all(self) -> None:
        """End what is running; only a bug, the observer's or ours, leaves anything to do here."""
        for process in self._running.values():
            process.send(signal.SIGKILL)


def _status(
    results: tuple[StepResult, ...], wanted: Container[str], *, interrupted: bool
) -> RunStatus:
    if all(r.status is StepStatus.SUCCEEDED for r in results if r.step in wanted):
        return RunStatus.SUCCEEDED
    return RunStatus.INTERRUPTED if interrupted else RunStatus.FAILED


def _nothing_run(pipeline: Pipeline) -> tuple[StepResult, ...]:
    return tuple(StepResult(step=step.name, status=StepStatus.NOT_RUN) for step in pipeline.steps)


def _write_result(result: RunResult, folder: RunFolder, pipeline: Pipeline) -> RunResult:
    """Write what the run yielded into its folder; return it with the problem, if there is one."""
    try:
        write_json(folder.notebook, result.notebook)
    except OSError as error:
        result = _unwritten(result, cannot_write(pipeline, error))
    try:
        write_json(folder.result, result.to_json())
    except OSError as error:
        result = _unwritten(result, cannot_write(pipeline, error))
    return result


def _unwritten(result: RunResult, problem: Diagnostic) -> RunResult:
    """Return a result that could not be written; a step may have met the same problem."""
    known = any(item.code is problem.code for item in result.diagnostics)
    diagnostics = result.diagnostics if known else (*result.diagnostics, problem)
    return replace(result, status=RunStatus.FAILED, diagnostics=diagnostics)
