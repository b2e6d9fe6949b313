"""Arrays that a library makes without filling them hold what was in memory before, which no two processes share."""

import ast
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from nb2pipe.analysis.facts import StatementFacts
from nb2pipe.analysis.findings import Analysis
from nb2pipe.analysis.imports import imported_modules
from nb2pipe.diagnostics import Code, Diagnostic

_MAKERS: Final = {
    f"{library}.{name}" for library in ("numpy", "torch") for name in ("empty", "empty_like")
}
_SHOWING: Final = {"print", "display", "str", "repr", "format"}
# What numpy fills all the same.
_FILLED_TYPES: Final = {"object", "O"}


def check_unfilled(analysis: Analysis) -> Iterator[Diagnostic]:
    """A cell shows an array as `np.empty` made it."""
    if not any("empty" in cell.text for cell in analysis.cells):  # most notebooks, quickly
        return
    statements = [*analysis.statements()]
    names = _full_names([facts.node for facts in statements])
    unfilled: set[str] = set()
    for facts in statements:
        unfilled.difference_update(facts.writes)
        for node in _shown(facts.node):
            if _makes(node, names) or (isinstance(node, ast.Name) and node.id in unfilled):
                yield _diagnostic(analysis, facts, node)
        match facts.node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _makes(value, names):
                unfilled.add(name)
            case _:
                pass


def _diagnostic(analysis: Analysis, facts: StatementFacts, node: ast.AST) -> Diagnostic:
    return Diagnostic(
        code=Code.UNFILLED,
        span=analysis.span(facts.cell, node),
        message="this shows an array that was never filled: it holds what was in the memory of the process before",
        hint="show it when it is filled, or make it with `zeros` or `ones`",
        step=analysis.step_of(facts.cell),
    )


def _full_names(trees: Collection[ast.stmt]) -> Mapping[str, str]:
    """Return the full names of what imports bind in `trees`, by their names there."""
    members = {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for tree in trees
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    return {**imported_modules(trees), **members}


def _makes(node: ast.AST, names: Mapping[str, str]) -> bool:
    """Whether `node` makes an array that has elements and is not filled."""
    match node:
        case ast.Call(func=ast.Name(id=name)):
            full = names.get(name, "")
        case ast.Call(func=ast.Attribute(value=ast.Name(id=module), attr=name)):
            full = f"{names.get(module)}.{name}"
        case _:
            return False
    if full not in _MAKERS:
        return False
    filled = any(
        word.arg == "dtype" and _text(word.value) in _FILLED_TYPES for word in node.keywords
    )
    # A length of zero, wherever it stands.
    nothing = any(isinstance(n, ast.Constant) and n.value == 0 for n in ast.walk(node))
    return not filled and not nothing


def _text(node: ast.expr) -> object:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Constant(value=value):
            return value
        case _:
            return None


def _shown(statement: ast.AST) -> Iterator[ast.AST]:
    """Yield what a statement shows whole, at its top: displayed, printed, or as a text."""
    if isinstance(statement, ast.Expr):
        yield from _parts(statement.value)
    elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        for child in ast.iter_child_nodes(statement):
            yield from _shown(child) if isinstance(child, ast.stmt) else _in_texts(child)


def _parts(node: ast.expr) -> Iterator[ast.AST]:
    yield node
    if isinstance(node, ast.Tuple | ast.List):
        for element in node.elts:
            yield from _parts(element)
    else:
        yield from _in_texts(node)


def _in_texts(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is printed, or made a text of, in an expression."""
    for inner in ast.walk(node):
        match inner:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name in _SHOWING:
                yield from inner.args
            case ast.FormattedValue(value=value):
                yield value
            case _:
                pass
