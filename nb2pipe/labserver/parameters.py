"""The pipeline's parameters as the page is told of them: their defaults, and where those stand in the notebook."""

import ast
from collections import Counter
from collections.abc import Iterator
from typing import Any

from nb2pipe.ir import Cell, Parameter, Pipeline, Run, Substitution

Json = dict[str, Any]


def parameters_json(pipeline: Pipeline) -> Iterator[Json]:
    """Yield each parameter with the `place` of its default, None where that cannot be changed alone.

    A place has the cell's number, lines and columns from 1, and the `text` that stands there.
    """
    found = dict(_substitutions(pipeline))
    shared = Counter(_position(cell, item) for cell, item in found.values())
    for parameter in pipeline.parameters:
        place = None
        if parameter.name in found:
            cell, item = found[parameter.name]
            if cell.notebook == pipeline.notebook and shared[_position(cell, item)] == 1:
                place = _place(cell, item, parameter)
        yield {
            "name": parameter.name,
            "type": parameter.type.value,
            "default": parameter.default,
            "place": place,
        }


def _substitutions(pipeline: Pipeline) -> Iterator[tuple[str, tuple[Cell, Substitution]]]:
    for step in pipeline.steps:
        for operation in step.program:
            if isinstance(operation, Run):
                for item in operation.substitutions:
                    yield item.name, (pipeline.cells[operation.cell], item)


def _position(cell: Cell, item: Substitution) -> tuple[int, int, int]:
    return cell.position, item.line, item.column


def _place(cell: Cell, item: Substitution, parameter: Parameter) -> Json | None:
    lines = cell.source.split("\n")[item.line - 1 : item.end_line]
    if not lines:
        return None
    lines[-1] = lines[-1][: item.end_column]
    lines[0] = lines[0][item.column :]
    text = "\n".join(lines)
    try:
        stands = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return None
    if stands != parameter.default:
        return None
    return {
        "cell": cell.number,
        "line": item.line,
        "column": item.column + 1,
        "end_line": item.end_line,
        "end_column": item.end_column + 1,
        "text": text,
    }
