"""Pipeline parameters: the literal assignments of the parameter cells."""

import ast
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from nb2pipe.analysis.syntax import ParsedCell, span_of
from nb2pipe.diagnostics import Code, Diagnostic
from nb2pipe.frontend.layout import Role
from nb2pipe.ir import Parameter, ParameterType, Substitution

_TYPES: Final[Mapping[type, ParameterType]] = {
    bool: ParameterType.BOOL,
    int: ParameterType.INT,
    float: ParameterType.FLOAT,
    str: ParameterType.STR,
    list: ParameterType.LIST,
    dict: ParameterType.DICT,
}
_ANNOTATIONS: Final = {kind.value: kind for kind in ParameterType} | {
    "List": ParameterType.LIST,
    "Dict": ParameterType.DICT,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ParameterCells:
    """The parameters of a notebook, and where their literals stand in each cell (by position)."""

    parameters: tuple[Parameter, ...]
    substitutions: Mapping[int, tuple[Substitution, ...]]

    @property
    def names(self) -> frozenset[str]:
        """The names of all parameters."""
        return frozenset(parameter.name for parameter in self.parameters)

    @property
    def by_cell(self) -> Mapping[int, frozenset[str]]:
        """The parameters that each cell defines."""
        return {
            cell: frozenset(item.name for item in items)
            for cell, items in self.substitutions.items()
        }


def find_parameters(
    cells: Sequence[ParsedCell],
) -> tuple[ParameterCells, tuple[Diagnostic, ...]]:
    """Return the parameters that the parameter cells define.

    A statement that assigns no literal is no parameter: it runs with its cell, and a hint says so. A
    literal that no parameter can carry (not a number) is an error.
    """
    found: dict[str, tuple[Parameter, Substitution]] = {}
    diagnostics: list[Diagnostic] = []
    for parsed in cells:
        if parsed.laid.role is not Role.PARAMETERS:
            continue
        for node in parsed.tree.body:
            items, problems = _statement(parsed, node)
            diagnostics += problems
            for parameter, substitution in items:
                found[parameter.name] = parameter, substitution
    substitutions: dict[int, tuple[Substitution, ...]] = {}
    for parameter, substitution in found.values():
        known = substitutions.get(parameter.cell, ())
        substitutions[parameter.cell] = (*known, substitution)
    parameters = tuple(parameter for parameter, _ in found.values())
    return ParameterCells(parameters=parameters, substitutions=substitutions), tuple(diagnostics)


def _statement(
    parsed: ParsedCell, node: ast.stmt
) -> tuple[list[tuple[Parameter, Substitution]], list[Diagnostic]]:
    match node:
        case ast.Assign(targets=targets, value=value) if all(_is_name(t) for t in targets):
            names = [target.id for target in targets if isinstance(target, ast.Name)]
            return _literal(parsed, names, value, None)
        case ast.AnnAssign(
            target=ast.Name(id=name), annotation=annotation, value=ast.expr() as value
        ):
            return _literal(parsed, [name], value, annotation)
        case ast.Import() | ast.ImportFrom() | ast.Expr() | ast.Pass():
            return [], []
        case _:
            return [], [_no_parameter(parsed, node, "this statement assigns no literal to a name")]


def _is_name(node: ast.expr) -> bool:
    return isinstance(node, ast.Name)


def _literal(
    parsed: ParsedCell, names: Iterable[str], value: ast.expr, annotation: ast.expr | None
) -> tuple[list[tuple[Parameter, Substitution]], list[Diagnostic]]:
    shown = ", ".join(f"`{name}`" for name in names)
    try:
        default = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        message = f"{shown} is no pipeline parameter, because its value is not a literal"
        return [], [_no_parameter(parsed, value, message)]
    kind = _kind(default, annotation)
    if kind is None or not _is_json(default):
        message = (
            f"{shown} is no pipeline parameter, because a {type(default).__name__} cannot be one"
        )
        return [], [_no_parameter(parsed, value, message)]
    if kind is ParameterType.FLOAT:
        default = float(default)
    line, column = value.lineno, _column(parsed, value.lineno, value.col_offset)
    end_line = value.end_lineno or line
    end_column = _column(parsed, end_line, value.end_col_offset or 0)
    position = parsed.laid.cell.position
    return [
        (
            Parameter(name=name, type=kind, default=default, cell=position),
            Substitution(
                name=name, line=line, column=column, end_line=end_line, end_column=end_column
            ),
        )
        for name in names
    ], []


def _kind(default: object, annotation: ast.expr | None) -> ParameterType | None:
    kind = _TYPES.get(type(default))
    if kind is ParameterType.INT and isinstance(annotation, ast.Name):
        declared = _ANNOTATIONS.get(annotation.id)
        return declared if declared is ParameterType.FLOAT else kind
    return kind


def _is_json(value: object) -> bool:
    """Whether a literal survives as JSON: finite numbers, text keys, no tuples, sets or bytes."""
    match value:
        case None | bool() | int() | str():
            return True
        case float():
            return math.isfinite(value)
        case list():
            return all(_is_json(item) for item in value)
        case dict():
            return all(isinstance(key, str) and _is_json(item) for key, item in value.items())
        case _:
            return False


def _column(parsed: ParsedCell, line: int, offset: int) -> int:
    """Turn a byte offset of `ast` into characters."""
    text = parsed.text.split("\n")[line - 1]
    return offset if text.isascii() else len(text.encode()[:offset].decode(errors="ignore"))


def _no_parameter(parsed: ParsedCell, node: ast.AST, message: str) -> Diagnostic:
    return Diagnostic(
        code=Code.NOT_A_PARAMETER,
        span=span_of(parsed, node),
        message=message,
        hint="give it a number, a text, true or false, a list or a dict to make it a parameter",
        step=parsed.laid.cell.step,
    )
