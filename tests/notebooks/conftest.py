"""What the tests of real notebooks share: each runs whole once, in a folder of its own."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.kfp.environment import make_environment
from tests.notebooks.selection import RealNotebook
from tests.notebooks.whole import run_notebook


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[RealNotebook], dict[str, Any]]:
    """Return a notebook executed from top to bottom; the second time from memory."""
    executed: dict[RealNotebook, dict[str, Any]] = {}

    def run(notebook: RealNotebook) -> dict[str, Any]:
        if notebook not in executed:
            path = notebook.place(tmp_path_factory.mktemp("whole"), whole=True)
            executed[notebook] = run_notebook(path, path.parent)
        return executed[notebook]

    return run


@pytest.fixture(scope="session")
def steps_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a `python3` that has the notebooks' packages, but not nb2pipe."""
    return make_environment(tmp_path_factory.mktemp("steps"))


@pytest.fixture(scope="session")
def matplotlib_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for matplotlib's list of fonts, which takes seconds to make anew."""
    return tmp_path_factory.mktemp("matplotlib")
