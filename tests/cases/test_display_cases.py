"""Values that other steps displayed: `_` and its kin are what they are in the notebook, or are refused."""

from pathlib import Path

import pytest

from tests.cases.test_language_cases import cells_of, in_a_step_each, in_two_steps, read_cases
from tests.generated.execute import compare

CASES = read_cases(Path(__file__).with_name("displays.txt"))
# What `_` is depends on which object was displayed.
REFUSED = {
    "user binds it in a loop and then displays",
    "deleted",
    "global in a function",
    "conditional",
    "assigned from itself",
    "an object bound and displayed",
    "second name bound",
}


@pytest.mark.parametrize("steps", ["a step for each cell", "two steps"])
@pytest.mark.parametrize("title", CASES)
def test_the_pipeline_shows_what_the_notebook_shows(title, steps):
    cells = in_a_step_each(cells_of(CASES[title]))
    if steps == "two steps":
        cells = in_two_steps(cells)
    outcome = compare(cells)
    expected = ("refused", ("NB208",)) if title in REFUSED else ("equal", ())
    assert (outcome.kind, outcome.codes) == expected, outcome.difference
