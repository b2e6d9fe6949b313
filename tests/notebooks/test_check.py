"""Checking and compiling real notebooks, none of which runs here."""

import pytest

import nb2pipe
from tests.conftest import SHARED
from tests.notebooks.selection import ABSENT, KALE

STATIC = SHARED / "notebooks" / "static"

# What is truly wrong in a notebook, by the codes that say so.
WRONG = {
    # Parts of a composition: they use what the notebooks before them define.
    "newer-transcribed/examples/composition/notebook_b.ipynb": {"NB203"},
    "newer-transcribed/examples/composition/notebook_c.ipynb": {"NB203"},
    # Two cells hold `<…_PLACEHOLDER>`, which the reader is to replace.
    "old-tags/minikf-examples/examples/bulldozers-kaggle-competition/blue-book-bulldozers.ipynb": {
        "NB201",
    },
    # It reads `_input_data_folder`, which nothing defines.
    "old-tags/v0.1.2/backend/examples/base_example_pytorch.ipynb": {"NB203"},
}


def notebooks_below(folder):
    found = [path.relative_to(folder).as_posix() for path in sorted(folder.rglob("*.ipynb"))]
    return found or [pytest.param("absent", marks=pytest.mark.skip(reason=ABSENT))]


@pytest.mark.notebooks
@pytest.mark.parametrize("path", notebooks_below(STATIC))
def test_any_notebook_is_checked_without_an_exception(path):
    for diagnostic in nb2pipe.check(STATIC / path):
        assert diagnostic.message
        assert diagnostic.span.notebook.endswith(path.rsplit("/", 1)[-1])


@pytest.mark.notebooks
@pytest.mark.parametrize("path", notebooks_below(KALE))
def test_every_notebook_for_kale_compiles_unless_it_is_wrong(path):
    diagnostics = nb2pipe.check(KALE / path)
    errors = {diagnostic.code.number for diagnostic in diagnostics if diagnostic.is_error}
    assert errors == WRONG.get(path, set()), [str(diagnostic) for diagnostic in diagnostics]
    if path not in WRONG:
        assert nb2pipe.compile_notebook(KALE / path).pipeline.steps
