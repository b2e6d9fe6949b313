"""What was displayed last goes on in another step, in images with and without IPython."""

import pytest

from tests.runtime.conftest import cells, manifest, texts

LAST = ["_", "__", "___"]


@pytest.fixture(params=["plain", "notebook_image"])
def image(request):
    return request.getfixturevalue(request.param)


def go_on(image, before, names, after, history):
    """Store `names` after the cells `before`, load them before the cells `after`, and run those."""
    port = {"names": names}
    program = [*cells(len(before)), {"op": "store", "output": "it"}]
    stored = image(manifest(program, outputs={"it": port}), before)
    assert stored["error"] is None, stored["stderr"]
    runs = [{**cell, "count": cell["count"] + 4, "history": history} for cell in cells(len(after))]
    program = [{"op": "load", "input": "it", "names": names}, *runs]
    result = image(manifest(program, inputs={"it": {}}), after)
    assert result["error"] is None, result["stderr"]
    return texts(result)


def test_values_move_on_from_those_of_another_step(image):
    after = ["_ + 10", "print(_, __, ___)", "9;", "None", "_, _5"]
    assert go_on(image, ["1", "2"], ["_", "__"], after, LAST) == "1212 2 1\n(12, 12)"


def test_what_the_notebook_assigned_stays(image):
    assert go_on(image, ["_ = 3"], ["_"], ["5", "print(_)", "_ + 1", "print(_)"], []) == "53\n43\n"


def test_values_are_found_by_number(image):
    after = ["print(Out[2], _2, _oh[2])", "7", "print(Out[6], sorted(Out))"]
    assert go_on(image, ["1", "2"], ["_2"], after, ["_2"]) == "2 2 2\n77 [2, 6]\n"


def test_nothing_was_displayed_yet(image):
    run = [{**cell, "history": LAST} for cell in cells(2)]
    result = image(manifest(run), ["print(repr(_))\n3", "print(_, repr(__))"])
    assert texts(result) == "''\n33 ''\n"
