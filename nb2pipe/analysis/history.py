"""IPython's history: the names under which it keeps what cells held and displayed.

`_`, `__` and `___` are the values that were displayed last, `_3` is that of the third cell. Where a notebook reads
one of them, the display of a value is an assignment like any other (`displays.py`), and the value travels.
"""

import ast
import re
from collections.abc import Mapping, Sequence
from typing import Final

from nb2pipe.analysis.syntax import ParsedCell
from nb2pipe.frontend.layout import LaidCell, Role
from nb2pipe.frontend.walk import nodes_of

LAST: Final = ("_", "__", "___")
"""The values that were displayed last, the latest first."""

HISTORY_NAMES: Final = frozenset([*LAST, "_i", "_ii", "_iii", "_ih", "_oh", "_dh", "In", "Out"])
BY_NUMBER: Final = frozenset({"Out", "_oh"})
"""The displayed values, by the number of their cell."""

_NUMBERED: Final = re.compile(r"_i?(\d+)")
_OUTPUT: Final = re.compile(r"_[1-9]\d*")
# What decides otherwise which values are displayed, or what `_` is.
_OTHERWISE: Final = re.compile(r"ast_node_interactivity|displayhook|gettext\.install|builtins\._\b")


def is_history(name: str) -> bool:
    """Whether IPython itself binds `name`, if the notebook does not."""
    return name in HISTORY_NAMES or _NUMBERED.fullmatch(name) is not None


def cell_number(name: str) -> int | None:
    """Return the execution count of the cell that `_3` or `_i3` is about."""
    match = _NUMBERED.fullmatch(name)
    return int(match[1]) if match else None


def numbered_output(node: ast.Subscript) -> str | None:
    """Return `_3` if `node` is `Out[3]`."""
    match node:
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=int(number))):
            return f"_{number}" if name in BY_NUMBER and number > 0 else None
        case _:
            return None


def outputs_read(cells: Sequence[ParsedCell]) -> frozenset[str]:
    """Return the names of displayed values that the notebook reads, none where it decides itself what is displayed."""
    if any(_OTHERWISE.search(cell.laid.cell.source) for cell in cells):
        return frozenset()
    found: set[str] = set()
    for cell in cells:
        for node in nodes_of(cell.tree):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                found.add(node.id)
            elif isinstance(node, ast.Subscript):
                found.add(numbered_output(node) or "")
    last = max((LAST.index(name) for name in found.intersection(LAST)), default=-1)
    # Each is the one before it, of one display earlier.
    return frozenset([*LAST[: last + 1], *filter(_OUTPUT.fullmatch, found)])


def execution_counts(cells: Sequence[LaidCell]) -> Mapping[int, int]:
    """Return the execution count of every cell that runs, by its position, when all run from top to bottom."""
    running = (
        laid.cell.position
        for laid in cells
        if laid.role is not Role.SKIP and laid.cell.source.strip()
    )
    return {position: count for count, position in enumerate(running, 1)}
