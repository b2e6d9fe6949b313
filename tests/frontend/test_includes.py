"""Notebooks that stand in other notebooks."""

import pytest

from nb2pipe.frontend import Role, Settings, lay_out, read_notebook


@pytest.fixture
def parts(nb):
    """Write two notebooks that others can include."""
    nb(
        "import numpy",
        ("a = 1", "step:load"),
        ("b = a", "step:clean", "prev:load"),
        ("c = 1", "step:other"),
        name="prepare.ipynb",
    )
    nb("plain = 1", name="plain.ipynb")


def lay(path, overrides=Settings()):  # noqa: B008 -- frozen
    notebook, read = read_notebook(path)
    layout, diagnostics = lay_out(notebook, overrides)
    return layout, (*read, *diagnostics)


def cells(layout):
    return [
        (laid.cell.step, laid.cell.notebook.rpartition("/")[2], laid.cell.number)
        for laid in layout.cells
    ]


def test_the_included_cells_stand_in_place_with_their_own_place(nb, parts):
    layout, diagnostics = lay(
        nb(("x = 1", "step:x"), ("", "notebook:prepare"), ("y = b", "step:y"))
    )
    assert diagnostics == ()
    assert cells(layout) == [
        ("x", "notebook.ipynb", 1),
        (None, "notebook.ipynb", 2),
        ("prepare-load", "prepare.ipynb", 1),
        ("prepare-load", "prepare.ipynb", 2),
        ("prepare-clean", "prepare.ipynb", 3),
        ("prepare-other", "prepare.ipynb", 4),
        ("y", "notebook.ipynb", 3),
    ]
    assert [laid.cell.position for laid in layout.cells] == list(range(7))
    assert layout.cells[1].role is Role.SKIP
    assert layout.cells[3].span.notebook.endswith("prepare.ipynb")


def test_order_is_declared_for_the_whole_of_it(nb, parts):
    layout, diagnostics = lay(
        nb(("x", "step:x"), ("", "notebook:prepare", "prev:x"), ("y", "step:y", "prev:prepare"))
    )
    assert diagnostics == ()
    assert {step.name: step.after for step in layout.steps} == {
        "x": (),
        "prepare-load": ("x",),
        "prepare-clean": ("prepare-load",),
        "prepare-other": ("x",),
        "y": ("prepare-clean", "prepare-other"),
    }


def test_a_notebook_without_steps_becomes_one_with_its_name(nb, parts):
    layout, diagnostics = lay(nb(("", "notebook:plain"), ("y", "step:y", "prev:plain")))
    assert diagnostics == ()
    assert [(step.name, step.after) for step in layout.steps] == [("plain", ()), ("y", ("plain",))]


def test_names_never_clash(nb, parts):
    layout, diagnostics = lay(
        nb(
            ("x", "step:prepare-load"),
            ("", "notebook:prepare"),
            ("", "notebook:plain"),
            ("", "notebook:plain"),
        )
    )
    assert diagnostics == ()
    names = [step.name for step in layout.steps]
    assert names == [
        *("prepare-load", "prepare-2-load", "prepare-2-clean", "prepare-2-other"),
        *("plain", "plain-2"),
    ]


def test_includes_nest_and_paths_are_relative_to_the_including_notebook(nb):
    nb(("z", "step:z"), name="sub/deep/inner.ipynb")
    nb(("", "notebook:deep/inner"), ("m", "step:m", "prev:inner"), name="sub/middle.ipynb")
    middle = {"cell_type": "code", "source": "", "metadata": {"tags": ["notebook:middle"]}}
    middle["metadata"]["notebook_path"] = "./sub/middle.ipynb"
    layout, diagnostics = lay(nb(middle))
    assert [item.code.number for item in diagnostics] == ["NB105"], "the tag's name counts"
    nb(("", "notebook:deep/inner"), ("m", "step:m"), name="sub/middle.ipynb")
    layout, diagnostics = lay(nb(middle))
    assert diagnostics == ()
    assert [step.name for step in layout.steps] == ["middle-inner-z", "middle-m"]


def test_code_after_an_include_continues_its_last_step(nb, parts):
    layout, _ = lay(nb("above", ("", "notebook:plain"), "below"))
    assert [laid.cell.step for laid in layout.cells] == ["plain", None, "plain", "plain"]


def test_options_and_settings_of_the_included(nb):
    inner = {"nb2pipe": {"name": "i", "image": "inner:1", "defaults": {"retry": 1}}}
    nb(("x", "step:x", "retry:5"), ("y", "step:y"), name="inner.ipynb", metadata=inner)
    outer = {"nb2pipe": {"image": "outer:1", "defaults": {"retry": 9, "limits": {"cpu": 1}}}}
    path = nb(
        ("", "notebook:inner", "timeout:60"), ("z", "step:z"), name="outer.ipynb", metadata=outer
    )
    layout, diagnostics = lay(path)
    assert diagnostics == ()
    assert (layout.name, layout.image) == ("outer", "outer:1")
    options = {step.name: step.options for step in layout.steps}
    assert [options[name].retry for name in ("inner-x", "inner-y", "z")] == [5, 1, 9]
    assert [options[name].timeout for name in ("inner-x", "inner-y", "z")] == [60, 60, None]
    assert [options[name].image for name in ("inner-x", "z")] == ["inner:1", None]
    assert all(option.limits == (("cpu", "1"),) for option in options.values())
    layout, _ = lay(path, Settings(image="mine:1"))
    assert [step.options.image for step in layout.steps] == [None, None, None]


def test_code_in_the_cell_itself_is_reported_unless_it_runs_the_notebook(nb, parts):
    assert lay(nb(("%run plain.ipynb", "notebook:plain")))[1] == ()
    layout, (diagnostic,) = lay(nb(("x = 1", "notebook:plain")))
    assert layout is not None
    assert diagnostic.code.number == "NB109"


def test_a_cycle_is_an_error_at_the_cell(nb):
    nb(("", "notebook:b"), name="a.ipynb")
    nb(("1", "step:x"), ("", "notebook:a"), name="b.ipynb")
    layout, (diagnostic,) = lay(nb(("", "notebook:a"), name="main.ipynb"))
    assert layout is None
    assert diagnostic.code.number == "NB011"
    assert diagnostic.span.notebook.endswith("b.ipynb")
    assert diagnostic.span.cell == 2


@pytest.mark.parametrize("name", ["missing", "broken", "a\0b", "/", ".."])
def test_what_cannot_be_read_is_an_error_at_the_cell(nb, tmp_path, name):
    (tmp_path / "broken.ipynb").write_text("{")
    layout, diagnostics = lay(nb(("1", "step:x"), ("", f"notebook:{name}")))
    assert layout is None
    assert [item.span.cell for item in diagnostics if item.code.number == "NB011"] == [2]
    assert len(diagnostics) == 2, "and why it cannot be read"
