"""What lists variables, the history or the kernel of the notebook is refused in a pipeline of several steps."""

import pytest


def errors(found):
    return [d.code.number for d in found.diagnostics if d.severity == "error"]


LISTINGS = [
    "%who", "%whos DataFrame", "names = %who_ls", "dir()", "names = dir()", "print(dir())",
    "globals().keys()", "for name, value in globals().copy().items(): print(name)", "sorted(globals())",
    "print(locals())", "vars()", "[*globals()]", "f'{globals()}'", "[name for name in vars()]",
    "def show():\n    print(len(globals()))\nshow()",
]  # fmt: skip


@pytest.mark.parametrize("source", LISTINGS)
def test_lists_of_variables(analysis, source):
    assert errors(analysis(("a", "x = 1"), ("b", source))) == ["NB219"]
    assert errors(analysis(("a", "x = 1"), ("a", source))) == []


PLAIN = [
    "dir(str)", "vars(str)", "print('x' in globals(), 'x' in dir())", "globals()['x']",
    "globals().get('x')", "'%(x)d' % globals()", "'{x}'.format(**globals())",
    "def f(x):\n    return sorted(locals()), dir()\nf(2)", "class A:\n    names = dir()",
    "dir = list\ndir()",
]  # fmt: skip


@pytest.mark.parametrize("source", PLAIN)
def test_what_lists_no_variables_of_the_notebook(analysis, source):
    assert errors(analysis(("a", "x = 1"), ("b", source))) == []


def test_a_step_that_has_all_cells_so_far_knows_all_their_variables(analysis):
    cells = [("a", "x = 1"), ("a", "%whos"), ("b", "print(x)")]
    assert errors(analysis(*cells)) == []
    assert errors(analysis(*cells, ("a", "%who"))) == ["NB219"]


@pytest.mark.parametrize("magic", ["%history -n", "%hist", "%recall 1", "%macro again 1"])
def test_the_history_of_inputs(analysis, magic):
    assert errors(analysis(("a", "x = 1"), ("b", magic))) == ["NB208"]


@pytest.mark.parametrize("magic", ["%lsmagic", "%autosave 60", "%clear", "%env", "%config"])
def test_magics_of_the_kernel(analysis, magic):
    assert errors(analysis(("a", "x = 1"), ("b", f"{magic}\nx"))) == ["NB220"]


@pytest.mark.parametrize("magic", ["%env HOME", "%config InlineBackend.figure_format = 'png'"])
def test_magics_that_a_step_has(analysis, magic):
    assert errors(analysis(("a", "x = 1"), ("b", f"{magic}\nx"))) == []
