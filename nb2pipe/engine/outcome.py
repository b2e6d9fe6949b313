"""What became of a step, read from how its process ended and from what it left behind."""

import errno
import signal
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from nb2pipe.diagnostics import Code, Diagnostic, Related, Span
from nb2pipe.engine.folder import StepFolder
from nb2pipe.engine.missing import repair_of
from nb2pipe.engine.results import StepError, StepResult, StepStatus, read_step_result
from nb2pipe.ir import Cell, Pipeline, Step

# The exit code of a step that could not write what became of it; `UNWRITTEN` in the runtime.
_UNWRITTEN: Final = 74
_UNWRITABLE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
_HINTS: Final[Mapping[Code, str]] = {
    Code.CANNOT_WRITE: "runs are kept in `.nb2pipe/` beside the notebook: free some space there"
    " (`nb2pipe clean` removes old runs), or copy the notebook to a folder that you may write to",
    Code.STORE_UNUSABLE: "the run went on without it, and its results are kept here; `--store ''` does not ask for it",
    Code.BROKEN_ARTIFACT: "run again: what this step reads is not taken from the store any more, but made anew;"
    " if it fails the same way, the library cannot read such objects back: make and use them in one step",
}
_KILLED_HINTS = {
    "SIGKILL": "the system ends a process so when memory runs out: use less data, run fewer steps"
    " side by side with `--workers`, or give the machine more memory",
    "SIGSEGV": "a compiled library crashed: look for a known problem of its version",
    "SIGABRT": "a compiled library gave up: its last words are in the step's log",
}


def outcome_of(
    step: Step, files: StepFolder, code: int, *, seconds: float, interrupted: bool, is_late: bool
) -> StepResult:
    """Return the result of a step whose process ended with the exit code `code`.

    A negative code is the number of the signal that ended it. `interrupted` says that the engine
    has sent signals itself because the run is to stop, `is_late` because the step's time was over.
    """
    left = read_step_result(files.result) or StepResult(step=step.name, status=StepStatus.FAILED)
    result = replace(left, step=step.name, seconds=seconds, log=files.log)
    if is_late:
        # Even if it ended well: code may go on after an interrupt, with half of what it was doing.
        return replace(result, status=StepStatus.FAILED, error=_late(step, result.error))
    if code == 0 and result.status is StepStatus.SUCCEEDED:
        return result
    if interrupted and _ended_by_interrupt(result, code):
        return replace(result, status=StepStatus.INTERRUPTED, error=None)
    return replace(result, status=StepStatus.FAILED, error=_error(result, code, files))


def not_started(step: Step, files: StepFolder, error: OSError) -> StepResult:
    """Return the result of a step whose process could not be started."""
    code = Code.CANNOT_WRITE if error.errno in _UNWRITABLE else Code.STEP_FAILED
    return StepResult(
        step=step.name,
        status=StepStatus.FAILED,
        error=StepError(
            code=code.number, message=f"step `{step.name}` cannot be started: {reason_of(error)}"
        ),
        log=files.log,
    )


def cannot_write(pipeline: Pipeline, error: OSError) -> Diagnostic:
    """Return what to tell when the run's own files cannot be written."""
    return Diagnostic(
        code=Code.CANNOT_WRITE,
        span=Span(notebook=pipeline.notebook),
        message=f"the run's files cannot be written: {reason_of(error)}",
        hint=_HINTS[Code.CANNOT_WRITE],
    )


def store_problem(pipeline: Pipeline, name: str, problem: str) -> Diagnostic:
    """Return what to tell when a store that is shared cannot be used."""
    return Diagnostic(
        code=Code.STORE_UNUSABLE,
        span=Span(notebook=pipeline.notebook),
        message=f"the shared store `{name}` cannot be used: {problem}",
        hint=_HINTS[Code.STORE_UNUSABLE],
    )


def reason_of(error: OSError) -> str:
    """Return what the system said, with the file that it is about where it says that."""
    return (error.strerror or str(error)) + (f": `{error.filename}`" if error.filename else "")


def diagnostics_of(pipeline: Pipeline, result: StepResult) -> Iterator[Diagnostic]:
    """Yield what to tell about a step that failed, and why it was not tried again although it may be."""
    if result.error is None:
        return
    failed = _failure(pipeline, result, result.error)
    yield failed
    if result.untried is not None:
        yield Diagnostic(
            code=Code.NOT_TRIED_AGAIN,
            span=failed.span,
            message=f"step `{result.step}` was not tried again: {result.untried}",
            hint="write files to new names with Python's `open`, or only when nothing can fail any more",
            step=result.step,
        )


def _failure(pipeline: Pipeline, result: StepResult, error: StepError) -> Diagnostic:
    """Return what to tell about a failed step, at the cell and line where it failed."""
    tries = len(result.tries) + 1
    span = Span(notebook=pipeline.notebook)
    if cell := _failed_cell(pipeline, result):
        line = error.line if error.number == cell.number else None
        span = Span(notebook=cell.notebook, cell=cell.number, cell_id=cell.id, line=line)
    code = _code(error)
    hint = error.hint or _HINTS.get(code)
    related: tuple[Related, ...] = ()
    if cell and (repair := repair_of(pipeline, cell, error)):
        hint, related = repair
    return Diagnostic(
        code=code,
        span=span,
        message=error.message + (f" (the last of {tries} tries)" if result.tries else ""),
        hint=hint,
        step=result.step,
        related=related,
    )


def _failed_cell(pipeline: Pipeline, result: StepResult) -> Cell | None:
    """Return the cell that failed or was running, as far as is known, else the step's first."""
    failed = {cell.cell for cell in result.cells if cell.status != "ok"}
    own = [cell for cell in pipeline.cells if cell.step == result.step]
    number = result.error and result.error.number
    candidates = (
        [cell for cell in pipeline.cells if cell.position in failed]
        or [cell for cell in own if cell.number == number]
        # A definition of another step that was replayed here.
        or [cell for cell in pipeline.cells if cell.number == number]
        or own
    )
    return candidates[0] if candidates else None


def _code(error: StepError) -> Code:
    try:
        return Code.of(error.code)
    except KeyError:
        return Code.STEP_FAILED


def _ended_by_interrupt(result: StepResult, code: int) -> bool:
    return code < 0 or result.error is None or result.error.ename == "KeyboardInterrupt"


def _late(step: Step, error: StepError | None) -> StepError:
    """Return the error of a step whose time was over, at the line where the interrupt met it."""
    place = error or StepError(code="", message="")
    return replace(
        place,
        code=Code.TIMED_OUT.number,
        message=f"step `{step.name}` took longer than its `timeout:` of {step.options.timeout} seconds",
        hint="allow more with `timeout:…` on the step's first cell, or let the step do less",
    )


def _error(result: StepResult, code: int, files: StepFolder) -> StepError:
    """Return the step's own error, else one that says how its process ended."""
    if result.error is not None:
        return result.error
    if code == _UNWRITTEN:
        return StepError(
            code=Code.CANNOT_WRITE.number,
            message=f"the files of step `{result.step}` cannot be written",
        )
    if code < 0:
        name = _signal_name(-code)
        return StepError(
            code=Code.STEP_KILLED.number,
            message=f"the process of step `{result.step}` was ended by {name}",
            hint=_KILLED_HINTS.get(name, f"its last words are in `{files.log}`"),
        )
    return StepError(
        code=Code.STEP_FAILED.number,
        message=f"the process of step `{result.step}` ended too early, with exit code {code}",
        hint=f"see what it printed in `{files.log}`; code that ends the process, such as"
        " `os._exit`, ends the step",
    )


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
