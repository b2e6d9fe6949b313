"""File systems that are small, full or not to be written to, for tests that may mount them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import notebook_document

CELLS = [
    ("import numpy as np\nx = np.arange(50_000)\nprint('made')", "step:a"),
    ("y = np.tile(x, 20)\nprint(len(y))", "step:b"),
    ("print(y.sum())", "step:c"),
]
PRINTED = ["made\n", "1000000\n", "24999500000\n"]


@pytest.fixture
def mount() -> Iterator[Callable[..., None]]:
    """Call `mount` with these arguments, and undo it at the end; skip where that is not allowed."""
    mounted: list[str] = []

    def call(*arguments: str) -> None:
        done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"mounting is not allowed here: {done.stderr.strip()}")
        mounted.append(arguments[-1])

    yield call
    for place in reversed(mounted):
        subprocess.run(["umount", "--lazy", place], check=False)


@pytest.fixture
def read_only(mount: Callable[..., None]) -> Callable[[Path], None]:
    """Make a folder or a file read-only, also for root, who is above permissions."""

    def make(path: Path) -> None:
        mount("--bind", str(path), str(path))
        mount("-o", "remount,bind,ro", str(path))

    return make


def write_notebook(directory: Path) -> None:
    """Write the notebook that these tests run."""
    path = directory / "notebook.ipynb"
    path.write_text(json.dumps(notebook_document(*CELLS)), encoding="utf-8")


def nb2pipe(directory: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder; whatever happens there, it has no traceback to show."""
    done = subprocess.run(
        [sys.executable, "-m", "nb2pipe", *words],
        cwd=directory,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert "internal error" not in done.stderr, done.stderr
    return done


def printed(directory: Path) -> list[str]:
    """Return what the cells of the last run printed."""
    folder = max((directory / ".nb2pipe" / "runs").iterdir())
    cells = json.loads((folder / "executed.ipynb").read_text(encoding="utf-8"))["cells"]
    return ["".join(output["text"] for output in cell["outputs"]) for cell in cells]
