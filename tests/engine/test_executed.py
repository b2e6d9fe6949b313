"""The executed notebook: the original with the outputs of the run."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbclient
import nbformat  # noqa: TID253 -- a test may be slow to start
import pytest

import nb2pipe
from nb2pipe.engine import CellResult, StepResult, StepStatus, executed_notebook
from nb2pipe.ir import Cell, Pipeline
from tests.conftest import notebook_document
from tests.engine.pipelines import document_of, pipeline_of, run, step_of

STREAM = {"output_type": "stream", "name": "stdout", "text": "hello\n"}


def result_of(step: str, *positions: int, **others: Any) -> StepResult:
    return StepResult(
        step=step,
        status=StepStatus.SUCCEEDED,
        seconds=1.23456,
        cells=tuple(
            CellResult(cell=cell, count=cell + 1, status="ok", seconds=0.1, outputs=(STREAM,))
            for cell in positions
        ),
        **others,
    )


def sources(document: dict[str, Any]) -> list[str]:
    return [cell["source"] for cell in document["cells"]]


def counts(document: dict[str, Any]) -> list[int | None]:
    return [cell.get("execution_count") for cell in document["cells"]]


def markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": text}


def mixed() -> tuple[dict[str, Any], Pipeline]:
    """Return a notebook with text, a skipped cell and old outputs, and its pipeline."""
    document = notebook_document(
        markdown("# Title"), "n = 3", ("%%bash\nls", "skip"), markdown("then"), "n + 1"
    )
    for cell in document["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"] = [{**STREAM, "text": "old\n"}]
            cell["execution_count"] = 99
    numbers = {"n = 3": 2, "%%bash\nls": 3, "n + 1": 5}
    pipeline = pipeline_of(step_of("load", *numbers), parameters={"n": 3})
    cells = tuple(
        replace(cell, number=numbers[cell.source], step=None if cell.number == 2 else "load")
        for cell in pipeline.cells
    )
    return document, replace(pipeline, cells=cells)


def test_outputs_stand_at_their_cells_and_old_ones_are_gone():
    document, pipeline = mixed()
    before = copy.deepcopy(document)
    executed = executed_notebook(document, pipeline, [result_of("load", 0, 2)], {"n": 3})
    nbformat.validate(executed)
    assert document == before
    assert sources(executed) == sources(document)
    assert counts(executed) == [None, 1, None, None, 3]
    assert [cell.get("outputs") for cell in executed["cells"]] == [
        None,
        [STREAM],
        [],
        None,
        [STREAM],
    ]
    assert executed["metadata"]["kernelspec"] == document["metadata"]["kernelspec"]
    assert executed["metadata"]["nb2pipe"]["run"] == {
        "parameters": {"n": 3},
        "steps": {"load": {"status": "succeeded", "seconds": 1.235}},
    }


def test_cells_that_did_not_run_are_empty():
    document, pipeline = mixed()
    executed = executed_notebook(document, pipeline, [result_of("load", 0)], {})
    assert counts(executed) == [None, 1, None, None, None]
    assert executed["cells"][4]["outputs"] == []


def test_the_users_settings_stay_beside_what_the_run_says():
    document, pipeline = mixed()
    document["metadata"]["nb2pipe"] = {"name": "mine"}
    executed = executed_notebook(document, pipeline, [], {})
    assert executed["metadata"]["nb2pipe"]["name"] == "mine"


def test_changed_parameters_stand_in_a_cell_of_their_own():
    document, pipeline = mixed()
    executed = executed_notebook(document, pipeline, [result_of("load", 0, 2)], {"n": 7})
    nbformat.validate(executed)
    injected = executed["cells"][2]
    assert injected["source"] == "# Parameters\nn = 7"
    assert injected["metadata"] == {"tags": ["injected-parameters"]}
    assert sources(executed)[:2] + sources(executed)[3:] == sources(document)


def test_a_run_of_an_executed_notebook_keeps_ids_apart():
    document, pipeline = mixed()
    once = executed_notebook(document, pipeline, [], {"n": 7})
    cells = tuple(replace(cell, number=cell.number + (cell.number > 2)) for cell in pipeline.cells)
    twice = executed_notebook(once, replace(pipeline, cells=cells), [], {"n": 8})
    nbformat.validate(twice)
    assert len({cell["id"] for cell in twice["cells"]}) == len(document["cells"]) + 2


def test_a_notebook_without_cell_ids_gets_some():
    document, pipeline = mixed()
    document["nbformat_minor"] = 2
    for cell in document["cells"]:
        del cell["id"]
    nbformat.validate(executed_notebook(document, pipeline, [], {}))


@pytest.mark.parametrize("listed", [True, False])
def test_included_cells_follow_the_cell_that_includes_them(*, listed: bool):
    document = notebook_document(
        "before = 1", ("", "notebook:part"), markdown("text"), ("", "notebook:other.ipynb"), "after"
    )

    def cell(position: int, notebook: str, number: int, source: str) -> Cell:
        return Cell(
            position=position,
            number=number,
            id=f"c{number}",
            notebook=notebook,
            source=source,
            step="all",
        )

    own = "notebook.ipynb"
    laid = [
        (own, 1, "before = 1"),
        (own, 2, ""),
        ("part.ipynb", 1, "p1"),
        ("deep.ipynb", 1, "d1"),
        ("part.ipynb", 2, "p2"),
        (own, 4, ""),
        ("other.ipynb", 3, "o3"),
        (own, 5, "after"),
    ]
    kept = [item for item in laid if listed or item[2]]
    cells = tuple(cell(position, *item) for position, item in enumerate(kept))
    pipeline = Pipeline(name="x", notebook=own, steps=(), edges=(), cells=cells)
    last = len(cells) - 1
    executed = executed_notebook(document, pipeline, [result_of("all", *range(last))], {})
    nbformat.validate(executed)
    assert sources(executed) == ["before = 1", "", "p1", "d1", "p2", "text", "", "o3", "after"]
    assert executed["cells"][4]["outputs"] == [STREAM]
    assert executed["cells"][8]["outputs"] == []


RICH = """
from IPython.display import HTML, Markdown, display
class Shown:
    def _repr_html_(self): return "<b>x</b>"
    def __repr__(self): return "shown"
print("out"); print("more")
display(Markdown("*m*"))
Shown()
"""


def test_it_equals_what_a_kernel_makes_of_the_notebook(tmp_path: Path):
    pipeline = pipeline_of(
        step_of("load", "x = [1, 2]\nx", "%matplotlib inline\nlen(x);", makes=("x",)),
        step_of("show", RICH, "x + [3]", needs={"x": "load"}),
        step_of("quiet", "y = 5", "import sys; print(y, end='', file=sys.stderr)"),
    )
    document = document_of(pipeline)
    whole = nbformat.from_dict(copy.deepcopy(document))
    nbclient.NotebookClient(whole, kernel_name="python3").execute(cwd=str(tmp_path))
    result = run(pipeline, tmp_path)
    assert result.diagnostics == ()
    nbformat.validate(result.notebook)
    assert counts(result.notebook) == counts(whole)
    for mine, theirs in zip(result.notebook["cells"], whole["cells"], strict=True):
        assert mine["outputs"] == theirs["outputs"]


def test_an_executed_notebook_is_a_notebook_again(nb, tmp_path: Path):
    path = nb(
        ("n = 3", "pipeline-parameters"),
        ("x = n + 1\nx", "step:load"),
        ("x + 1", "step:use"),
        metadata={"nb2pipe": {"name": "mine"}},
    )
    first = nb2pipe.run(path, parameters={"n": 5}, output=tmp_path / "executed.ipynb")
    assert first.diagnostics == ()
    assert nb2pipe.check(tmp_path / "executed.ipynb") == ()
    assert nb2pipe.load(tmp_path / "executed.ipynb").name == "mine"


def test_a_failed_cell_shows_its_error_and_later_ones_nothing(tmp_path: Path):
    pipeline = pipeline_of(step_of("bad", "print('a')", "print('b')\n1 / 0", "print('c')"))
    executed = run(pipeline, tmp_path).notebook
    nbformat.validate(executed)
    kinds = [[output["output_type"] for output in cell["outputs"]] for cell in executed["cells"]]
    assert kinds == [["stream"], ["stream", "error"], []]
    error = executed["cells"][1]["outputs"][1]
    assert error["ename"] == "ZeroDivisionError"
    assert any("1 / 0" in line or "division" in line for line in error["traceback"])


def test_empty_cells_have_no_count_as_in_the_notebook(tmp_path):
    sources = ["", "x = 1", "# %%", " \n", "print(x)", ""]
    tags = ["step:a", "step:a", "step:a", "step:b", "step:b", "step:c"]
    cells = [
        nbformat.v4.new_code_cell(source, metadata={"tags": [tag]})
        for source, tag in zip(sources, tags, strict=True)
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    path = tmp_path / "notebook.ipynb"
    nbformat.write(notebook, path)

    nb2pipe.run(path, output=tmp_path / "executed.ipynb")
    nbclient.NotebookClient(notebook).execute()

    executed = nbformat.read(tmp_path / "executed.ipynb", 4)
    assert counts(executed) == counts(notebook) == [None, 1, 2, None, 3, None]
