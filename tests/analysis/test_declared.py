"""Tags that declare effects make and take away edges, and are checked."""

from dataclasses import replace

import pytest

from nb2pipe.frontend.tags import parse_tag
from tests.analysis.conftest import Analysis, lay_out


def analyse(*cells):
    """Analyse cells given as (step, source, *tags)."""
    layout = lay_out(*(cell[:2] for cell in cells))
    return Analysis(
        replace(
            layout,
            cells=tuple(
                replace(laid, declared=tuple(parse_tag(tag) for tag in cell[2:]))
                for laid, cell in zip(layout.cells, cells, strict=True)
            ),
        )
    )


LOAD = ("a", "import lib\nx = lib.load()\ny = [1]")


def test_pure_takes_the_caution_away():
    careful = analyse(LOAD, ("b", "lib.show(x)"), ("c", "lib.draw(x)"))
    assert ("b", "c") in careful.edges
    for tag in ("pure", "pure:x"):
        trusting = analyse(LOAD, ("b", "lib.show(x)", tag), ("c", "lib.draw(x)", tag))
        assert trusting.edges == {("a", "b"): {"x"}, ("a", "c"): {"x"}}


def test_pure_of_another_name_does_not():
    assert ("b", "c") in analyse(
        LOAD, ("b", "lib.show(x, y)", "pure:y"), ("c", "lib.draw(x)")
    ).edges


def test_pure_takes_a_certain_change_no_less_seriously_and_says_so():
    found = analyse(LOAD, ("b", "y.append(2)", "pure"), ("c", "print(y)"))
    assert ("b", "c") in found.edges
    assert [(d.code.number, d.span.line) for d in found.diagnostics] == [("NB109", 1)]


def test_pure_state_is_not_drawn_from():
    cells = [
        ("a", "import numpy as np, lib\nnp.random.seed(len('abc'))"),
        ("b", "print(np.random.rand())"),
        ("c", "print(np.random.rand())", "pure:state=numpy.random"),
    ]
    assert ("b", "c") not in analyse(*cells).edges


def test_mutates_makes_a_writer_of_the_name_and_its_aliases():
    found = analyse(
        ("a", "x = [1]\nalias = x"), ("b", "print('plugin')", "mutates:x"), ("c", "print(alias)")
    )
    assert found.edges[("a", "b")] == {"x", "alias"}
    assert ("b", "c") in found.edges


def test_reads_brings_the_name():
    cells = [("a", "x = [1]"), ("b", "print(globals()['x'])", "reads:x")]
    assert analyse(*cells).edges == {("a", "b"): {"x"}}
    assert analyse(*cells).diagnostics == ()


def test_writes_makes_the_name():
    found = analyse(
        ("a", "text = ' '.join(['x =', '1'])"), ("b", "exec(text)", "writes:x"), ("c", "print(x)")
    )
    assert found.edges == {("a", "b"): {"text"}, ("b", "c"): {"x"}}
    assert found.diagnostics == ()


def test_a_name_that_a_tag_makes_may_be_any_other():
    found = analyse(
        ("a", "x = [1]"),
        ("b", "globals()['y'] = x", "writes:y"),
        ("c", "y.append(2)"),
        ("d", "print(x)"),
    )
    assert ("c", "d") in found.edges


@pytest.mark.parametrize("tag", ["writes:file=out/log.txt", "mutates:file=out/log.txt"])
def test_files_travel(tag):
    found = analyse(("a", "save()", tag), ("b", "load()", "reads:file=out/log.txt"))
    assert found.edges == {("a", "b"): {"out/log.txt"}}


@pytest.mark.parametrize("effect", ["pure", "reads", "mutates"])
def test_a_name_that_does_not_exist_is_an_error_with_a_suggestion(effect):
    found = analyse(("a", "rows = [1]"), ("b", "print(rows)", f"{effect}:row"))
    (diagnostic,) = [d for d in found.diagnostics if d.is_error]
    assert diagnostic.code.number == "NB113"
    assert f"`{effect}:row`" in diagnostic.message
    assert diagnostic.hint == "did you mean `rows`?"
    assert diagnostic.span.cell == 2


def test_a_name_that_the_cell_itself_makes_exists():
    assert analyse(("a", "rows = [1]", "mutates:rows"), ("b", "print(rows)")).codes == []
