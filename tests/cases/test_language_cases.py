"""Python at its nastiest, each under two splits: the pipeline shows what the notebook shows, or is refused."""

import re
from pathlib import Path

import pytest

from tests.generated.execute import compare


def read_cases(path):
    text = path.read_text(encoding="utf-8")
    return dict(part.split("\n", 1) for part in re.split(r"^=== ", text, flags=re.MULTILINE)[1:])


CASES = read_cases(Path(__file__).with_name("language.txt"))
# What cannot be kept across steps, and is said so.
REFUSED = {
    "an abstract class gets a class of Python": ("refused", ("NB212",)),
    "an abstract class gets a class of Python in another step": ("refused", ("NB212",)),
    "a problem of an optimiser is solved again in another step": ("stopped", ("NB501",)),
    "a class knows its objects weakly": ("stopped", ("NB504",)),
    "the attributes of a simple namespace, as a dictionary": ("stopped", ("NB504",)),
    "a counter counts in its own way": ("stopped", ("NB510",)),
    "what an iterator over a dictionary comes to changes, and then its size": (
        "stopped",
        ("NB504",),
    ),
    "iterators over dictionaries of other kinds": ("stopped", ("NB504",)),
    "a class is stored as the notebook says": ("stopped", ("NB510",)),
    "the bases of a class change": ("refused", ("NB217",)),
    "a library calls a method that changes its class": ("stopped", ("NB508",)),
    "labels get a name, and frames share them": ("stopped", ("NB213",)),
    "labels get a name, and frames made in the same cell share them": ("stopped", ("NB213",)),
    "the shell is to call something later": ("refused", ("NB217",)),
    "what a cell showed is replaced by another": ("refused", ("NB206",)),
    "a class forgets a part of its objects that it could make again": ("stopped", ("NB510",)),
    "keys of a dictionary change their hash": ("stopped", ("NB504",)),
    "keys of a dictionary become equal": ("stopped", ("NB504",)),
    "reading a database changes it": ("stopped", ("NB508",)),
    "functions that draw are kept in a list": ("stopped", ("NB509",)),
    "attributes made on demand": ("stopped", ("NB505",)),
    "a generator expression reads a name when it is used": ("refused", ("NB206",)),
    "an attribute of a class, and a name for the same object": ("refused", ("NB213",)),
    "a frozen set that was made by taking something away is walked": ("stopped", ("NB504",)),
    "a class that forgets a part of its objects when they are stored": ("stopped", ("NB510",)),
    "a singleton": ("stopped", ("NB508",)),
    "a class is registered with an abstract one": ("refused", ("NB212",)),
    "a base class changes, and its name means another class then": ("refused", ("NB216",)),
    "a weak reference": ("refused", ("NB206",)),
    "a library keeps the results of a function in a folder": ("refused", ("NB212",)),
    "a descriptor keeps values under addresses": ("refused", ("NB206",)),
    "the context of decimal numbers comes from a function": ("refused", ("NB206",)),
    "a list grows that an iterator walks and a tuple holds, made in two steps": (
        "refused",
        ("NB213",),
    ),
    "a list that a class made is in another one, too, and grows in another step": (
        "refused",
        ("NB213",),
    ),
    "a list that a base class made is in another one, too, and grows in another step": (
        "refused",
        ("NB213",),
    ),
    "a default value is in a list, too, and grows in another step": ("refused", ("NB213",)),
    "a list that a class made comes back to its step in another one": ("refused", ("NB213",)),
    "an alias is loaded beside an own object that holds it": ("refused", ("NB213",)),
    "a file is written when its handle is let go": ("refused", ("NB206",)),
    "a file is written when the last name of its handle is deleted": ("refused", ("NB206",)),
    "a file is written by print, line by line": ("refused", ("NB206",)),
    "a file is read while a handle has something for it": ("refused", ("NB206",)),
    "lines were read ahead": ("stopped", ("NB504",)),
    "an object of a class that changed, whose name means another class by then": (
        "refused",
        ("NB216",),
    ),
    "an object of a class that is not the same each time, whose name means another class by then": (
        "refused",
        ("NB216",),
    ),
}


def cells_of(text):
    cells = [part.split("\n", 1) for part in re.split(r"^# %% ", text, flags=re.MULTILINE)[1:]]
    return [(step, source.rstrip("\n")) for step, source in cells]


def in_two_steps(cells):
    half = (len(cells) + 1) // 2
    return [(f"s{place >= half}", source) for place, (_, source) in enumerate(cells)]


def in_a_step_each(cells):
    return [(f"s{place}", source) for place, (_, source) in enumerate(cells)]


@pytest.mark.parametrize("title", CASES)
def test_as_it_is_tagged(title):
    outcome = compare(cells_of(CASES[title]))
    assert outcome.kind == "equal" or (outcome.kind, outcome.codes) == REFUSED.get(title), (
        outcome.difference
    )


@pytest.mark.parametrize("title", CASES)
def test_with_a_step_for_each_cell(title):
    outcome = compare(in_a_step_each(cells_of(CASES[title])))
    assert outcome.kind == "equal" or (outcome.kind, outcome.codes) == REFUSED.get(title), (
        outcome.difference
    )
