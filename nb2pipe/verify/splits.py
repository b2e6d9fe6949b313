"""Splits: which step each code cell belongs to, drawn at random and reproducible by a seed."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MOST_CHUNKS: Final = 6
MOST_DEALT: Final = 4


class SplitKind(StrEnum):
    """How a notebook is split."""

    AS_TAGGED = "as tagged"
    CUTS = "cuts"
    INTERLEAVED = "interleaved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Steps by cell: `steps` maps positions among the code cells to names; None is the notebook's own tags."""

    number: int
    kind: SplitKind
    steps: Mapping[int, str] | None = None

    def cells(self) -> dict[str, list[int]]:
        """Return the positions of every step's cells."""
        found: dict[str, list[int]] = {}
        for position, step in (self.steps or {}).items():
            found.setdefault(step, []).append(position)
        return found


def draw_split(
    number: int, seed: int, cells: Sequence[int], needs: Mapping[int, frozenset[int]]
) -> Split:
    """Return split `number` (from 1) of a seed: every fifth one interleaves its steps.

    Interleaved steps follow the dataflow: the cells are put in a random order in which each comes
    after those that it needs, and that order is cut. So the steps can always run one after the
    other, however they lie in the notebook.

    Args:
        number: which split.
        seed: what it is drawn from; the same seed and number give the same split.
        cells: positions of the cells to deal, in notebook order.
        needs: for each of them the cells that it needs directly.
    """
    source = random.Random(f"{seed}/{number}")  # noqa: S311 -- nothing secret
    if number % 5:
        chunks = _cut(cells, source, MOST_CHUNKS)
        return Split(number=number, kind=SplitKind.CUTS, steps=_named(chunks))
    chunks = _cut(_shuffled(cells, needs, source), source, MOST_DEALT)
    return Split(number=number, kind=SplitKind.INTERLEAVED, steps=_named(chunks))


def _cut(cells: Sequence[int], source: random.Random, most: int) -> list[Sequence[int]]:
    """Cut a sequence at random places into two parts or more, as long as there are cells enough."""
    count = min(source.randint(2, most), len(cells))
    cuts = sorted(source.sample(range(1, len(cells)), count - 1)) if count > 1 else []
    return [cells[start:end] for start, end in zip([0, *cuts], [*cuts, len(cells)], strict=True)]


def _shuffled(
    cells: Sequence[int], needs: Mapping[int, frozenset[int]], source: random.Random
) -> list[int]:
    """Return a random order in which every cell comes after those that it needs."""
    waiting = list(cells)
    done: list[int] = []
    while waiting:
        free = [cell for cell in waiting if not needs.get(cell, frozenset()) & set(waiting)]
        chosen = source.choice(free or waiting)
        waiting.remove(chosen)
        done.append(chosen)
    return done


def _named(chunks: Sequence[Sequence[int]]) -> dict[int, str]:
    """Name the steps `s1`, `s2`, … in notebook order of their first cells."""
    ordered = sorted(chunks, key=min)
    return {
        position: f"s{number}"
        for number, chunk in enumerate(ordered, 1)
        for position in sorted(chunk)
    }
