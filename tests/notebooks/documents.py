"""Notebooks as JSON documents, changed in memory: pure functions from a document to a document."""

import re
from collections.abc import Callable, Mapping
from typing import Any

Document = dict[str, Any]

_HEADING = re.compile(r"^ {0,3}#{1,6}\s+\S", re.MULTILINE)
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def with_steps_at_headings(document: Mapping[str, Any]) -> Document:
    """Return the notebook in steps `part1`, `part2`, ...: each heading starts a new one.

    A step begins at the first code cell below one or several Markdown cells that have a heading,
    and at the first code cell of all. Tags that the notebook has are replaced.
    """
    cells, number, fresh = [], 0, True
    for cell in document["cells"]:
        tags = []
        if cell["cell_type"] == "markdown":
            fresh = fresh or has_heading(source_of(cell))
        elif cell["cell_type"] == "code" and fresh and source_of(cell).strip():
            number, fresh = number + 1, False
            tags = [f"step:part{number}"]
        cells.append({**cell, "metadata": _with_tags(cell, tags)})
    return {**document, "cells": cells}


def has_heading(markdown: str) -> bool:
    """Tell whether Markdown has a heading outside fenced code."""
    return bool(_HEADING.search(_FENCED.sub("", markdown)))


def with_skipped(document: Mapping[str, Any], text: str) -> Document:
    """Return the notebook with each code cell whose source contains `text` tagged `skip`."""
    cells = [
        {**cell, "metadata": _with_tags(cell, ["skip"])}
        if cell["cell_type"] == "code" and text in source_of(cell)
        else cell
        for cell in document["cells"]
    ]
    return {**document, "cells": cells}


def with_seed(document: Mapping[str, Any], statement: str) -> Document:
    """Return the notebook with `statement` before the code of its first step."""
    cells = list(document["cells"])
    first = next(at for at, cell in enumerate(cells) if _starts_step(cell))
    cells[first] = {**cells[first], "source": f"{statement}\n{source_of(cells[first])}"}
    return {**document, "cells": cells}


def on_this_kernel(document: Mapping[str, Any]) -> Document:
    """Return the notebook for the kernel `python3`, whatever it was called where it was written."""
    kernel = {"name": "python3", "language": "python", "display_name": "Python 3"}
    return {**document, "metadata": {**document["metadata"], "kernelspec": kernel}}


def without_skipped(document: Mapping[str, Any]) -> Document:
    """Return the notebook with the cells tagged `skip` emptied: it runs whole as the tags mean."""
    cells = [
        {**cell, "source": ""} if "skip" in tags_of(cell) else cell for cell in document["cells"]
    ]
    return {**document, "cells": cells}


def with_included(document: Mapping[str, Any], read: Callable[[str], Document]) -> Document:
    """Return the notebook with the cells of each `notebook:NAME` after the cell that includes it.

    Cell ids, which may repeat, are left out.
    """
    cells = []
    for cell in document["cells"]:
        cells.append({key: value for key, value in cell.items() if key != "id"})
        for tag in tags_of(cell):
            if tag.startswith("notebook:"):
                cells += with_included(read(tag.removeprefix("notebook:")), read)["cells"]
    return {**document, "cells": cells, "nbformat_minor": min(document["nbformat_minor"], 4)}


def source_of(cell: Mapping[str, Any]) -> str:
    """Return a cell's source, which a file may hold as a list of lines."""
    return "".join(cell["source"])


def tags_of(cell: Mapping[str, Any]) -> list[str]:
    """Return a cell's tags."""
    return cell["metadata"].get("tags") or []


def code_cells(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the code cells, in order."""
    return [cell for cell in document["cells"] if cell["cell_type"] == "code"]


def _with_tags(cell: Mapping[str, Any], tags: list[str]) -> dict[str, Any]:
    return {
        **{key: value for key, value in cell["metadata"].items() if key != "tags"},
        "tags": tags,
    }


def _starts_step(cell: Mapping[str, Any]) -> bool:
    return any(
        tag.startswith(("step:", "block:")) and tag != "block:imports" for tag in tags_of(cell)
    )
