"""Run a notebook whole, its pipeline, and its steps without one of their edges; compare."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from without_edge import without_edge

from nb2pipe.compiler import Compilation
from nb2pipe.engine import RunOptions, run_pipeline
from nb2pipe.engine.results import StepResult, StepStatus
from nb2pipe.ir import Edge, Pipeline, Step
from nb2pipe.verify.compare import compare
from nb2pipe.verify.documents import flat_document
from nb2pipe.verify.model import RunStatus
from nb2pipe.verify.outputs import normalise
from nb2pipe.verify.runs import (
    Outputs,
    RunSettings,
    read_variables,
    run_split,
    run_whole,
    volatile,
    with_probes,
)
from nb2pipe.verify.sandbox import make_sandbox
from nb2pipe.verify.splits import Split, SplitKind

_AS_TAGGED = Split(number=0, kind=SplitKind.AS_TAGGED)


class UnequalError(Exception):
    """A pipeline does not even give the notebook's results with all its edges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shown:
    """What a step displayed, by cell, and what its variables are at its end."""

    outputs: Mapping[int, Outputs]
    variables: Mapping[str, Any]
    succeeded: bool


class Trial:
    """A notebook that was run whole, and its compiled pipeline."""

    def __init__(self, path: Path, compilation: Compilation, settings: RunSettings) -> None:
        if compilation.pipeline is None or compilation.notebook is None:
            found = [str(diagnostic) for diagnostic in compilation.diagnostics]
            raise UnequalError(f"{path} cannot be compiled: {found}")
        self.pipeline = compilation.pipeline
        self._document = compilation.notebook.document
        self._folder = path.resolve().parent
        self._compilation = compilation
        self._settings = settings
        self._runs = 0
        flat = flat_document(self._document, self.pipeline)
        self._wholes = [run_whole(flat, self._folder, settings, f"whole {n}") for n in (1, 2)]

    def needless(self) -> list[Edge]:
        """Return the edges that can all be left out together.

        First every edge is tried in the one step that it leads to. Where that shows no difference,
        the pipeline is run without the edge, and without those that were found before.

        Raises:
            UnequalError: the pipeline is not equal to the notebook to begin with.
        """
        if not self._equals(self.pipeline):
            raise UnequalError(f"{self._folder}: the pipeline differs with all its edges")
        pipeline, gone = self.pipeline, []
        for edge in self._invisible():
            smaller = without_edge(pipeline, edge)
            if self._equals(smaller):
                pipeline = smaller
                gone.append(edge)
        return gone

    def _equals(self, pipeline: Pipeline) -> bool:
        """Run a pipeline; tell whether it gives the notebook's results."""
        self._runs += 1
        compilation = replace(self._compilation, pipeline=pipeline)
        run = run_split(compilation, self._folder, self._settings, f"run {self._runs}")
        found = compare(_AS_TAGGED, compilation, pipeline, run, self._wholes[0], self._unsteady)
        return found.status is RunStatus.EQUAL

    @property
    def _unsteady(self) -> tuple[frozenset[int], frozenset[str]]:
        first, second = self._wholes
        return volatile(first, second)

    def _invisible(self) -> list[Edge]:
        """Return the edges without which their targets show and hand on the same.

        One run tries them all: beside each step run copies of it, each without one of its edges.
        """
        edges = [edge for edge in self.pipeline.edges if edge.variables]
        copies = {
            f"{edge.target} without {edge.source}": without_edge(self.pipeline, edge)
            for edge in edges
        }
        steps = [
            replace(smaller.step(edge.target), name=name)
            for edge, (name, smaller) in zip(edges, copies.items(), strict=True)
        ]
        shown = self._run_with(steps)
        return [
            edge
            for edge, name in zip(edges, copies, strict=True)
            if self._same(self.pipeline.step(edge.target), shown[edge.target], shown[name])
        ]

    def _run_with(self, copies: Sequence[Step]) -> dict[str, _Shown]:
        pipeline = replace(self.pipeline, steps=(*self.pipeline.steps, *copies))
        target = self._settings.folder / "copies"
        result = run_pipeline(
            with_probes(pipeline, target),
            notebook_document=self._document,
            directory=make_sandbox(self._folder, target / "run"),
            parameters={},
            options=RunOptions(
                workers=1, python=self._settings.python, isolated=True, reuse=False, keep=False
            ),
            folder_of=lambda step: make_sandbox(self._folder, target / f"step {step}"),
        )
        variables = {step.name: read_variables(target, step) for step in pipeline.steps}
        return {step.step: _shown(step, variables[step.step]) for step in result.steps}

    def _same(self, step: Step, expected: _Shown, shown: _Shown) -> bool:
        """Whether a copy shows what the step shows, and leaves what later steps and the user get."""
        cells, names = self._unsteady
        written = {
            name for name, cell in self._compilation.written_in.items() if cell in step.cells
        }
        handed_on = {name for output in step.outputs for name in output.names}
        return (
            shown.succeeded
            and _without(expected.outputs, cells) == _without(shown.outputs, cells)
            and all(
                expected.variables.get(name) == shown.variables.get(name)
                for name in (written | handed_on) - names
            )
        )


def _shown(result: StepResult, variables: Mapping[str, Any]) -> _Shown:
    return _Shown(
        outputs={
            cell.cell: normalise([dict(output) for output in cell.outputs]) for cell in result.cells
        },
        variables=variables,
        succeeded=result.status is StepStatus.SUCCEEDED,
    )


def _without(outputs: Mapping[int, Outputs], cells: Iterable[int]) -> dict[int, Outputs]:
    return {cell: shown for cell, shown in outputs.items() if cell not in cells}
