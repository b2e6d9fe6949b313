"""Decorators of every kind, split in two ways: the pipeline shows what the notebook shows, or is refused."""

from pathlib import Path

import pytest

from tests.cases.test_language_cases import cells_of, in_two_steps, read_cases
from tests.generated.execute import compare

CASES = read_cases(Path(__file__).with_name("decorators.txt"))
# What such a function keeps cannot travel, and is said so.
REFUSED = {
    "the results of a cache are counted",
    "a method that caches prints",
    "cached method whose object changes",
    "cached with a limit and prints",
    "singledispatch by calls",
    "singledispatch held elsewhere",
}


@pytest.mark.parametrize("steps", ["a step for each cell", "two steps"])
@pytest.mark.parametrize("title", CASES)
def test_the_pipeline_shows_what_the_notebook_shows(title, steps):
    cells = cells_of(CASES[title])
    if steps == "two steps":
        cells = in_two_steps(cells)
    outcome = compare(cells)
    expected = ("refused", ("NB212",)) if title in REFUSED else ("equal", ())
    assert (outcome.kind, outcome.codes) == expected, outcome.difference
