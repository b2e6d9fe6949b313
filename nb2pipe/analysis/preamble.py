"""Which cells are configuration: their constants are replayed, not stored."""

from typing import Final

from nb2pipe.analysis.facts import CellFacts, ReplayKind
from nb2pipe.analysis.interpret import Interpretation
from nb2pipe.frontend.layout import Layout, Role

_CODE: Final = {ReplayKind.IMPORT, ReplayKind.DEFINITION, ReplayKind.SETTING}


def preamble_cells(layout: Layout, interpretation: Interpretation) -> frozenset[int]:
    """Return the positions of the cells that only prepare.

    Those tagged `imports` or `functions`, those above the first tagged step, and those that hold
    nothing but imports, definitions, options and constants, with at least one of the first three. A
    constant that a step's own code makes is a result of the step and travels like any other.
    """
    found: set[int] = set()
    leading = True
    for laid in layout.cells:
        if laid.role in {Role.STEP, Role.METRICS} and len(laid.cell.tags) > len(laid.declared):
            leading = False
        position = laid.cell.position
        prepares = laid.role in {Role.IMPORTS, Role.FUNCTIONS} or (
            leading and layout_has_tags(layout)
        )
        if prepares or _only_prepares(interpretation.cells[position]):
            found.add(position)
    return frozenset(found)


def layout_has_tags(layout: Layout) -> bool:
    """Whether any cell is tagged at all."""
    return any(laid.cell.tags for laid in layout.cells)


def _only_prepares(cell: CellFacts) -> bool:
    kinds = [facts.replay for facts in cell.statements]
    return all(kind is not None for kind in kinds) and any(kind in _CODE for kind in kinds)
