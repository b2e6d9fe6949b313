import json

import pytest

from tests.conftest import notebook_document
from tests.notebooks.documents import (
    code_cells,
    source_of,
    tags_of,
    with_included,
    with_seed,
    with_skipped,
    with_steps_at_headings,
    without_skipped,
)
from tests.notebooks.selection import HEADED


def markdown(source):
    return {"cell_type": "markdown", "source": source}


def tags(document):
    return [tags_of(cell) for cell in code_cells(document)]


def test_a_code_cell_after_a_heading_starts_a_step():
    document = notebook_document(
        "import os", markdown("# One"), "a = 1", "b = 2", markdown("only text"), "c = 3",
        markdown("text\n\n## Two"), markdown("### Three"), "d = 4",
    )  # fmt: skip
    assert tags(with_steps_at_headings(document)) == [
        ["step:part1"], ["step:part2"], [], [], ["step:part3"],
    ]  # fmt: skip


def test_an_empty_cell_starts_no_step():
    document = notebook_document(markdown("# One"), " \n", "a = 1")
    assert tags(with_steps_at_headings(document)) == [[], ["step:part1"]]


@pytest.mark.parametrize(
    ("source", "expected"),
    [("#!shebang", False), ("```\n# a comment\n```", False), ("  ## Two", True), ("#", False)],
)
def test_what_a_heading_is(source, expected):
    document = notebook_document("a = 1", markdown(source), "b = 2")
    assert bool(tags(with_steps_at_headings(document))[1]) is expected


def test_the_original_is_left_alone():
    document = notebook_document("a = 1", markdown("# One"), ("b = 2", "step:x"))
    before = json.dumps(document)
    with_steps_at_headings(document)
    with_skipped(document, "a")
    with_seed(document, "seed()")
    assert json.dumps(document) == before


def test_skipped_cells_are_empty_when_the_notebook_runs_whole():
    document = with_skipped(notebook_document("a = 1", "print(open('x'))"), "open(")
    assert [source_of(cell) for cell in without_skipped(document)["cells"]] == ["a = 1", ""]


def test_the_seed_stands_in_the_first_step_not_in_a_cell_that_all_steps_repeat():
    document = notebook_document(("import random", "imports"), ("a = 1", "step:one"))
    sources = [source_of(cell) for cell in with_seed(document, "seed()")["cells"]]
    assert sources == ["import random", "seed()\na = 1"]


def test_included_cells_follow_the_cell_that_includes_them():
    main = notebook_document(("", "notebook:part"), "b = 2")
    document = with_included(main, lambda name: notebook_document(f"name = {name!r}"))
    assert [source_of(cell) for cell in document["cells"]] == ["", "name = 'part'", "b = 2"]


@pytest.mark.notebooks
@pytest.mark.parametrize("notebook", HEADED, ids=lambda notebook: notebook.name)
def test_the_real_notebooks_have_several_steps(shared, notebook):
    starts = [tag for cell in tags(notebook.document()) for tag in cell if tag.startswith("step:")]
    assert 2 <= len(starts) <= 15
    assert starts == [f"step:part{number}" for number in range(1, len(starts) + 1)]
