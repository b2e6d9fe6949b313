"""Which cell belongs to which step, and what the steps ask for."""

import pytest

from nb2pipe.frontend import Role, Settings, lay_out, read_notebook
from nb2pipe.ir import StepOptions


@pytest.fixture
def laid(nb):
    """Lay out a notebook; return the layout and the diagnostics of reading and laying out."""

    def lay(*cells, metadata=None, overrides=Settings()):  # noqa: B008 -- frozen
        notebook, read = read_notebook(nb(*cells, metadata=metadata))
        found, diagnostics = lay_out(notebook, overrides)
        return found, (*read, *diagnostics)

    return lay


def steps(layout):
    """Return the cells of each step, by their number in the notebook."""
    return {
        step.name: [layout.cells[position].cell.number for position in step.cells]
        for step in layout.steps
    }


def roles(layout):
    return [(laid.cell.step, laid.role.value) for laid in layout.cells]


def codes(diagnostics):
    return [(item.code.number, item.span.cell) for item in diagnostics]


MARKDOWN = {"cell_type": "markdown", "source": "# Title"}


def test_cells_follow_their_tags(laid):
    layout, diagnostics = laid(
        MARKDOWN, ("a = 1", "step:a"), "a2 = 1", MARKDOWN, ("b = 1", "step:b"), ""
    )
    assert diagnostics == ()
    assert steps(layout) == {"a": [2, 3], "b": [5, 6]}
    assert [laid.cell.position for laid in layout.cells] == [0, 1, 2, 3]
    assert layout.cells[1].span.cell == 3
    assert layout.cells[1].span.cell_id == "c3"
    assert layout.cells[0].cell.tags == ("step:a",)
    assert {laid.cell.notebook for laid in layout.cells} == {layout.notebook}


def test_steps_may_alternate(laid):
    layout, _ = laid(("1", "step:a"), ("2", "step:b"), ("3", "step:a"), "4", ("5", "step:b"))
    assert steps(layout) == {"a": [1, 3, 4], "b": [2, 5]}


def test_code_above_the_first_step_belongs_to_it(laid):
    layout, _ = laid("1", ("2", "imports"), "3", ("4", "skip"), ("5", "step:a"), ("6", "step:b"))
    assert steps(layout) == {"a": [1, 2, 3, 5], "b": [6]}
    assert layout.steps[0].span.cell == 5, "the span is the cell that names the step"


def test_roles_are_continued_and_owned_by_the_step_above(laid):
    layout, _ = laid(
        ("1", "imports"),
        "2",
        ("3", "step:a"),
        ("4", "functions"),
        "5",
        ("6", "parameters"),
        "7",
        ("8", "step:b"),
    )
    assert roles(layout) == [
        ("a", "imports"),
        ("a", "imports"),
        ("a", "step"),
        ("a", "functions"),
        ("a", "functions"),
        ("a", "pipeline-parameters"),
        ("a", "step"),
        ("b", "step"),
    ]


def test_skip_changes_nothing_for_the_cells_below(laid):
    layout, diagnostics = laid(
        ("1", "imports"), ("2", "skip"), "3", ("4", "step:a"), ("5", "skip", "prev:gone"), "6"
    )
    assert diagnostics == ()
    assert [role for _, role in roles(layout)] == [
        *("imports", "skip", "imports", "step", "skip", "step")
    ]
    assert layout.cells[1].cell.step is None


def test_metrics_are_a_step_of_their_own(laid):
    layout, diagnostics = laid(("1", "step:a"), ("2", "pipeline-metrics", "retry:2"), "3")
    assert diagnostics == ()
    assert roles(layout) == [
        ("a", "step"),
        ("pipeline-metrics", "pipeline-metrics"),
        ("pipeline-metrics", "pipeline-metrics"),
    ]
    assert layout.steps[1].options.retry == 2


def test_metrics_that_name_a_step_belong_to_it(laid):
    layout, _ = laid(("1", "step:a"), ("2", "pipeline-metrics", "step:a"))
    assert steps(layout) == {"a": [1, 2]}
    assert layout.cells[1].role is Role.METRICS


def test_a_role_may_name_its_step(laid):
    layout, diagnostics = laid(("1", "step:a"), ("2", "imports", "step:b"), ("3", "step:b"))
    assert diagnostics == ()
    assert steps(layout) == {"a": [1], "b": [2, 3]}
    assert layout.cells[1].role is Role.IMPORTS


def test_a_notebook_without_tags_is_one_step(laid):
    layout, diagnostics = laid("x = 1", MARKDOWN, "y = 2")
    assert steps(layout) == {"notebook": [1, 3]}
    assert [(item.code.number, item.severity.value) for item in diagnostics] == [("NB110", "hint")]


def test_roles_alone_make_no_steps(laid):
    layout, diagnostics = laid(
        ("1", "imports"), ("2", "parameters"), "3", ("4", "pipeline-metrics")
    )
    assert steps(layout) == {"notebook": [1, 2, 3], "pipeline-metrics": [4]}
    assert codes(diagnostics) == [("NB110", None)]


def test_a_notebook_whose_cells_are_all_skipped_is_refused(laid):
    layout, diagnostics = laid(("1", "skip"), ("2", "skip"))
    assert layout is None
    assert ("NB006", None) in codes(diagnostics)


def test_step_names_that_differ_by_case_are_different(laid):
    layout, _ = laid(("1", "step:Load"), ("2", "step:load"))
    assert list(steps(layout)) == ["Load", "load"]


def test_the_python_version_and_path_are_kept(laid):
    info = {"language_info": {"name": "python", "version": "3.9.1"}}
    layout, _ = laid(("1", "step:a"), metadata=info)
    assert layout.python_version == "3.9.1"
    assert layout.notebook.endswith("notebook.ipynb")


# --- declared order


def test_prev_is_merged_over_the_cells_of_a_step(laid):
    layout, diagnostics = laid(
        ("1", "step:a"),
        ("2", "step:b"),
        ("3", "step:c", "prev:a"),
        ("4", "prev:b", "prev:a"),
        ("5", "step:d", "after:c", "prev:a:b"),
    )
    assert diagnostics == ()
    assert [step.after for step in layout.steps] == [(), (), ("a", "b"), ("c", "a", "b")]


def test_prev_may_name_a_step_further_down(laid):
    layout, _ = laid(("1", "step:a", "prev:b"), ("2", "step:b"))
    assert layout.steps[0].after == ("b",)


def test_metrics_may_be_waited_for(laid):
    layout, _ = laid(("1", "pipeline-metrics"), ("2", "step:a", "prev:pipeline-metrics"))
    assert layout.steps[-1].after == ("pipeline-metrics",)


@pytest.mark.parametrize(
    ("tag", "code", "says"),
    [
        ("prev:laod", "NB105", "did you mean `load`?"),
        ("prev:zzz", "NB105", "steps are `load`, `fit`"),
        ("prev:fit", "NB106", "remove `fit`"),
    ],
)
def test_a_wrong_predecessor_is_an_error(laid, tag, code, says):
    layout, (diagnostic,) = laid(("1", "step:load"), ("2", "step:fit", tag))
    assert layout is None
    assert (diagnostic.code.number, diagnostic.span.cell) == (code, 2)
    assert says in diagnostic.hint


@pytest.mark.parametrize(
    "cells",
    [
        [("1", "step:a"), ("2", "step:b", "prev:imports")],
        [("1", "step:a"), ("2", "imports", "prev:a")],
        [("1", "step:a"), ("2", "functions", "limit:cpu:1")],
        [("1", "step:a"), ("2", "skip", "limit:cpu:1")],
        [
            ("1", "step:a"),
            {"cell_type": "markdown", "source": "", "metadata": {"tags": ["step:b"]}},
        ],
    ],
)
def test_a_tag_without_effect_is_a_warning(laid, cells):
    layout, diagnostics = laid(*cells)
    assert layout is not None
    assert codes(diagnostics) == [("NB109", 2)]
    assert all(step.after == () for step in layout.steps)
    assert all(step.options == StepOptions() for step in layout.steps)


# --- options


def test_options_of_a_steps_cells_are_put_together(laid):
    layout, diagnostics = laid(
        ("1", "step:a", "limit:cpu:1", "label:x:1"),
        ("2", "limit:memory:1Gi", "limit:cpu:1"),
        ("3", "step:b"),
        ("4", "step:a", "image:python:3.12"),
    )
    assert diagnostics == ()
    assert layout.steps[0].options == StepOptions(
        image="python:3.12", limits=(("cpu", "1"), ("memory", "1Gi")), labels=(("x", "1"),)
    )
    assert layout.steps[1].options == StepOptions()


def test_cells_that_ask_for_different_things_are_an_error(laid):
    layout, (diagnostic,) = laid(
        ("1", "step:a", "limit:cpu:1"),
        ("2", "step:b", "limit:cpu:9"),
        ("3", "step:a", "limit:cpu:2"),
    )
    assert layout is None
    assert (diagnostic.code.number, diagnostic.span.cell, diagnostic.step) == ("NB107", 3, "a")
    assert diagnostic.related[0].span.cell == 1


def test_every_wrong_tag_is_reported_at_its_cell(laid):
    layout, diagnostics = laid(
        ("1", "stp:a"), ("2", "limit:gpu:1"), ("3", "step:a b"), ("4", "step:x", "step:y")
    )
    assert layout is None
    assert {("NB101", 1), ("NB102", 2), ("NB103", 3), ("NB104", 4)} <= set(codes(diagnostics))
    assert all(item.span.line is None for item in diagnostics)


def test_laying_out_twice_gives_the_same(laid):
    cells = [("1", "imports"), ("2", "step:b", "label:a:b"), ("3", "step:a", "prev:b"), "4"]
    assert laid(*cells) == laid(*cells)
