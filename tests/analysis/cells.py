"""Cells for the tests of the analysis."""

from nb2pipe.diagnostics import Span
from nb2pipe.frontend.layout import LaidCell, Role
from nb2pipe.ir import Cell


def laid(source, *, number=1, role=Role.STEP):
    return LaidCell(
        cell=Cell(
            position=number - 1, number=number, id=f"c{number}", notebook="n.ipynb", source=source
        ),
        role=role,
        span=Span(notebook="n.ipynb", cell=number, cell_id=f"c{number}"),
    )
