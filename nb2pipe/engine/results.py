"""What a run yields, as values, and how a step's result file becomes one of them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from nb2pipe.diagnostics import Diagnostic
from nb2pipe.ir import Json


class StepStatus(StrEnum):
    """What became of a step. NOT_RUN: a step before it did not succeed, or the run was stopped."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    NOT_RUN = "not run"


class RunStatus(StrEnum):
    """What became of a run."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class CellResult:
    """What a cell displayed: nbformat outputs. `cell` is its position.

    `status` is `ok` or `error`, and empty for the cell that was running when its step was killed.
    """

    cell: int
    count: int | None
    status: str
    seconds: float
    outputs: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StepError:
    """Why a step failed, and where: cell `number` and `line`, from 1; `text` is that line."""

    code: str
    message: str
    hint: str | None = None
    ename: str | None = None
    evalue: str | None = None
    traceback: tuple[str, ...] = ()
    number: int | None = None
    line: int | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedTry:
    """A try of a step that failed, after which it was tried again: how long it took, and why it failed."""

    seconds: float
    error: StepError


@dataclass(frozen=True, slots=True, kw_only=True)
class StepResult:
    """What a step yielded. `log` is the file of all that it printed, None if it never ran.

    `guard` tells what the runtime's guard took (`seconds`), how many comparisons it made (`checked`) and
    what it could not compare, with the reason (`unchecked`). `begin` is when it started, in seconds after
    the run; `peak` the most memory that its process had, in bytes. A step that was not run again has the
    run that it was taken from in `reused`; `reasons` say why a step was run, or why it was not. `tries` are
    those before the last one, whose time counts in `seconds`; `untried` says why a step was not tried again
    although its `retry:` allows it.
    """

    step: str
    status: StepStatus
    begin: float = 0.0
    seconds: float = 0.0
    peak: int = 0
    reused: str | None = None
    reasons: tuple[str, ...] = ()
    tries: tuple[FailedTry, ...] = ()
    untried: str | None = None
    outputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def artifacts(self) -> dict[str, dict[str, Any]]:
        """What there is to say about the artifacts that it stored: `names`, `type` and `bytes`, by key."""
        parts = ("names", "type", "bytes")
        return {
            key: {part: output.get(part) for part in parts} for key, output in self.outputs.items()
        }

    cells: tuple[CellResult, ...] = ()
    metrics: Mapping[str, Json] | None = None
    guard: Mapping[str, Any] | None = None
    error: StepError | None = None
    log: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """What a run yielded.

    `steps` are in the pipeline's order, those that did not run included. `notebook` is the executed
    notebook (nbformat, 4.5), whole also when the run failed. `folder` is the run's own folder. `origin`
    tells what was run: `notebook`, `parameters`, `started` (ISO 8601), `python`, `git` (commit, and
    whether anything was not committed; None outside a repository).
    """

    id: str
    status: RunStatus
    seconds: float
    origin: Mapping[str, Any]
    steps: tuple[StepResult, ...]
    notebook: dict[str, Any]
    diagnostics: tuple[Diagnostic, ...]
    folder: Path

    def step(self, name: str) -> StepResult:
        """Return the result of the step called `name`.

        Raises:
            KeyError: there is none.
        """
        for result in self.steps:
            if result.step == name:
                return result
        raise KeyError(name)

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values, without the notebook."""
        return {
            "id": self.id,
            "status": self.status.value,
            "seconds": round(self.seconds, 3),
            **self.origin,
            "steps": [
                {
                    "name": result.step,
                    "status": result.status.value,
                    "begin": round(result.begin, 3),
                    "seconds": round(result.seconds, 3),
                    "peak": result.peak,
                    "reused": result.reused,
                    "reasons": list(result.reasons),
                    "tries": [
                        {"seconds": round(item.seconds, 3), "message": item.error.message}
                        for item in result.tries
                    ],
                    "artifacts": result.artifacts,
                    "metrics": dict(result.metrics or {}),
                    "guard": result.guard,
                }
                for result in self.steps
            ],
            "diagnostics": [diagnostic.to_json() for diagnostic in self.diagnostics],
        }


def read_step_result(path: Path) -> StepResult | None:
    """Return what the runtime wrote to `path`, None if it did not get that far.

    The runtime writes after every operation, so that a step that was killed shows what it did.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        return _step_result(document)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _step_result(document: Mapping[str, Any]) -> StepResult:
    cells = tuple(_cell_result(cell) for cell in document["cells"])
    error = document.get("error")
    return StepResult(
        step=document["step"],
        status=StepStatus.SUCCEEDED if document["status"] == "succeeded" else StepStatus.FAILED,
        cells=cells,
        metrics=document.get("metrics") or None,
        guard=document.get("guard"),
        outputs=document.get("outputs") or {},
        error=_step_error(error, cells) if error else None,
    )


def _cell_result(document: Mapping[str, Any]) -> CellResult:
    return CellResult(
        cell=document["cell"],
        count=document.get("count"),
        status=document.get("status") or "",
        seconds=document.get("seconds") or 0.0,
        outputs=tuple(document.get("outputs") or ()),
    )


def _step_error(document: Mapping[str, Any], cells: tuple[CellResult, ...]) -> StepError:
    """Return a step's error; what was raised is told by the error output of the failed cell."""
    shown = cells[-1].outputs if cells and cells[-1].status == "error" else ()
    raised = next((item for item in shown if item.get("output_type") == "error"), {})
    return StepError(
        code=document.get("code") or "NB501",
        message=document.get("message") or "the step failed",
        hint=document.get("hint"),
        ename=raised.get("ename"),
        evalue=raised.get("evalue"),
        traceback=tuple(raised.get("traceback") or ()),
        number=document.get("number"),
        line=document.get("line"),
        text=(document.get("text") or "").rstrip("\r\n") or None,
    )
