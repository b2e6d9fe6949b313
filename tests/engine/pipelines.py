"""Pipelines made by hand: what the compiler would make of small notebooks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nb2pipe.engine import Observer, RunOptions, RunResult, run_pipeline
from nb2pipe.ir import (
    Bind,
    Cell,
    Input,
    Json,
    Load,
    Output,
    Parameter,
    ParameterType,
    Pipeline,
    Run,
    Step,
    Store,
)
from tests.conftest import notebook_document

NOTEBOOK = "notebook.ipynb"


@dataclass(frozen=True)
class StepOf:
    """A step by the sources of its cells; `needs` maps a variable to the step that makes it."""

    name: str
    sources: tuple[str, ...]
    needs: Mapping[str, str] = field(default_factory=dict)
    makes: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()


def step_of(name: str, *sources: str, **others: Any) -> StepOf:
    return StepOf(name, sources, **others)


def pipeline_of(*steps: StepOf, parameters: Mapping[str, Json] | None = None) -> Pipeline:
    """Return a pipeline whose notebook has the steps' cells in this order.

    Parameters, by their default, are bound at the start of the steps that name them.
    """
    cells: list[Cell] = []
    made = []
    for step in steps:
        positions = range(len(cells), len(cells) + len(step.sources))
        cells += [
            Cell(
                position=position,
                number=position + 1,
                id=f"c{position + 1}",
                notebook=NOTEBOOK,
                source=source,
                step=step.name,
            )
            for position, source in zip(positions, step.sources, strict=True)
        ]
        made.append(_step(step, positions))
    return Pipeline(
        name="notebook",
        notebook=NOTEBOOK,
        steps=tuple(made),
        edges=(),
        cells=tuple(cells),
        parameters=tuple(
            Parameter(
                name=name, type=ParameterType(type(default).__name__), default=default, cell=0
            )
            for name, default in (parameters or {}).items()
        ),
    )


def _step(step: StepOf, positions: range) -> Step:
    return Step(
        name=step.name,
        cells=tuple(positions),
        program=(
            *(Load(input=name, names=(name,)) for name in step.needs),
            *(Bind(name=name) for name in step.parameters),
            *(Run(cell=position, count=position + 1) for position in positions),
            *(Store(output=name) for name in step.makes),
        ),
        inputs=tuple(
            Input(key=name, step=producer, output=name) for name, producer in step.needs.items()
        ),
        outputs=tuple(Output(key=name, names=(name,)) for name in step.makes),
        parameters=step.parameters,
        after=step.after,
    )


def document_of(pipeline: Pipeline) -> dict[str, Any]:
    return notebook_document(*(cell.source for cell in pipeline.cells))


def run(
    pipeline: Pipeline,
    directory: Path,
    *,
    parameters: Mapping[str, Json] | None = None,
    workers: int | None = None,
    observer: Observer | None = None,
) -> RunResult:
    return run_pipeline(
        pipeline,
        notebook_document=document_of(pipeline),
        directory=directory,
        parameters=parameters or {},
        options=RunOptions(workers=workers),
        observer=observer,
    )
