"""The output history and variables that are reached by names as text."""

import pytest


def codes(found):
    return [d.code.number for d in found.diagnostics if d.code.number != "NB303"]


ALL = "%config InteractiveShell.ast_node_interactivity = 'all'\n"
SAME_STEP = {
    "the source by number": [("a", "1 + 1"), ("b", "2 + 2"), ("a", "print(_i1)")],
    "everything": [("a", "1 + 1"), ("a", "print(__, In, Out, _ih)")],
    "what is displayed is said otherwise": [("a", ALL + "1\n2"), ("a", "print(_)")],
    "a variable that may be what was displayed": [("a", "_ = 3"), ("a", "4"), ("a", "print(_)"), ("b", "5")],
}  # fmt: skip


@pytest.mark.parametrize("cells", SAME_STEP.values(), ids=SAME_STEP)
def test_history_of_the_step_itself_is_there(analysis, cells):
    assert codes(analysis(*cells)) == []


OTHER_STEP = {
    "everything": [("a", "1 + 1"), ("b", "print(len(Out))")],
    "by a computed number": [("a", "1 + 1"), ("b", "2 + 2"), ("a", "print(Out[len([1])])")],
    "the source by number": [("a", "1 + 1"), ("b", "print(_i1)")],
    "in a text": [("a", "1 + 1"), ("b", "print(eval('_'))")],
    "what is displayed is said otherwise": [("a", ALL + "1\n2"), ("b", "print(_)")],
    "the hook is another one": [("a", "import sys\nsys.displayhook = print\n1"), ("b", "print(_)")],
}  # fmt: skip


@pytest.mark.parametrize("cells", OTHER_STEP.values(), ids=OTHER_STEP)
def test_history_of_another_step_is_refused(analysis, cells):
    assert "NB208" in codes(analysis(*cells))


DISPLAYED = {
    "the last output": ([("a", "1 + 1"), ("b", "print(_)")], {("a", "b"): {"_"}}),
    "over what hides its value": (
        [("a", "1 + 1"), ("b", "2 + 2;  # quiet"), ("c", "print(_)")],
        {("a", "c"): {"_"}},
    ),
    "over what may display": (
        [("a", "1 + 1"), ("b", "[].copy()"), ("c", "print(_)")],
        {("a", "b"): {"_"}, ("b", "c"): {"_"}},
    ),
    "of what surely displays, only the last": (
        [("a", "1 + 1"), ("b", "2 + 2"), ("c", "print(_)")],
        {("b", "c"): {"_"}},
    ),
    "the one before the last": (
        [("a", "1 + 1"), ("b", "[3]"), ("c", "print(__)")],
        {("a", "b"): {"_"}, ("b", "c"): {"__"}},
    ),
    "by number": (
        [("a", "1 + 1"), ("b", "2 + 2"), ("c", "print(_1, Out[2])")],
        {("a", "c"): {"_1"}, ("b", "c"): {"_2"}},
    ),
    "inside a function": (
        [("a", "def f():\n    return _"), ("b", "1 + 1"), ("c", "print(f())")],
        {("b", "c"): {"_"}},
    ),
    "a variable of that name": (
        [("a", "_ = [1]"), ("b", "1 + 1"), ("c", "print(_)")],
        {("a", "c"): {"_"}},
    ),
    "a setting that is displayed": (
        [("a", "1 + 1"), ("b", "import pandas as pd\npd.set_option('display.width', 60)"), ("c", "print(_)")],
        {("a", "b"): {"_"}, ("b", "c"): {"_"}},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "edges"), DISPLAYED.values(), ids=DISPLAYED)
def test_displayed_values_travel(analysis, cells, edges):
    found = analysis(*cells)
    assert found.codes == []
    assert found.edges == edges


UNUSED = {
    "nobody reads them": [("a", "1 + 1"), ("b", "2 + 2"), ("c", "3 + 3")],
    "names of a loop": [("a", "1 + 1"), ("b", "for _ in range(3): print(_)"), ("c", "2 + 2")],
    "names of its own": [("a", "1 + 1"), ("b", "print([_ for _ in 'ab'], (lambda _: _)(1))")],
    "a part that is left out": [("a", "_, x = 1, 2"), ("b", "1 + 1"), ("a", "print(x)")],
}


@pytest.mark.parametrize("cells", UNUSED.values(), ids=UNUSED)
def test_displays_tie_nothing_where_nobody_reads_them(analysis, cells):
    found = analysis(*cells)
    assert codes(found) == []
    assert found.edges == {}


HIDDEN = {
    "globals": "globals()[''.join(['x'])] = [2]",
    "update": "globals().update(dict(x=[2]))",
    "kept": "names = globals()\nnames['x'] = [2]",
    "locals": "locals()['x'] = [2]",
    "an element": "globals()['x'].append(2)",
    "exec": "exec(' '.join(['x', '= [2]']))",
    "eval": "eval('.'.join(['x', 'append(2)']))",
    "the shell": "get_ipython().user_ns['x'] = [2]",
    "the shell runs": "get_ipython().ex('x = [2]')",
    "a magic that is not known": "%unheard x",
    "the main module": "import __main__\n__main__.x = [2]",
    "the main module among all": "import sys\nsetattr(sys.modules['__main__'], 'x', [2])",
}


@pytest.mark.parametrize("source", HIDDEN.values(), ids=HIDDEN)
def test_hidden_writes_are_handed_on(analysis, source):
    found = analysis(("a", "x = [1]"), ("b", source), ("c", "print(x)"))
    assert "x" in found.edges[("b", "c")]
    assert found.codes == []


@pytest.mark.parametrize("source", HIDDEN.values(), ids=HIDDEN)
def test_they_also_make_names_that_no_cell_defines(analysis, source):
    found = analysis(("a", "y = [1]"), ("b", source), ("c", "print(x)"))
    if "append" not in source:
        assert "x" in found.edges[("b", "c")]
        assert "NB203" not in codes(found)


def test_hidden_reads_are_no_writes(analysis):
    found = analysis(
        ("a", "x = [1]"), ("b", "print('x' in globals(), globals()['x'])"), ("c", "print(x)")
    )
    assert found.edges == {("a", "b"): {"x"}, ("a", "c"): {"x"}}


def test_a_functions_own_locals_reach_nothing_else(analysis):
    found = analysis(
        ("a", "x = [1]"), ("b", "def f(y):\n    return '{y}'.format(**locals())\nprint(f(1))")
    )
    assert found.edges == {}
    assert codes(found) == []
