"""The special methods that Python calls by itself for operators."""

import ast
from collections.abc import Iterable, Mapping
from typing import Final

COMPARISONS: Final = (
    "__eq__",
    "__ne__",
    "__lt__",
    "__le__",
    "__gt__",
    "__ge__",
    "__contains__",
    "__hash__",
)
_OPERATIONS: Final[Mapping[type[ast.AST | None], str]] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "truediv", ast.FloorDiv: "floordiv",
    ast.Mod: "mod", ast.Pow: "pow", ast.MatMult: "matmul", ast.BitAnd: "and", ast.BitOr: "or",
    ast.BitXor: "xor", ast.LShift: "lshift", ast.RShift: "rshift",
}  # fmt: skip
OPERATORS: Final = {
    "__add__", "__radd__", "__iadd__", "__getitem__", "__setitem__", "__iter__", "__next__", "__len__",
    "__repr__", "__str__", "__eq__", "__lt__", "__hash__", "__contains__", "__enter__", "__exit__",
    "__call__", "__bool__", "__getattr__", "__getattribute__", "__sub__", "__rsub__", "__mul__",
    "__rmul__", "__truediv__", "__floordiv__", "__mod__", "__pow__", "__matmul__", "__neg__", "__abs__",
    "__and__", "__or__", "__xor__", "__invert__", "__ne__", "__gt__", "__le__", "__ge__", "__isub__",
    "__imul__", "__float__", "__int__", "__index__", "__format__", "__reversed__", "__delitem__",
}  # fmt: skip


def methods_of(node: ast.AST) -> Iterable[str]:
    """Return the special methods that may run for an operator (Python reference, 3.3.8)."""
    name = _OPERATIONS.get(type(getattr(node, "op", None)))
    return OPERATORS if name is None else (f"__{name}__", f"__r{name}__", f"__i{name}__")
