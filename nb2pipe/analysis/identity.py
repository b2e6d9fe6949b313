"""Comparisons by identity, `x is y`, of what each process makes anew: text, numbers, tuples.

Which of two equal texts or numbers are one object depends on how Python made them. Objects that change are followed,
and stay one where they are compared; of these, only some are the same everywhere.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING, Final

from nb2pipe.analysis.heap import Value, addresses

if TYPE_CHECKING:
    from nb2pipe.analysis.recorder import Binding

_KEPT_INTEGERS: Final = range(-5, 257)
"""CPython has one object for each of these, and for texts of one letter (`Objects/longobject.c`, `unicodeobject.c`)."""


def fragile_operands(
    node: ast.Compare, values: Sequence[Value], names: "Mapping[str, Binding]"
) -> Iterator[ast.expr]:
    """Yield the operands of a comparison that may be one object here and two in another process.

    `values` are those of the operands, `names` what the notebook's names are bound to.
    """
    operands = [node.left, *node.comparators]
    for operator, left, right in zip(node.ops, count(), count(1), strict=False):
        pair = operands[left], operands[right]
        match operator:
            case ast.Is() | ast.IsNot():
                kept = any(_is_kept(values[at]) for at in (left, right))
                fragile = not kept and not any(_is_member(operand, names) for operand in pair)
            case ast.Eq() | ast.NotEq():
                fragile = all(addresses(values[at].sites) for at in (left, right))
            case _:
                fragile = False
        if fragile:
            yield from pair


def _is_kept(value: Value) -> bool:
    """Whether a value is an object that is followed, or one of which every process has one."""
    constant = value.constant
    if isinstance(constant, str | bytes):
        return len(constant) < 2  # noqa: PLR2004 -- texts of one letter
    if type(constant) is int:
        return constant in _KEPT_INTEGERS
    single = constant is None or constant is ... or isinstance(constant, bool)
    return bool(value.sites) or value.dotted is not None or single


def _is_member(operand: ast.expr, names: "Mapping[str, Binding]") -> bool:
    """Whether an operand is an attribute of a class: a member of an enumeration, of which there is one."""
    match operand:
        case ast.Attribute(value=ast.Name(id=name)) if name in names:
            sites = names[name].value.sites
            return any(site.definition and site.definition.is_class for site in sites)
        case _:
            return False
