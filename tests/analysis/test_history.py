"""The output history and variables that are reached by names as text."""

import pytest


def codes(found):
    return [d.code.number for d in found.diagnostics if d.code.number != "NB303"]


SAME_STEP = {
    "the last output": [("a", "1 + 1"), ("a", "print(_)")],
    "over what displays nothing": [("a", "1 + 1"), ("b", "x = 3"), ("a", "print(_)")],
    "over what hides its value": [("a", "1 + 1"), ("b", "2 + 2;"), ("a", "print(_)")],
    "by number": [("a", "1 + 1"), ("b", "2 + 2"), ("a", "print(Out[1], _1, _oh[1])")],
    "the source by number": [("a", "1 + 1"), ("b", "2 + 2"), ("a", "print(_i1)")],
    "everything": [("a", "1 + 1"), ("a", "print(__, In, Out, _ih)")],
    "a variable of that name": [("a", "_ = 3"), ("b", "print(_)")],
}


@pytest.mark.parametrize("cells", SAME_STEP.values(), ids=SAME_STEP)
def test_history_of_the_step_itself_is_there(analysis, cells):
    assert codes(analysis(*cells)) == []


OTHER_STEP = {
    "the last output": [("a", "1 + 1"), ("b", "print(_)")],
    "another step in between": [("a", "1 + 1"), ("b", "2 + 2"), ("a", "print(_)")],
    "what may display": [("a", "1 + 1"), ("b", "print(2)"), ("a", "print(_)")],
    "the one before the last": [("a", "1 + 1"), ("b", "x = [3]"), ("a", "print(__)")],
    "by number": [("a", "1 + 1"), ("b", "2 + 2"), ("a", "print(Out[2])")],
    "by a computed number": [("a", "1 + 1"), ("b", "2 + 2"), ("a", "print(Out[len([1])])")],
    "inside a function": [("a", "def f():\n    return _"), ("a", "1 + 1"), ("b", "print(f())")],
}


@pytest.mark.parametrize("cells", OTHER_STEP.values(), ids=OTHER_STEP)
def test_history_of_another_step_is_refused(analysis, cells):
    assert "NB208" in codes(analysis(*cells))


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


def test_what_a_call_of_the_step_itself_may_display_is_its_own(analysis):
    assert "NB208" not in codes(analysis(("a", "1 + 1"), ("b", "f = abs\nf(3)"), ("b", "print(_)")))


def test_what_a_call_between_steps_may_display_is_refused(analysis):
    between = [("a", "1 + 1"), ("b", "2 + 2"), ("a", "print()"), ("a", "print(_)")]
    assert "NB208" in codes(analysis(*between))
