"""Notebook documents as the verifier needs them: pure functions from a document to a document."""

import copy
from collections.abc import Mapping
from typing import Any

from nb2pipe.diagnostics import Span
from nb2pipe.frontend.cell_tags import read_tag
from nb2pipe.frontend.layout import Role
from nb2pipe.frontend.tags import NotebookTag, PrevTag, RoleTag, StepTag
from nb2pipe.ir import Pipeline

Document = dict[str, Any]
_NOWHERE = Span(notebook="")


def includes(document: Mapping[str, Any]) -> bool:
    """Whether a cell stands for another notebook."""
    return any(
        isinstance(read_tag(tag, _NOWHERE)[0], NotebookTag)
        for cell in document["cells"]
        for tag in _tags(cell)
    )


def flat_document(document: Mapping[str, Any], pipeline: Pipeline | None) -> Document:
    """Return the notebook without steps, and included notebooks in their place.

    The positions of its code cells are those of `pipeline`, which may be None for a notebook that
    includes no other.
    """
    following: dict[int, list[Document]] = {}
    number = 1
    for cell in pipeline.cells if pipeline is not None else ():
        if cell.notebook == document_name(pipeline):
            number = cell.number
        else:
            following.setdefault(number, []).append(code_cell(cell.source, cell.tags))
    cells: list[Document] = []
    for number, original in enumerate(document["cells"], 1):
        cells.append({**copy.deepcopy(dict(original)), "metadata": _without_steps(original)})
        cells += following.get(number, ())
    return _with_cells(document, [{**cell, "id": f"cell-{at}"} for at, cell in enumerate(cells)])


def document_name(pipeline: Pipeline | None) -> str:
    """Return the notebook that a pipeline was made of."""
    return pipeline.notebook if pipeline is not None else ""


def split_document(document: Mapping[str, Any], steps: Mapping[int, str]) -> Document:
    """Return a flat document with the step of each code cell as its tag."""
    cells: list[Document] = []
    for cell, position in _with_positions(document):
        if position is not None and position in steps:
            tags = [*_tags(cell), f"step:{steps[position]}"]
            cells.append({**cell, "metadata": {**cell["metadata"], "tags": tags}})
        else:
            cells.append(cell)
    return _with_cells(document, cells)


def whole_document(document: Mapping[str, Any], last: str) -> Document:
    """Return what a kernel runs: the code cells, skipped ones emptied, and one with `last` at the end."""
    cells = [
        {**cell, "source": ""} if is_skipped(cell) else cell
        for cell, position in _with_positions(document)
        if position is not None
    ]
    return _with_cells(document, [*cells, {**code_cell(last, ()), "id": "last"}])


def without_cells(document: Mapping[str, Any], positions: frozenset[int]) -> Document:
    """Return the document with the code cells at `positions` emptied, so that all others keep theirs."""
    cells = [
        {**cell, "source": ""} if position in positions else cell
        for cell, position in _with_positions(document)
    ]
    return _with_cells(document, cells)


def without_empty_cells(document: Mapping[str, Any]) -> Document:
    """Return the document with those of its code cells only that hold something."""
    kept = [
        cell
        for cell, position in _with_positions(document)
        if position is not None and str(cell["source"]).strip()
    ]
    return _with_cells(document, kept)


def is_skipped(cell: Mapping[str, Any]) -> bool:
    """Whether a code cell is left out of the pipeline."""
    tags = (read_tag(tag, _NOWHERE)[0] for tag in _tags(cell))
    return any(isinstance(tag, RoleTag) and tag.role is Role.SKIP for tag in tags)


def code_cell(source: str, tags: tuple[str, ...]) -> Document:
    """Return a code cell that was not executed."""
    cell: Document = {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {"tags": list(tags)},
        "outputs": [],
        "source": source,
    }
    return {**cell, "metadata": _without_steps(cell)}


def _without_steps(cell: Mapping[str, Any]) -> Document:
    """Return a cell's metadata without the tags that name steps."""
    metadata = dict(cell["metadata"])
    if "tags" in metadata:
        metadata["tags"] = [tag for tag in _tags(cell) if not _names_step(tag)]
    return metadata


def _names_step(text: str) -> bool:
    tag = read_tag(text, _NOWHERE)[0]
    return isinstance(tag, StepTag | PrevTag | NotebookTag) or hasattr(tag, "options")


def _with_positions(document: Mapping[str, Any]) -> list[tuple[Document, int | None]]:
    """Return the cells, each code cell with its position among them."""
    found: list[tuple[Document, int | None]] = []
    position = 0
    for cell in document["cells"]:
        is_code = cell["cell_type"] == "code"
        found.append((cell, position if is_code else None))
        position += is_code
    return found


def _tags(cell: Mapping[str, Any]) -> list[str]:
    tags = cell["metadata"].get("tags")
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


def _with_cells(document: Mapping[str, Any], cells: list[Document]) -> Document:
    return {**document, "cells": cells}
