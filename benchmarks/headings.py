"""Notebooks in steps as their headings divide them."""

import re
from typing import Any

_HEADING = re.compile(r"^#{1,4} +(.+)", re.MULTILINE)
_NAME_LENGTH = 40


def tagged_by_headings(document: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook in which each heading that has code below it begins a step.

    Code above the first heading belongs to the first step, as everywhere.
    """
    cells, name, count = [], None, 0
    for cell in document["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and (found := _HEADING.findall(source)):
            name = found[-1]
        tags: list[str] = []
        if cell["cell_type"] == "code" and name is not None and source.strip():
            count += 1
            tags, name = [f"step:{count}-{_slug(name)}"], None
        cells.append({**cell, "metadata": {**cell["metadata"], "tags": tags}})
    return {**document, "cells": cells}


def _slug(heading: str) -> str:
    words = re.findall(r"[a-z0-9]+", heading.lower())
    return "-".join(words)[:_NAME_LENGTH].strip("-") or "part"
