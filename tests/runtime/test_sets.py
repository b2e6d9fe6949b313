"""Sets are walked in the same order when they are read back, and go on alike."""

import random

import pytest

from nb2pipe.runtime.pickling import Loader, dump_values
from nb2pipe.runtime.sets import LOST


def element(rng):
    kinds = [
        lambda: rng.randrange(-50, 200),
        lambda: f"w{rng.randrange(5000)}",
        lambda: (rng.randrange(50), f"x{rng.randrange(50)}"),
        rng.random,
        lambda: frozenset({rng.randrange(9), rng.randrange(9)}),
    ]
    return rng.choice(kinds)()


def made_somehow(rng):
    """Return a set with a history: it grew, lost elements, was merged, was popped from."""
    some = [element(rng) for _ in range(int(2 ** rng.uniform(0, 10)))]
    result = set(some)
    for _ in range(rng.randrange(4)):
        change = rng.randrange(5)
        if change == 0:
            result.difference_update(rng.sample(some, len(some) // 3))
        elif change == 1:
            result.update(element(rng) for _ in range(len(some) // 4))
        elif change == 2:
            result |= {element(rng) for _ in some}
        elif change == 3 and result:
            result.pop()
        else:
            result = {*result}
    return result


def stored(value):
    LOST.clear()
    return Loader(dump_values({"value": value}, {})).load()["value"]


@pytest.mark.parametrize("seed", range(20))
def test_sets_go_on_alike(seed):
    rng = random.Random(seed)
    lost = 0
    for _ in range(20):
        value = made_somehow(rng)
        again = stored(value)
        assert again == value
        if LOST:  # which the step says
            lost += 1
            continue
        assert [*again] == [*value]
        for _ in range(rng.randrange(40)):
            if value and rng.random() < 0.3:
                assert value.pop() == again.pop()
            else:
                new = element(rng)
                value.add(new)
                again.add(new)
        assert [*again] == [*value]
    assert lost <= 2


@pytest.mark.parametrize("seed", range(5))
def test_frozen_sets_keep_their_order_or_are_noted(seed):
    rng = random.Random(seed)
    lost = 0
    for _ in range(40):
        made = made_somehow(rng)
        value = rng.choice([frozenset(made), frozenset([*made])])
        again = stored(value)
        assert again == value
        assert type(again) is frozenset
        lost += bool(LOST)
        assert LOST or [*again] == [*value]
    assert lost <= 12


def test_a_set_that_is_known_in_two_places_and_to_its_elements_stays_one():
    class Node:
        def __init__(self, name, nodes):
            self.name, self.nodes = name, nodes

        def __hash__(self):
            return hash(self.name)

        def __eq__(self, other):
            return self.name == other.name if isinstance(other, Node) else NotImplemented

    nodes = set()
    nodes.update(Node(f"n{number}", nodes) for number in range(30))
    first, second = stored([nodes, [nodes]])
    assert second[0] is first
    assert [node.name for node in first] == [node.name for node in nodes]
    assert all(node.nodes is first for node in first)
