"""Where to cut a sequence of cells: the cheapest of all ways, found by dynamic programming."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_UNEVEN: Final = 25.0
"""What a part costs that holds all the work; one with a tenth of it costs a hundredth of that.

With cuts that cost about 1 it makes about five parts."""

_HEADING: Final = 0.15
_BASE: Final = 1.0
_VARIABLE: Final = 0.8
_MOST_VARIABLES: Final = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Boundary:
    """The place before a cell: the variables that a cut there would store, and the heading above.

    `level` is the heading's, 1 for the largest; None without one.
    """

    variables: int
    level: int | None = None

    def cost(self) -> float:
        """Return what a cut here costs, from about 0.2 at a heading to 11."""
        cost = _BASE + _VARIABLE * min(self.variables, _MOST_VARIABLES)
        return cost if self.level is None else cost * _HEADING * (1 + self.level / 2)


def choose_cuts(
    work: Sequence[float], boundaries: Sequence[Boundary], forbidden: frozenset[int]
) -> tuple[int, ...]:
    """Return the positions before which to cut, ascending.

    Args:
        work: how much each cell does, in any unit; what each part holds of it shall be even.
        boundaries: the place before each cell; the first counts for nothing.
        forbidden: positions that must not be cut.
    """
    total = sum(work) or 1.0
    sums = [0.0]
    for amount in work:
        sums.append(sums[-1] + amount / total)
    best: list[tuple[float, int]] = [(0.0, 0)]  # cost of the first n cells, and their last cut
    for end in range(1, len(work) + 1):
        starts = (start for start in range(end) if start == 0 or start not in forbidden)
        best.append(
            min(
                (
                    best[start][0]
                    + (boundaries[start].cost() if start else 0.0)
                    + _UNEVEN * (sums[end] - sums[start]) ** 2,
                    start,
                )
                for start in starts
            )
        )
    cuts = []
    start = best[-1][1] if work else 0
    while start:
        cuts.append(start)
        start = best[start][1]
    return tuple(reversed(cuts))
