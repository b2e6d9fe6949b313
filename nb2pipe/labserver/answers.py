"""What the page is told about a notebook: pure functions from its document to plain JSON values.

They run in the compiler's process, with the notebook's folder as working directory; `name` is the
notebook's file name. Cells are told by their number, from 1, as in diagnostics.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from nb2pipe.api import emit, fails, write
from nb2pipe.compiler import Compilation, compile_document
from nb2pipe.diagnostics import CompileError, Diagnostic
from nb2pipe.diagnostics.model import diagnostic_from_json
from nb2pipe.engine.durations import cell_seconds
from nb2pipe.frontend import parse_notebook
from nb2pipe.ir import ArtifactKind, Edge, Load, Output, Pipeline, Run, Step, Store
from nb2pipe.labserver.fixes import fixes_for
from nb2pipe.labserver.parameters import parameters_json
from nb2pipe.suggest import suggest_steps

Json = dict[str, Any]


def analyse(document: Mapping[str, Any], name: str) -> Json:
    """Return steps, edges, cells, parameters and diagnostics; steps also when there are errors.

    `steps` is None when tags or settings are so wrong that there are none.
    """
    compilation = compile_document(document, Path(name))
    draft = compilation.draft
    return {
        "compiles": compilation.pipeline is not None,
        "diagnostics": diagnostics_json(compilation.diagnostics),
        **(_nothing() if draft is None else _shown(draft, compilation)),
    }


def compile_to(document: Mapping[str, Any], name: str, target: str) -> Json:
    """Write the notebook's pipeline beside it; return the file names and what is to be said about it."""
    path = Path(name)
    try:
        compiled = emit(compile_document(document, path), target)
        failed = any(fails(item, strict=False) for item in compiled.diagnostics)
        written = () if failed else write(compiled, path, path.parent).written
    except CompileError as error:
        return {"written": [], "diagnostics": diagnostics_json(error.diagnostics)}
    return {
        "written": [str(item) for item in written],
        "diagnostics": diagnostics_json(compiled.diagnostics),
    }


def package(document: Mapping[str, Any], name: str, target: str) -> Json:
    """Return the main file of the notebook's pipeline as text, None when there are errors."""
    try:
        compiled = emit(compile_document(document, Path(name)), target)
    except CompileError as error:
        return {"text": None, "diagnostics": diagnostics_json(error.diagnostics)}
    return {
        "text": next(iter(compiled.files.values())),
        "pipeline": compiled.pipeline.name,
        "experiment": compiled.pipeline.experiment,
        "diagnostics": diagnostics_json(compiled.diagnostics),
    }


def suggest(document: Mapping[str, Any], name: str) -> Json:
    """Return the steps that are suggested, and the tags that the cells then have."""
    notebook, diagnostics = parse_notebook(json.dumps(document), name=name)
    if notebook is None:
        return {"steps": [], "tags": {}, "diagnostics": diagnostics_json(diagnostics)}
    suggestion = suggest_steps(notebook.document, Path(name), cell_seconds(Path(name)))
    return {**suggestion.to_json(), "diagnostics": []}


def diagnostics_json(diagnostics: tuple[Diagnostic, ...]) -> list[Json]:
    """Return diagnostics as JSON, each with the changes that would repair it (`fixes`)."""
    return [
        {**item.to_json(), "fixes": [fix.to_json() for fix in fixes_for(item)]}
        for item in diagnostics
    ]


def told_again(documents: Iterable[Json]) -> list[Json]:
    """Return diagnostics that a run has kept as JSON, with their repairs if this version knows their code."""
    told: list[Json] = []
    for document in documents:
        try:
            told += diagnostics_json((diagnostic_from_json(document),))
        except (KeyError, ValueError):
            told.append({**document, "fixes": []})
    return told


# --- a pipeline


def _nothing() -> Json:
    return {"name": None, "steps": None, "edges": [], "cells": [], "parameters": []}


def _shown(pipeline: Pipeline, compilation: Compilation) -> Json:
    return {
        "name": pipeline.name,
        "steps": [_step(pipeline, step) for step in pipeline.steps],
        "edges": [_edge(pipeline, edge) for edge in pipeline.edges],
        "cells": list(_cells(pipeline, compilation)),
        "parameters": list(parameters_json(pipeline)),
    }


def _step(pipeline: Pipeline, step: Step) -> Json:
    return {
        "name": step.name,
        "cells": [
            pipeline.cells[position].number
            for position in step.cells
            if pipeline.cells[position].notebook == pipeline.notebook
        ],
        "inputs": list(
            dict.fromkeys(name for op in step.program if isinstance(op, Load) for name in op.names)
        ),
        "outputs": list(dict.fromkeys(name for output in step.outputs for name in output.names)),
        "parameters": list(step.parameters),
        "after": list(step.after),
    }


def _edge(pipeline: Pipeline, edge: Edge) -> Json:
    """Return an edge, with the line that makes each of its variables."""
    made = {
        name: place
        for output in pipeline.step(edge.source).outputs
        for name, place in zip(output.names, output.made, strict=False)
    }
    variables = []
    for name in edge.variables:
        place = made.get(name)
        cell = pipeline.cells[place.cell] if place else None
        lines = cell.source.splitlines() if cell else []
        variables.append(
            {
                "name": name,
                "cell": cell.number if cell and cell.notebook == pipeline.notebook else None,
                "line": place.line if place else None,
                "text": lines[place.line - 1].strip() if place and place.line <= len(lines) else "",
            }
        )
    return {
        "source": edge.source,
        "target": edge.target,
        "variables": variables,
        "declared": edge.declared,
    }


def _cells(pipeline: Pipeline, compilation: Compilation) -> Iterator[Json]:
    inputs, outputs = _crossing(pipeline)
    for cell, role in zip(pipeline.cells, compilation.roles, strict=True):
        if cell.notebook == pipeline.notebook:
            yield {
                "number": cell.number,
                "step": cell.step,
                "role": role.value,
                "inputs": inputs.get(cell.position, []),
                "outputs": outputs.get(cell.position, []),
            }


def _crossing(pipeline: Pipeline) -> tuple[dict[int, list[str]], dict[int, list[str]]]:
    """Return by cell position what is loaded for it, and what is handed on that it made."""
    inputs: dict[int, list[str]] = {}
    outputs: dict[int, list[str]] = {}
    for step in pipeline.steps:
        by_key = {output.key: output for output in step.outputs}
        loaded: list[str] = []
        last = step.cells[0] if step.cells else 0
        for operation in step.program:
            match operation:
                case Load():
                    loaded += operation.names
                case Run():
                    inputs.setdefault(operation.cell, []).extend(loaded)
                    loaded, last = [], operation.cell
                case Store():
                    _note(outputs, by_key[operation.output], last)
                case _:
                    pass
    return inputs, outputs


def _note(outputs: dict[int, list[str]], output: Output, last: int) -> None:
    """Note each variable at the cell that made it; hidden state and files where they are stored."""
    made = output.made if output.kind is ArtifactKind.VARIABLES else ()
    for index, name in enumerate(output.names):
        cell = made[index].cell if index < len(made) else last
        outputs.setdefault(cell, []).append(name)
