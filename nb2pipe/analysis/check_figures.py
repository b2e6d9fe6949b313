"""Backends of matplotlib that keep figures open from cell to cell: no step hands an open figure on."""

import ast
from collections.abc import Iterator
from typing import Final

from nb2pipe.analysis.escapes import escape_facts
from nb2pipe.analysis.findings import Analysis
from nb2pipe.diagnostics import Code, Diagnostic

_DRAWING: Final = {"matplotlib", "pylab", "seaborn"}
_CHOOSING: Final = {"use", "switch_backend"}


def check_figures(analysis: Analysis) -> Iterator[Diagnostic]:
    """A backend that keeps figures is chosen, and several steps draw after it."""
    names = _drawing_names(analysis)
    for facts in analysis.statements():
        choice = next((node for node in ast.walk(facts.node) if _keeps_figures(node, names)), None)
        if choice is None:
            continue
        steps = {
            analysis.step_of(other.cell)
            for other in analysis.statements()
            if other.order > facts.order and not names.isdisjoint(other.reads)
        }
        if len(steps) > 1:
            yield Diagnostic(
                code=Code.KEPT_FIGURES,
                span=analysis.span(facts.cell, choice),
                message="with this backend figures stay open from cell to cell, and no step gets the open "
                "figures of another",
                hint="remove it (notebooks show figures inline), or draw and save each figure in one step",
                step=analysis.step_of(facts.cell),
            )


def _drawing_names(analysis: Analysis) -> frozenset[str]:
    """Return the names under which the notebook imports what draws."""
    imports = [
        node
        for facts in analysis.statements()
        for node in ast.walk(facts.node)
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    found: set[str] = set()
    for node in imports:
        for alias in node.names:
            module = node.module if isinstance(node, ast.ImportFrom) else alias.name
            if (module or "").partition(".")[0] in _DRAWING:
                found.add(alias.asname or alias.name.partition(".")[0])
    return frozenset(found)


def _keeps_figures(node: ast.AST, names: frozenset[str]) -> bool:
    """Whether `node` chooses a backend other than the inline one."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name), attr=attribute),
            args=[ast.Constant(value=str(backend)), *_],
        ):
            return name in names and attribute in _CHOOSING and "inline" not in backend
        case ast.Call(args=[ast.Constant(value="matplotlib"), ast.Constant(value=str(backend))]):
            plain = backend.strip().startswith(("inline", "-"))
            return escape_facts(node) is not None and bool(backend.strip()) and not plain
        case _:
            return False
