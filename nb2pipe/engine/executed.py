"""The executed notebook: the original one with what its cells displayed in the steps."""

import copy
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from nb2pipe.engine.results import CellResult, StepResult
from nb2pipe.ir import Cell, Json, Parameter, Pipeline

_Document = dict[str, Any]


def executed_notebook(
    document: Mapping[str, Any],
    pipeline: Pipeline,
    results: Iterable[StepResult],
    parameters: Mapping[str, Json],
) -> _Document:
    """Return `document` with the outputs of `results` in place of its own.

    Cells keep their order. A cell that did not run, because it is skipped or its step did not get
    there, has no outputs. Cells of an included notebook stand after the cell that includes it.
    Parameters that do not have their default stand in a cell tagged `injected-parameters` after the
    cell that defines them. How each step ended stands in the notebook's metadata, at `nb2pipe.run`.

    Args:
        document: the original notebook as nbformat 4 has it; it is not changed.
        pipeline: what ran.
        results: of the steps, also of those that did not run.
        parameters: the values that the run was given.
    """
    results = tuple(results)
    by_position = {cell.cell: cell for result in results for cell in result.cells}
    inserted = _inserted_cells(document, pipeline, by_position, parameters)
    own = {cell.number: cell for cell in pipeline.cells if cell.notebook == pipeline.notebook}
    cells: list[_Document] = []
    for number, original in enumerate(document.get("cells", ()), 1):
        cell = copy.deepcopy(dict(original))
        if cell["cell_type"] == "code":
            result = by_position.get(own[number].position) if number in own else None
            cell.update(_outcome(result))
        cells += [cell, *inserted.get(number, ())]
    return {
        **copy.deepcopy({key: value for key, value in document.items() if key != "cells"}),
        "cells": _with_unique_ids(cells),
        "metadata": _metadata(document, results, parameters),
        "nbformat": 4,
        "nbformat_minor": max(5, document.get("nbformat_minor", 5)),
    }


def _outcome(result: CellResult | None) -> _Document:
    """Return the part of a code cell that its execution makes."""
    if result is None:
        return {"execution_count": None, "outputs": []}
    return {
        "execution_count": result.count or None,  # an empty cell has none
        "outputs": copy.deepcopy([dict(output) for output in result.outputs]),
    }


# --- cells that the original does not have


def _inserted_cells(
    document: Mapping[str, Any],
    pipeline: Pipeline,
    by_position: Mapping[int, CellResult],
    parameters: Mapping[str, Json],
) -> dict[int, list[_Document]]:
    """Return the new cells by the number of the original's cell that they follow."""
    inserted: dict[int, list[_Document]] = {}
    injected = _injected_cells(pipeline, parameters)
    for cell, number in _anchored(document, pipeline):
        after = inserted.setdefault(number, [])
        if cell.notebook != pipeline.notebook:
            after.append(
                _code_cell(cell.source, cell.tags, cell.id)
                | _outcome(by_position.get(cell.position))
            )
        if cell.position in injected:
            after.append(injected[cell.position])
    return inserted


def _anchored(document: Mapping[str, Any], pipeline: Pipeline) -> Iterator[tuple[Cell, int]]:
    """Yield each cell of the pipeline with the number of its cell in the original.

    For a cell of an included notebook that is the cell that includes it.
    """
    number = 1
    for cell in pipeline.cells:
        if cell.notebook == pipeline.notebook:
            number = cell.number
        else:
            number = _including(document, cell.notebook, number)
        yield cell, number


def _including(document: Mapping[str, Any], notebook: str, start: int) -> int:
    """Return the number of the cell from `start` on that includes `notebook`.

    A notebook that an included one includes has no such cell: it belongs where the reading is.
    """
    wanted = notebook.removesuffix(".ipynb")
    for number, cell in enumerate(document["cells"], 1):
        if number >= start:
            for tag in cell.get("metadata", {}).get("tags", ()):
                kind, _, name = tag.partition(":")
                if kind == "notebook" and name.removesuffix(".ipynb") == wanted:
                    return number
    return start


def _injected_cells(pipeline: Pipeline, parameters: Mapping[str, Json]) -> dict[int, _Document]:
    """Return cells that show changed parameters, by the position of the cell that they follow."""
    changed: dict[int, list[Parameter]] = {}
    for parameter in pipeline.parameters:
        if parameters.get(parameter.name, parameter.default) != parameter.default:
            changed.setdefault(parameter.cell, []).append(parameter)
    return {
        position: _code_cell(
            "\n".join(
                ["# Parameters"]
                + [f"{parameter.name} = {parameters[parameter.name]!r}" for parameter in group]
            ),
            ("injected-parameters",),
            "injected-parameters",
        )
        | _outcome(None)
        for position, group in changed.items()
    }


def _code_cell(source: str, tags: Iterable[str], identity: str) -> _Document:
    return {
        "cell_type": "code",
        "id": identity,
        "metadata": {"tags": list(tags)} if tags else {},
        "source": source,
    }


def _with_unique_ids(cells: list[_Document]) -> list[_Document]:
    """Return the cells with an id each: older notebooks have none, insertions may repeat one."""
    used: set[str] = set()
    named = []
    for position, cell in enumerate(cells):
        wanted = cell.get("id") or f"cell-{position}"
        identity, repetition = wanted, 1
        while identity in used:
            repetition += 1
            # An id has at most 64 characters.
            identity = f"{wanted[:56]}-{repetition}"
        used.add(identity)
        named.append({**cell, "id": identity})
    return named


def _metadata(
    document: Mapping[str, Any], results: Iterable[StepResult], parameters: Mapping[str, Json]
) -> _Document:
    metadata: _Document = copy.deepcopy(dict(document.get("metadata", {})))
    own = metadata.get("nb2pipe")
    run = {
        "parameters": dict(parameters),
        "steps": {
            result.step: {"status": result.status.value, "seconds": round(result.seconds, 3)}
            for result in results
        },
    }
    metadata["nb2pipe"] = {**(own if isinstance(own, dict) else {}), "run": run}
    return metadata
