"""Real notebooks: Kale's of every era as they are, and hundreds that know nothing of pipelines."""

from pathlib import Path

import pytest

from nb2pipe.frontend import Role, lay_out, read_notebook


def lay(path):
    notebook, diagnostics = read_notebook(path)
    assert notebook is not None, diagnostics
    return lay_out(notebook)


def test_every_kale_notebook_lays_out_without_error_or_warning(shared: Path):
    paths = sorted((shared / "notebooks" / "kale").rglob("*.ipynb"))
    assert len(paths) >= 27
    for path in paths:
        layout, diagnostics = lay(path)
        assert layout is not None, (path, diagnostics)
        assert {item.code.number for item in diagnostics} <= {"NB010", "NB110"}, path


def edges(layout):
    return {(before, step.name) for step in layout.steps for before in step.after}


@pytest.mark.parametrize(
    ("path", "steps", "declared"),
    [
        (
            "repo-master-2025-08/examples/base/candies_sharing.ipynb",
            ["sack", "kid1", "kid2", "kid3"],
            {("sack", "kid1"), ("kid1", "kid2"), ("kid1", "kid3"), ("kid2", "kid3")},
        ),
        (
            "old-tags/v0.1.2/backend/kale/tests/notebooks/test_tag_parsing.ipynb",
            ["sum", "cumsum", "os"],
            {("sum", "cumsum"), ("sum", "os"), ("cumsum", "os")},
        ),
        (
            "old-tags/v2/Untitled.ipynb",
            ["data-loading", "preprocessing", "pipeline-metrics"],
            set(),
        ),
        (
            "repo-master-2025-08/examples/dog-breed-classification/dog-breed-katib.ipynb",
            ["load_data", "detect_dogs", "cnn_resnet50", "pipeline-metrics"],
            {("load_data", "detect_dogs"), ("detect_dogs", "cnn_resnet50")},
        ),
    ],
)
def test_kale_notebooks_have_the_steps_that_they_say(shared: Path, path, steps, declared):
    layout, _ = lay(shared / "notebooks" / "kale" / path)
    assert [step.name for step in layout.steps] == steps
    assert edges(layout) == declared


def test_kales_composed_notebooks_come_together(shared: Path):
    folder = shared / "notebooks" / "kale" / "newer-transcribed" / "examples" / "composition"
    layout, _ = lay(folder / "main_mixed.ipynb")
    assert [step.name for step in layout.steps][::4] == [
        *("notebook_a-names", "notebook_b-show_names", "notebook_c-predict"),
        "notebook_c-pipeline-metrics",
    ]
    assert layout.steps[-1].name == "final"


def test_hundreds_of_notebooks_are_laid_out_or_refused_with_a_reason(shared: Path):
    for path in sorted((shared / "notebooks" / "static").rglob("*.ipynb")):
        notebook, diagnostics = read_notebook(path)
        if notebook is None:
            assert diagnostics, path
            continue
        layout, diagnostics = lay_out(notebook)
        assert layout is not None, (path, diagnostics)
        owned = sorted(position for step in layout.steps for position in step.cells)
        run = [laid.cell.position for laid in layout.cells if laid.role is not Role.SKIP]
        assert owned == run, path
