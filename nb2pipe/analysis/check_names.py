"""Checks of names that no cell defines."""

import ast
import difflib
import re
from collections.abc import Iterator

from nb2pipe.analysis.expressions import BUILTINS, SHELL_NAMES
from nb2pipe.analysis.facts import StatementFacts
from nb2pipe.analysis.findings import Analysis
from nb2pipe.analysis.history import is_history
from nb2pipe.analysis.scopes import bound_names, names_read, surely_read
from nb2pipe.diagnostics import Code, Diagnostic, Related, Severity
from nb2pipe.frontend.layout import Role
from nb2pipe.frontend.walk import nodes_of

_SHELL = {*SHELL_NAMES, "_exit_code"}


def check_undefined(analysis: Analysis) -> Iterator[Diagnostic]:
    """A variable is used before any cell defines it."""
    if analysis.interpretation.starred:
        return
    hidden = any(facts.dynamic or facts.opaque for facts in analysis.statements())
    broken = _words_of_broken_cells(analysis)
    reported: set[str] = set()
    for facts in analysis.statements():
        start = analysis.history.before[facts.cell]
        earlier = _defined_earlier_in_cell(analysis, facts)
        for name, read in facts.reads.items():
            known = name in start or name in earlier or name in BUILTINS or name in _SHELL
            tagged = isinstance(read.node, ast.Pass)  # then `check_declared_names` speaks
            if known or read.guarded or tagged or name.startswith("<") or name in reported:
                continue
            if is_history(name) or name in broken:
                continue
            is_sure = _is_sure(analysis, facts, name)
            if not is_sure and name in analysis.history.last:
                continue  # by the time when it is read, it may be there
            reported.add(name)
            # A cell that is tagged so may be there to show what happens.
            certain = is_sure and not hidden and not analysis.layout.cells[facts.cell].may_raise
            yield _undefined(analysis, facts, name, read.node, certain=certain)


def _is_sure(analysis: Analysis, facts: StatementFacts, name: str) -> bool:
    """Whether a statement reads a name whatever happens, itself or in a function that it names; methods may not run."""
    if name in names_read(facts.node):
        return name in surely_read([facts.node])
    functions = {
        other.node.name: other.node.body
        for other in analysis.statements()
        if isinstance(other.node, ast.FunctionDef)
    }
    waiting = names_read(facts.node) & functions.keys()
    reached: set[str] = set()
    while waiting:
        reached |= waiting
        found = frozenset().union(*(surely_read(functions[function]) for function in waiting))
        if name in found:
            return True
        waiting = (found & functions.keys()) - reached
    return False


def _words_of_broken_cells(analysis: Analysis) -> set[str]:
    """Return the words of cells that are not valid Python: they may define anything."""
    return {
        word
        for parsed in analysis.cells
        if not parsed.tree.body and parsed.laid.role is not Role.SKIP
        for word in re.findall(r"\w+", parsed.laid.cell.source)
    }


def _defined_earlier_in_cell(analysis: Analysis, facts: StatementFacts) -> set[str]:
    """Return what statements before this one define, and what it defines itself if it goes round in a loop."""
    statements = analysis.interpretation.cells[facts.cell].statements
    found = {name for other in statements if other.order < facts.order for name in other.writes}
    loops = any(
        isinstance(node, ast.For | ast.AsyncFor | ast.While) for node in nodes_of(facts.node)
    )
    return found | facts.writes.keys() if loops else found


def _undefined(
    analysis: Analysis, facts: StatementFacts, name: str, node: ast.AST, *, certain: bool
) -> Diagnostic:
    later = analysis.history.last.get(name)
    skipped = _skipped_definition(analysis, name)
    related: tuple[Related, ...] = ()
    if later is not None:
        number = analysis.layout.cells[later.cell].cell.number
        message = f"`{name}` is used before it is defined, in cell {number}"
        hint = f"move cell {number} above this one"
        related = (Related(span=analysis.layout.cells[later.cell].span, message="defined here"),)
    elif skipped is not None:
        message = f"`{name}` is not defined: only cell {skipped} defines it, and that is skipped"
        hint = f"remove the tag `skip` from cell {skipped}, or define `{name}` in a cell that runs"
    else:
        close = difflib.get_close_matches(name, analysis.history.before[facts.cell], 1)
        message = f"`{name}` is used but no cell defines it"
        hint = (
            f"did you mean `{close[0]}`?" if close else f"define or import `{name}` in a cell above"
        )
    return Diagnostic(
        code=Code.UNDEFINED_NAME,
        span=analysis.span(facts.cell, node),
        message=message,
        hint=hint,
        step=analysis.step_of(facts.cell),
        related=related,
        severity=Severity.ERROR if certain else Severity.WARNING,
    )


def _skipped_definition(analysis: Analysis, name: str) -> int | None:
    """Return the number of the skipped cell that would define `name`."""
    for laid in analysis.layout.cells:
        if laid.role is not Role.SKIP or name not in laid.cell.source:
            continue
        try:
            tree = ast.parse(laid.cell.source)
        except (SyntaxError, ValueError):
            continue
        if any(name in bound_names(node) for node in ast.walk(tree)):
            return laid.cell.number
    return None
