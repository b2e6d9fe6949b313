"""What a verification found, as frozen values with a JSON form."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from nb2pipe.diagnostics import Diagnostic
from nb2pipe.verify.splits import Split, SplitKind


class RunStatus(StrEnum):
    """How a pipeline compares with the notebook.

    `refused`: the compiler said why this split cannot be; `failed`: a step stopped with a
    diagnostic. Both are loud. `different` is what must never be.
    """

    EQUAL = "equal"
    REFUSED = "refused"
    FAILED = "failed"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Where a pipeline and the notebook part.

    `cell` is the number of the first differing cell (None when only variables differ), `step` the one
    that ran it; `notebook` and `pipeline` are what the two showed there. `variables` are those whose
    values differ at the end.
    """

    cell: int | None
    step: str | None
    notebook: str = ""
    pipeline: str = ""
    variables: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitReport:
    """How one split compares with the notebook; `seconds` is what its run took."""

    split: Split
    status: RunStatus
    steps: int = 0
    edges: int = 0
    seconds: float = 0.0
    diagnostics: tuple[Diagnostic, ...] = ()
    difference: Difference | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """A notebook and its pipelines, compared.

    `problems` says why the notebook itself cannot be verified; then there are no reports. `set_aside`
    are the numbers of cells whose outputs, and `volatile` the variables whose values, differ between
    two runs of the notebook itself, so that nothing can be said about them. `stops_at` is the number
    of the cell at which the notebook itself stops with `error`. `seconds` is how long it runs whole.
    `numbers` are the cells' numbers by position among the code cells.
    """

    notebook: str
    seed: int
    reports: tuple[SplitReport, ...] = ()
    problems: tuple[Diagnostic, ...] = ()
    set_aside: tuple[int, ...] = ()
    volatile: tuple[str, ...] = ()
    stops_at: int | None = None
    error: str = ""
    seconds: float = 0.0
    numbers: Mapping[int, int]

    def count(self, status: RunStatus) -> int:
        """Return how many splits ended this way."""
        return sum(report.status is status for report in self.reports)

    @property
    def fails(self) -> bool:
        """Whether something is wrong: a difference, a failed step, or a notebook refused as it is tagged."""
        return bool(self.problems) or any(
            report.status in {RunStatus.DIFFERENT, RunStatus.FAILED}
            or (report.status is RunStatus.REFUSED and report.split.kind is SplitKind.AS_TAGGED)
            for report in self.reports
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "notebook": self.notebook,
            "seed": self.seed,
            "seconds": round(self.seconds, 3),
            "stops_at": self.stops_at,
            "counts": {status.value: self.count(status) for status in RunStatus},
            "set_aside": {"cells": list(self.set_aside), "variables": list(self.volatile)},
            "problems": [problem.to_json() for problem in self.problems],
            "splits": [self._report_to_json(report) for report in self.reports],
        }

    def _report_to_json(self, report: SplitReport) -> dict[str, Any]:
        found = report.difference
        return {
            "split": report.split.number,
            "kind": report.split.kind.value,
            "cells": {
                step: [self.numbers[position] for position in positions]
                for step, positions in report.split.cells().items()
            },
            "status": report.status.value,
            "steps": report.steps,
            "edges": report.edges,
            "seconds": round(report.seconds, 3),
            "diagnostics": [diagnostic.to_json() for diagnostic in report.diagnostics],
            "difference": None
            if found is None
            else {
                "cell": found.cell,
                "step": found.step,
                "notebook": found.notebook,
                "pipeline": found.pipeline,
                "variables": list(found.variables),
            },
        }
