"""What a step stores must share nothing with what another one changes later, if the compiler knows of no tie."""

import numpy as np
import pandas as pd
import pytest

from nb2pipe.runtime.ties import share

FRAME = pd.DataFrame({"x": [1, 2], "k": ["a", "b"]}, index=["p", "q"])
ARRAY = np.arange(6.0)
ROWS = [{"n": 1}, {"n": 2}]


class Kept:
    """An object of a library that keeps what it gets."""

    def __init__(self, kept):
        self.kept = kept


class SearchIndex:
    """An object of the notebook, whatever it is called."""


SearchIndex.__module__ = "__main__"
FOUND = [SearchIndex()]
SHARED = {
    "objects of the notebook": (pd.Series(FOUND), FOUND),
    "a view": (ARRAY[2:], ARRAY),
    "an array in an object of a library": (Kept(ARRAY), ARRAY),
    "an array in a list": ([1, (ARRAY,)], {"a": ARRAY[::2]}),
    "elements of a list": (ROWS[1:], ROWS),
    "elements of a column": (pd.Series(ROWS), ROWS),
    "elements of an array": (np.array(ROWS), ROWS),
    "a column": (FRAME["x"], FRAME),
}
APART = {
    "a copy": (ARRAY.copy(), ARRAY),
    "another part": (ARRAY[:2], ARRAY[2:]),
    "labels alone": (FRAME / FRAME[["x"]].sum(), FRAME[["x"]] * 2),
    "labels and texts": (FRAME.reset_index(), FRAME),
    "a frame made of another": (FRAME.assign(z=1), FRAME),
    "texts": (["a", "b"], ["b", "a"]),
    "an array that nobody can change": (np.broadcast_to(ARRAY, (2, 6)), ARRAY[:0]),
    "a function and a class": ([len, dict, Kept], [len, dict, Kept]),
}


@pytest.mark.parametrize("pair", SHARED.values(), ids=SHARED)
def test_a_change_would_show(pair):
    assert share(*pair)
    assert share(*reversed(pair))


@pytest.mark.parametrize("pair", APART.values(), ids=APART)
def test_no_change_would_show(pair):
    assert not share(*pair)
