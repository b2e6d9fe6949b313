"""What all tests share: notebooks made on the spot, and the real ones beside the repository."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import kubeflow as kubeflow_server

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"

CellOf = str | tuple[str, ...] | dict[str, Any]


def notebook_document(*cells: CellOf, metadata: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return a notebook: each cell is a source, a source with its tags, or a whole cell."""
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"},
            **(metadata or {}),
        },
        "cells": [_cell(number, cell) for number, cell in enumerate(cells, 1)],
    }


def _cell(number: int, cell: CellOf) -> dict[str, Any]:
    if isinstance(cell, dict):
        return {"id": f"c{number}", "metadata": {}, **cell}
    source, *tags = (cell,) if isinstance(cell, str) else cell
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": f"c{number}",
        "metadata": {"tags": tags} if tags else {},
        "outputs": [],
        "source": source,
    }


@pytest.fixture
def nb_document() -> Callable[..., dict[str, Any]]:
    """Make a notebook's document: `nb_document(("x = 1", "step:load"), "y = x")`."""
    return notebook_document


@pytest.fixture
def nb(tmp_path: Path) -> Callable[..., Path]:
    """Write a notebook and return its path: `nb(("x = 1", "step:load"), ("y = x", "step:fit"))`.

    `name=` is the file's name in the test's own folder, `metadata=` goes into the notebook's.
    """

    def write(
        *cells: CellOf, name: str = "notebook.ipynb", metadata: dict[str, Any] | None = None
    ) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(notebook_document(*cells, metadata=metadata)), encoding="utf-8")
        return path

    return write


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real notebooks beside the repository; skip the test without it."""
    if not SHARED.is_dir():
        pytest.skip("the folder `shared` with the real notebooks is not beside the repository")
    return SHARED


@pytest.fixture
def kubeflow() -> Iterator[Any]:
    """A stand-in for Kubeflow Pipelines."""
    with kubeflow_server.serving() as server:
        yield server


@pytest.fixture(scope="session")
def with_arrow() -> dict[str, str]:
    """Return an environment in which Python finds pyarrow.

    It is not among the other packages: pandas would do some things in another way with it.
    """
    path = os.pathsep.join([str(ROOT), str(Path(sys.prefix) / "arrow")])
    return {**os.environ, "PYTHONPATH": path}
