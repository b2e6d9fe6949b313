"""Whether a version may leave its name without a value."""

import ast

from nb2pipe.analysis.facts import WriteKind
from nb2pipe.analysis.versions import Version


def may_be_unbound(version: Version) -> bool:
    """Whether a version may leave its name unbound: defined on some path only, from nothing."""
    if version.kind is WriteKind.MAY_DEFINE and _forgets(version.statement.node, version.name):
        return True
    if version.kind is WriteKind.MAY_DEFINE:
        return version.previous is None or may_be_unbound(version.previous)
    if version.kind is WriteKind.MUTATE and version.previous is not None:
        return may_be_unbound(version.previous)
    return version.kind is WriteKind.DELETE


def _forgets(node: ast.AST, name: str) -> bool:
    """Whether a statement unbinds a name on some path: `del`, or the name of an `except` clause."""
    return any(
        inner.name == name
        if isinstance(inner, ast.ExceptHandler)
        else isinstance(inner, ast.Name) and inner.id == name and isinstance(inner.ctx, ast.Del)
        for inner in ast.walk(node)
    )
