"""A pipeline that is truly different: its steps are changed behind the compiler's back."""

from dataclasses import replace

import pytest

from nb2pipe.verify import Options, RunStatus, verifier, verify_notebook
from nb2pipe.verify.shrink import shrink_difference
from nb2pipe.verify.text import difference_text


@pytest.fixture
def wrong_pipelines(monkeypatch):
    """Have every compiled pipeline lose the edge of `x`: its steps define it anew, as it was first."""
    compile_document = verifier.compile_document

    def compile_wrongly(document, path):
        done = compile_document(document, path)
        if done.pipeline is None:
            return done
        cells = tuple(
            replace(cell, source=cell.source.replace("x.append(4)", "x = [1, 2, 3]"))
            for cell in done.pipeline.cells
        )
        return replace(done, pipeline=replace(done.pipeline, cells=cells))

    monkeypatch.setattr(verifier, "compile_document", compile_wrongly)
    monkeypatch.setattr("nb2pipe.verify.shrink.compile_document", compile_wrongly)


def test_a_difference_is_shown_with_cell_variables_and_split_and_shrinks(nb, wrong_pipelines):
    path = nb("x = [1, 2, 3]", "y = 5", "x.append(4)", "print(y)", "print(x)")
    options = Options(splits=2)
    found = verify_notebook(path, options)
    assert [report.status for report in found.reports] == [RunStatus.DIFFERENT] * 2
    assert found.fails
    report = found.reports[0]
    assert (report.difference.cell, report.difference.variables) == (5, ("x",))
    text = difference_text(report, found.numbers, "notebook.ipynb", options.seed)
    assert "notebook: [1, 2, 3, 4]" in text
    assert "pipeline: [1, 2, 3]" in text
    assert "nb2pipe verify notebook.ipynb --seed 0 --only 1" in text
    smallest = shrink_difference(path, report, options, heard=lambda _: None)
    assert [line for line in smallest.splitlines() if line and not line.startswith(("#", "the"))] == [
        "x = [1, 2, 3]", "x.append(4)", "print(x)",
    ]  # fmt: skip
