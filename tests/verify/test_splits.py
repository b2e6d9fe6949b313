from hypothesis import given
from hypothesis import strategies as st

from nb2pipe.verify import SplitKind
from nb2pipe.verify.splits import draw_split

CHAIN = {position: frozenset(range(position)) for position in range(40)}
NUMBERS = st.integers(1, 50)


@given(NUMBERS, st.integers(), st.integers(2, 40))
def test_a_split_deals_every_cell_to_one_of_two_or_more_steps(number, seed, size):
    split = draw_split(number, seed, range(size), {})
    assert set(split.steps) == set(range(size))
    assert len(set(split.steps.values())) >= 2


@given(NUMBERS, st.integers())
def test_number_and_seed_give_the_same_split_again(number, seed):
    draws = [draw_split(number, seed, range(20), CHAIN) for _ in range(2)]
    assert draws[0] == draws[1]


def test_every_fifth_split_interleaves_and_the_others_cut():
    kinds = [draw_split(number, 0, range(20), {}).kind for number in range(1, 11)]
    assert kinds == [*[SplitKind.CUTS] * 4, SplitKind.INTERLEAVED] * 2


@given(NUMBERS.filter(lambda number: number % 5), st.integers())
def test_cuts_leave_each_step_in_one_piece(number, seed):
    split = draw_split(number, seed, range(20), {})
    for cells in split.cells().values():
        assert cells == list(range(cells[0], cells[-1] + 1))


@given(st.integers(), st.integers(4, 20))
def test_interleaved_steps_never_need_each_other(seed, size):
    needs = {
        position: frozenset({position - 2} if position > 1 else ()) for position in range(size)
    }
    split = draw_split(5, seed, range(size), needs)
    edges = {
        (split.steps[needed], split.steps[position])
        for position, found in needs.items()
        for needed in found
        if split.steps[needed] != split.steps[position]
    }
    remaining = set(split.steps.values())
    while remaining:
        free = {
            step for step in remaining if not any((other, step) in edges for other in remaining)
        }
        assert free, "a cycle"
        remaining -= free


def test_interleaving_deals_the_cells_of_independent_chains_across_each_other():
    needs = {position: frozenset({position - 2} if position > 1 else ()) for position in range(20)}
    splits = [draw_split(5, seed, range(20), needs) for seed in range(10)]
    assert any(
        cells != list(range(cells[0], cells[-1] + 1))
        for split in splits
        for cells in split.cells().values()
    )
