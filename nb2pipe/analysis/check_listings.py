"""What lists variables, the history or the kernel itself shows those of its step, not those of the notebook."""

import ast
from collections.abc import Iterator
from typing import Final

from nb2pipe.analysis.escapes import escape_facts
from nb2pipe.analysis.findings import Analysis
from nb2pipe.diagnostics import Code, Diagnostic
from nb2pipe.frontend.layout import Role
from nb2pipe.frontend.walk import nodes_of

# Of a mapping of variables, these show all of them.
_LISTING_METHODS: Final = {"keys", "values", "items", "copy", "__iter__", "__len__"}
_LISTING_FUNCTIONS: Final = {
    "list", "tuple", "set", "frozenset", "sorted", "len", "iter", "enumerate", "reversed", "filter", "map",
    "print", "display", "pprint", "repr", "str", "format", "dict",
}  # fmt: skip
_SCOPES: Final = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
_WALKS: Final = (
    ast.For | ast.AsyncFor | ast.comprehension | ast.FormattedValue | ast.Starred | ast.Expr
)


def check_listings(analysis: Analysis) -> Iterator[Diagnostic]:
    """A cell lists variables, inputs, or what the notebook's kernel has."""
    if len(analysis.layout.steps) < 2:  # noqa: PLR2004 -- one step is like the notebook
        return
    own_names = {name for facts in analysis.statements() for name in facts.writes}
    for facts in analysis.statements():
        for call, name in _listings(facts.node, inside=isinstance(facts.node, _SCOPES)):
            if name not in own_names:
                yield _listed(analysis, facts.cell, call, f"{name}()")
        for node in nodes_of(facts.node):
            escape = escape_facts(node) if isinstance(node, ast.Call) else None
            if escape is None or escape.unbinds:
                continue
            if "namespace" in escape.state and not _is_alone(analysis, facts.cell):
                yield _listed(analysis, facts.cell, node, escape.name)
            if "history" in escape.state and not _is_alone(analysis, facts.cell):
                yield _diagnostic(
                    analysis, facts.cell, node, Code.OUTPUT_HISTORY,
                    f"`{escape.name}` looks into the history, and that of a step has its own cells only",
                    "remove it",
                )  # fmt: skip
            if "kernel" in escape.state:
                yield _diagnostic(
                    analysis, facts.cell, node, Code.KERNEL_NEEDED,
                    f"`{escape.name}` asks the notebook's kernel, which a step does not have",
                    "remove it",
                )  # fmt: skip


def _listed(analysis: Analysis, cell: int, node: ast.AST, text: str) -> Diagnostic:
    return _diagnostic(
        analysis, cell, node, Code.VARIABLES_LISTED,
        f"`{text}` lists variables, and a step has only those that it needs",
        "remove it, or name the variables in a list or a dictionary of your own",
    )  # fmt: skip


def _diagnostic(
    analysis: Analysis, cell: int, node: ast.AST, code: Code, message: str, hint: str
) -> Diagnostic:
    return Diagnostic(
        code=code,
        span=analysis.span(cell, node),
        message=message,
        hint=hint,
        step=analysis.step_of(cell),
    )


def _is_alone(analysis: Analysis, cell: int) -> bool:
    """Whether all cells that run before `cell` are of its step."""
    steps = {
        laid.cell.step
        for laid in analysis.layout.cells[: cell + 1]
        if laid.role is not Role.SKIP and laid.cell.source.strip()
    }
    return len(steps) == 1


def _listings(node: ast.AST, *, inside: bool) -> Iterator[tuple[ast.AST, str]]:
    """Yield the calls below `node` that list the variables of the notebook, with the function's name."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Call(func=ast.Name(id="globals" | "locals" | "vars" as name), args=[]):
                if _shows_all(node, child) and (name == "globals" or not inside):
                    yield child, name
            case ast.Call(func=ast.Name(id="dir"), args=[]):
                if not isinstance(node, ast.Compare) and not inside:
                    yield child, "dir"
            case _:
                pass
        yield from _listings(child, inside=inside or isinstance(child, _SCOPES))


def _shows_all(parent: ast.AST, child: ast.AST) -> bool:
    """Whether `parent` shows, or walks over, all that the mapping `child` has."""
    match parent:
        case ast.Attribute(attr=name):
            return name in _LISTING_METHODS
        case ast.Call(func=ast.Name(id=name), args=arguments):
            return name in _LISTING_FUNCTIONS and child in arguments
        case _:
            return isinstance(parent, _WALKS)
