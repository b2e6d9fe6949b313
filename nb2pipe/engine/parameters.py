"""The values of pipeline parameters, checked against the types that the notebook gives them."""

import ast
import difflib
import json
import math
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nb2pipe.diagnostics import Code, Diagnostic, Span
from nb2pipe.ir import Json, Parameter, ParameterType, Pipeline

_BOOLS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

_EXPECTED = {
    ParameterType.INT: "an integer, such as 3",
    ParameterType.FLOAT: "a finite number, such as 0.5",
    ParameterType.STR: "a string",
    ParameterType.BOOL: "true or false (or yes, no, 1, 0)",
    ParameterType.LIST: "a list, such as [1, 2]",
    ParameterType.DICT: 'a dict, such as {"a": 1}',
}


def parse_parameters(
    pipeline: Pipeline, assignments: Iterable[str]
) -> tuple[dict[str, Json], tuple[Diagnostic, ...]]:
    """Read `name=value` texts, as the command line has them.

    A string is taken as it stands, a list or dict is read as JSON or as a Python literal. When a
    name comes twice the last one counts.

    Returns:
        The values by name, and a diagnostic for each text that is wrong (NB502, NB503).
    """
    values: dict[str, Json] = {}
    diagnostics: list[Diagnostic] = []
    parameters = {parameter.name: parameter for parameter in pipeline.parameters}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        name = name.strip()
        parameter = parameters.get(name)
        if parameter is None:
            diagnostics.append(_unknown(pipeline, name))
        elif not equals:
            diagnostics.append(_no_value(pipeline, parameter))
        else:
            try:
                values[name] = _PARSERS[parameter.type](text)
            except (ValueError, SyntaxError, RecursionError, MemoryError):
                diagnostics.append(_wrong_type(pipeline, parameter, text))
    return values, tuple(diagnostics)


def check_parameters(
    pipeline: Pipeline, values: Mapping[str, Any]
) -> tuple[dict[str, Json], tuple[Diagnostic, ...]]:
    """Check values that Python code gives; an integer is also a float.

    Returns:
        The values by name, and a diagnostic for each that is wrong (NB502, NB503).
    """
    checked: dict[str, Json] = {}
    diagnostics: list[Diagnostic] = []
    parameters = {parameter.name: parameter for parameter in pipeline.parameters}
    for name, value in values.items():
        parameter = parameters.get(name)
        if parameter is None:
            diagnostics.append(_unknown(pipeline, name))
        elif not _is_of_type(value, parameter.type):
            diagnostics.append(_wrong_type(pipeline, parameter, value))
        else:
            checked[name] = float(value) if parameter.type is ParameterType.FLOAT else value
    return checked, tuple(diagnostics)


# --- reading texts


def _parse_bool(text: str) -> bool:
    try:
        return _BOOLS[text.strip().lower()]
    except KeyError:
        raise ValueError(text) from None


def _parse_literal(text: str, kind: ParameterType) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        value = ast.literal_eval(text.strip())
    return _require(value, kind)


def _require(value: Any, kind: ParameterType) -> Any:
    if not _is_of_type(value, kind):
        raise ValueError(value)
    return value


_PARSERS: dict[ParameterType, Callable[[str], Json]] = {
    ParameterType.INT: int,
    ParameterType.FLOAT: lambda text: _require(float(text), ParameterType.FLOAT),
    ParameterType.STR: str,
    ParameterType.BOOL: _parse_bool,
    ParameterType.LIST: lambda text: _parse_literal(text, ParameterType.LIST),
    ParameterType.DICT: lambda text: _parse_literal(text, ParameterType.DICT),
}


# --- checking values


def _is_of_type(value: Any, kind: ParameterType) -> bool:
    match kind:
        case ParameterType.INT:
            return type(value) is int
        case ParameterType.FLOAT:
            return type(value) in {int, float} and abs(value) <= sys.float_info.max
        case ParameterType.STR:
            return type(value) is str
        case ParameterType.BOOL:
            return type(value) is bool
        case ParameterType.LIST:
            return type(value) is list and _is_json(value)
        case ParameterType.DICT:
            return type(value) is dict and _is_json(value)


def _is_json(value: Any) -> bool:
    """Return whether JSON holds `value` and gives back the same: no tuples, no NaN, text keys."""
    if type(value) is list:
        return all(_is_json(item) for item in value)
    if type(value) is dict:
        return all(type(key) is str and _is_json(item) for key, item in value.items())
    if type(value) is float:
        return math.isfinite(value)
    return value is None or type(value) in {bool, int, str}


# --- what is wrong


def _unknown(pipeline: Pipeline, name: str) -> Diagnostic:
    names = [parameter.name for parameter in pipeline.parameters]
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        hint = f"did you mean `{close[0]}`?"
    elif names:
        hint = "its parameters are " + ", ".join(f"`{known}`" for known in names)
    else:
        hint = "tag the cell that defines it `pipeline-parameters`"
    return Diagnostic(
        code=Code.UNKNOWN_PARAMETER,
        span=Span(notebook=pipeline.notebook),
        message=f"the pipeline has no parameter `{name}`",
        hint=hint,
    )


def _no_value(pipeline: Pipeline, parameter: Parameter) -> Diagnostic:
    return Diagnostic(
        code=Code.BAD_PARAMETER_VALUE,
        span=_span(pipeline, parameter),
        message=f"parameter `{parameter.name}` is given no value",
        hint=f"write `{parameter.name}=VALUE`, where the value is {_EXPECTED[parameter.type]}",
    )


def _wrong_type(pipeline: Pipeline, parameter: Parameter, value: Any) -> Diagnostic:
    shown = value if isinstance(value, str) else repr(value)
    return Diagnostic(
        code=Code.BAD_PARAMETER_VALUE,
        span=_span(pipeline, parameter),
        message=f"parameter `{parameter.name}` is of type {parameter.type}, which"
        f" `{_shorten(shown)}` is not",
        hint=f"give it {_EXPECTED[parameter.type]}",
    )


def _span(pipeline: Pipeline, parameter: Parameter) -> Span:
    """Return where the parameter's default stands."""
    cell = next((cell for cell in pipeline.cells if cell.position == parameter.cell), None)
    if cell is None:
        return Span(notebook=pipeline.notebook)
    return Span(notebook=cell.notebook, cell=cell.number, cell_id=cell.id)


def _shorten(text: str, length: int = 60) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
