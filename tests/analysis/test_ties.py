"""Hints about what makes steps wait: few, and only where something can be gained."""

from tests.analysis.test_declared import analyse

LOAD = ("a", "import lib\nx = lib.load()\ny = [1]")


def hints(found, code):
    return [d for d in found.diagnostics if d.code.number == code]


def test_caution_that_makes_a_step_wait_is_told_once_with_the_tag_that_ends_it():
    found = analyse(LOAD, ("b", "print(1)\nlib.show(x)\nlib.show(x)"), ("c", "print(x)"))
    (hint,) = hints(found, "NB214")
    assert (hint.span.cell, hint.span.line) == (2, 2)
    assert "`x`" in hint.message
    assert "step `c` waits" in hint.message
    assert "tag cell 2 `pure:x`" in hint.hint
    assert "`lib.show`" in hint.hint
    trusting = analyse(
        LOAD, ("b", "print(1)\nlib.show(x)\nlib.show(x)", "pure:x"), ("c", "print(x)")
    )
    assert ("b", "c") not in trusting.edges
    assert not trusting.diagnostics


def test_caution_that_costs_nothing_is_not_told():
    for cells in (
        [LOAD, ("b", "lib.show(x)")],  # nobody comes after
        [LOAD, ("b", "lib.show(x)\nz = [x[0]]"), ("c", "print(x, z)")],  # it waits anyway
        [LOAD, ("b", "x.append(1)"), ("c", "print(x)")],  # it is certain
        [("a", LOAD[1] + "\nlib.show(x)"), ("b", "print(x)")],  # in one step
    ):
        assert hints(analyse(*cells), "NB214") == []


def test_a_long_way_round_counts_as_waiting():
    found = analyse(LOAD, ("b", "lib.show(x)\nz = [1]"), ("c", "w = [z[0]]"), ("d", "print(x, w)"))
    assert hints(found, "NB214") == []


DRAW = "import numpy as np\nnp.random.seed(int('1'))\na = np.random.rand()"


def test_steps_tied_by_a_generator_alone_are_told_how_to_part():
    found = analyse(("a", DRAW), ("b", "b = np.random.rand()"), ("c", "c = np.random.rand()"))
    (hint,) = hints(found, "NB209")
    assert "`numpy.random`" in hint.message
    assert "numpy.random.default_rng(SEED)" in hint.hint
    assert hint.span.cell == 1


def test_steps_that_wait_for_a_variable_as_well_are_not():
    assert hints(analyse(("a", DRAW), ("b", "b = np.random.rand() + a")), "NB209") == []


def test_each_file_that_travels_is_told_once():
    found = analyse(
        ("a", "open('x', 'w').write('1'); open('y', 'w').write('1')"),
        ("b", "print(open('x').read())"),
        ("c", "print(open('x').read())"),
        ("a", "print(open('y').read())"),
    )
    (hint,) = hints(found, "NB210")
    assert "`x` travels from step `a` to step `b`" in hint.message
