"""Fingerprints see what changed, wherever it is, and nothing else."""

import random
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LinearRegression

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from fingerprint import fingerprint


class Own:
    """An object of a class of the notebook."""

    def __init__(self):
        self.items = []
        self._cache = {}


def first_of(default=[]):  # noqa: B006 -- it is what is looked at
    return default


def frame():
    return pd.DataFrame({"a": [1, 2], "b": ["x", "y"]}, index=pd.Index([0, 1], name="i"))


CHANGES = {
    "an inner list": (lambda: {"k": [[1]]}, lambda value: value["k"][0].append(2)),
    "an attribute": (Own, lambda value: value.items.append(1)),
    "an object in a set": (lambda: {Own()}, lambda value: next(iter(value)).items.append(1)),
    "an element of an array": (lambda: np.zeros(3), lambda value: value.put(0, 1)),
    "an array of another class": (lambda: np.ma.array([1, 2]), lambda value: value.put(0, 7)),
    "an object in an array": (
        lambda: np.array([[1], [2, 3]], dtype=object),
        lambda value: value[0].append(2),
    ),
    "a column": (frame, lambda value: value.insert(0, "c", 1)),
    "a cell": (frame, lambda value: value.isetitem(0, [3, 4])),
    "the name of an index": (frame, lambda value: setattr(value.index, "name", "j")),
    "an estimator": (LinearRegression, lambda value: value.fit([[1], [2]], [1, 2])),
    "a generator of one's own": (lambda: np.random.default_rng(0), lambda value: value.random()),
    "an old generator": (
        lambda: random.Random(0),
        lambda value: value.random(),
    ),
    "an iterator": (lambda: iter([1, 2]), next),
    "a default argument": (lambda: first_of, lambda value: value().append(1)),
}
NO_CHANGES = {
    "a cache": (Own, lambda value: value._cache.update(a=1)),
    "a look at a frame": (frame, lambda value: (value["a"].mean(), value.to_numpy(), str(value))),
    "a look at a grouped frame": (lambda: frame().groupby("b"), lambda value: value.sum()),
    "a prediction": (
        lambda: LinearRegression().fit([[1], [2]], [1, 2]),
        lambda value: value.predict([[3]]),
    ),
    "the same order": (lambda: [1, 2], sorted),
}


@pytest.fixture(autouse=True)
def notebook_functions(monkeypatch):
    """Let functions and classes of this file count as those of a notebook."""
    monkeypatch.setattr(first_of, "__module__", "__main__")


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_shows(case):
    make, change = CHANGES[case]
    value = make()
    before = fingerprint(value)

    change(value)

    assert fingerprint(value).content != before.content


@pytest.mark.parametrize("case", NO_CHANGES)
def test_a_look_does_not_show(case):
    make, look = NO_CHANGES[case]
    value = make()
    before = fingerprint(value)

    look(value)

    assert fingerprint(value) == before


def test_an_equal_value_in_the_place_of_the_old_one_is_told_apart():
    value = Own()
    before = fingerprint(value)

    value.items = []

    assert fingerprint(value).content == before.content
    assert fingerprint(value).identity != before.identity
