"""Real notebooks, whole and as pipelines: every cell displays the same."""

import os
from dataclasses import asdict

import pytest

import nb2pipe
from nb2pipe.verify.outputs import compare_outputs
from tests.kfp.launcher import Launcher
from tests.notebooks.documents import code_cells, source_of
from tests.notebooks.selection import ABSENT, NOTEBOOKS

# The tests of one notebook share its whole run, so they stay in one process (`--dist loadgroup`).
every_notebook = pytest.mark.parametrize(
    "notebook",
    [
        pytest.param(
            notebook,
            id=str(notebook.path),
            marks=[
                pytest.mark.xdist_group(str(notebook.path)),
                pytest.mark.skipif(not notebook.exists, reason=ABSENT),
            ],
        )
        for notebook in NOTEBOOKS
    ],
)
pytestmark = pytest.mark.notebooks


def assert_same(whole, cells, unreported=()):
    """Every cell that the notebook runs ran in the pipeline, and displayed the same.

    `unreported` are positions of cells that the notebook asks not to report (`report:disabled`).
    """
    written = [at for at, cell in enumerate(code_cells(whole)) if source_of(cell).strip()]
    expected = [position for position in written if position not in unreported]
    ran = {cell["cell"] for cell in cells}
    assert [position for position in expected if position not in ran] == []
    differences = compare_outputs(whole, cells)
    assert not differences, "\n".join(differences)


@every_notebook
def test_the_local_engine_gives_the_notebooks_outputs(notebook, whole, tmp_path):
    expected = whole(notebook)
    result = nb2pipe.run(notebook.place(tmp_path))
    assert result.status == "succeeded", [diagnostic.message for diagnostic in result.diagnostics]
    assert_same(expected, [asdict(cell) for step in result.steps for cell in step.cells])


@every_notebook
def test_the_compiled_file_gives_the_notebooks_outputs(
    notebook, whole, steps_path, matplotlib_cache, tmp_path
):
    expected = whole(notebook)
    path = notebook.place(tmp_path / "notebook")
    compiled = nb2pipe.compile_notebook(path)
    (text,) = compiled.files.values()
    launcher = Launcher(
        path=steps_path,
        files=working_directory(notebook, tmp_path),
        environment={"MPLCONFIGDIR": str(matplotlib_cache)},
    )
    run = launcher.run(text, tmp_path / "run")
    assert not run.failed, "\n".join(task.log for task in run.failed)
    silent = [step for step in compiled.pipeline.steps if step.options.report is False]
    assert_same(expected, run.cells, {position for step in silent for position in step.cells})


def working_directory(notebook, folder):
    """Return a folder with what every task finds in its working directory.

    A task works two folders below the run's own, so what a notebook reads two folders up is put
    into that one.
    """
    files = folder / "files"
    notebook.place_files(folder / "placed")
    base = folder / "placed" / notebook.path.parent
    for name, _ in notebook.files:
        source = folder / "placed" / name
        relative = os.path.relpath(source, base)
        assert relative.count("..") in {0, 2}, "a file where no task would find it"
        target = (
            folder / "run" / relative[len("../../") :] if ".." in relative else files / relative
        )
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
    files.mkdir(exist_ok=True)
    return files
