"""Find what the ast-grep rules match in a cell.

ast-grep knows shapes, not scopes: a match says which nodes of the syntax tree a piece of code
changes, and the interpreter decides what these nodes refer to.
"""

import ast
from collections.abc import Mapping, Sequence
from typing import Any, cast

from nb2pipe.analysis.effects import Rule

Range = tuple[int, int, int, int]


def changed_nodes(
    text: str, tree: ast.Module, rules: Sequence[Rule]
) -> Mapping[ast.AST, tuple[ast.expr, ...]]:
    """Return for each matched node of `tree` the expressions that it changes in place.

    All rules are tried in one pass, which costs little more than one rule alone.
    """
    rules = [rule for rule in rules if rule.contains in text]
    if not rules:
        return {}
    from ast_grep_py import SgRoot  # noqa: PLC0415 -- only needed when a rule may match

    root = SgRoot(text, "python").root()
    found: dict[Range, list[Range]] = {}
    for rule in rules:
        config: dict[str, Any] = {"rule": dict(rule.rule)}
        if rule.constraints:
            config["constraints"] = dict(rule.constraints)
        for match in root.find_all(cast("Any", config)):
            changed = [match.get_match(variable) for variable in rule.mutates]
            places = [_range(node) for node in changed if node is not None]
            found.setdefault(_range(match), []).extend(places)
    return _resolve(text, tree, found) if found else {}


def _range(node: Any) -> Range:
    span = node.range()
    return span.start.line, span.start.column, span.end.line, span.end.column


def _resolve(
    text: str, tree: ast.Module, found: Mapping[Range, Sequence[Range]]
) -> Mapping[ast.AST, tuple[ast.expr, ...]]:
    lines = text.split("\n")
    nodes: dict[Range, ast.expr] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.expr):
            nodes.setdefault(_character_range(node, lines), node)
    resolved: dict[ast.AST, tuple[ast.expr, ...]] = {}
    for place, changed in found.items():
        if place in nodes:
            resolved[nodes[place]] = tuple(nodes[item] for item in changed if item in nodes)
    return resolved


def _character_range(node: ast.expr, lines: Sequence[str]) -> Range:
    """Return where a node stands, lines from 0 and columns in characters, as ast-grep counts."""
    end_line, end_column = node.end_lineno or node.lineno, node.end_col_offset or 0
    return (
        node.lineno - 1,
        _characters(lines[node.lineno - 1], node.col_offset),
        end_line - 1,
        _characters(lines[end_line - 1], end_column),
    )


def _characters(line: str, offset: int) -> int:
    return offset if line.isascii() else len(line.encode()[:offset].decode(errors="ignore"))
