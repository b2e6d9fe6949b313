"""The display of a cell's last value is an assignment: to the names of IPython's history that the notebook reads.

IPython binds `_`, `__` and `___` anew with each value that it displays, as long as they are the very objects that it
bound before: who assigns to one of them keeps it (`IPython/core/displayhook.py`).
"""

import ast
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from nb2pipe.analysis.heap import NOTHING, Value
from nb2pipe.analysis.history import LAST, execution_counts, outputs_read
from nb2pipe.analysis.recorder import Binding
from nb2pipe.analysis.statements import Statements
from nb2pipe.analysis.syntax import ParsedCell

# What these give is never None, so it is displayed; the others may call code of the notebook's own classes.
_VALUES: Final = (
    ast.JoinedStr, ast.Tuple, ast.List, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp,
    ast.GeneratorExp, ast.Lambda,
)  # fmt: skip
_SILENT: Final = frozenset({"print", "display"})
_OPERATIONS: Final = (ast.BinOp, ast.Compare, ast.UnaryOp)


class Displays:
    """Follows what is displayed, and what that binds."""

    def __init__(self, machine: Statements, cells: Sequence[ParsedCell]) -> None:
        self._machine = machine
        self._counts = execution_counts([cell.laid for cell in cells])
        self._bound: dict[str, Binding] = {}
        self._shown = NOTHING
        machine.outputs = outputs_read(cells)

    def are_own(self) -> bool:
        """Whether `_`, `__` and `___` are IPython's, so that the next display binds them anew."""
        names = self._machine.names
        return all(names.get(name) is self._bound.get(name) for name in LAST)

    def display(self, cell: ParsedCell, node: ast.stmt) -> None:
        """Record what the display of the value of `node`, just evaluated, binds."""
        machine = self._machine
        is_last = node is cell.tree.body[-1]
        if not (machine.outputs and is_last and isinstance(node, ast.Expr)):
            return
        if _is_quiet(cell, node) or self._is_nothing(node.value):
            return
        value = machine.value
        if _has_escapes(cell):
            value = Value(value.sites | {machine.site(node, "displayed")})
        before = machine.snapshot(None)
        own = self.are_own()
        if own:
            self._shift(node, value)
        else:
            self._doubt()
        self._define(f"_{self._counts.get(cell.laid.cell.position)}", value, node)
        if not _is_certain(cell, node.value, with_classes=machine.has_classes):
            machine.meet([before, machine.snapshot(None)], None)
        if own:
            self._bound = {name: machine.names[name] for name in LAST if name in machine.names}
        self._shown |= value.sites

    def _is_nothing(self, value: ast.expr) -> bool:
        """Whether the value is surely None."""
        match value:
            case ast.Call(func=ast.Name(id=name)):
                return name in _SILENT and name not in self._machine.names
            case _:
                return isinstance(value, ast.Constant) and value.value is None

    def _shift(self, node: ast.stmt, value: Value) -> None:
        for newer, older in reversed([*pairwise(LAST)]):
            if older in self._machine.outputs:
                self._define(older, self._machine.lookup(newer, node, None), node)
        self._define(LAST[0], value, node)

    def _define(self, name: str, value: Value, node: ast.stmt) -> None:
        if name in self._machine.outputs:
            self._machine.define(name, value, node)
            self._machine.record.displayed.add(name)

    def _doubt(self) -> None:
        """Note the names that may have another value now, if what the notebook assigned was displayed before."""
        names = self._machine.names
        for name in self._machine.outputs.intersection(LAST):
            binding = names.get(name)
            assigned = binding is not None and binding is not self._bound.get(name)
            if not assigned or binding is None or self._may_be_shown(binding):
                self._machine.doubtful[name] = binding

    def _may_be_shown(self, binding: Binding) -> bool:
        """Whether a variable may be the very object that was displayed last: small numbers are the same everywhere."""
        value = binding.value
        known = value.dotted is not None or bool(value.sites)
        return binding.maybe or not known or not value.sites.isdisjoint(self._shown)


def _has_escapes(cell: ParsedCell) -> bool:
    return cell.text != cell.laid.cell.source


def _is_quiet(cell: ParsedCell, node: ast.Expr) -> bool:
    """Whether a semicolon hides the value; that of a magic's code does not."""
    lines = cell.text.split("\n")[(node.end_lineno or 1) - 1 :]
    rest = "\n".join([lines[0].encode()[node.end_col_offset :].decode(), *lines[1:]])
    return rest.lstrip().startswith(";") and not _has_escapes(cell)


def _is_certain(cell: ParsedCell, value: ast.expr, *, with_classes: bool) -> bool:
    """Whether the value is surely displayed: it is not None, and nothing is raised before."""
    if _has_escapes(cell) or cell.laid.may_raise:
        return False
    if isinstance(value, ast.Constant):
        return value.value is not None
    return isinstance(value, _VALUES) or (isinstance(value, _OPERATIONS) and not with_classes)
