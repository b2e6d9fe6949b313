"""Whether a version may leave its name without a value."""

import ast

from nb2pipe.analysis.facts import WriteKind
from nb2pipe.analysis.versions import Version


def may_be_unbound(version: Version) -> bool:
    """Whether a version may leave its name unbound: defined on some path only, from nothing."""
    while version.kind in {WriteKind.MAY_DEFINE, WriteKind.MUTATE}:
        before = version.previous
        if version.kind is WriteKind.MAY_DEFINE and (
            before is None or _forgets(version.statement.node, version.name)
        ):
            return True
        if before is None:
            break
        version = before
    return version.kind is WriteKind.DELETE


def _forgets(node: ast.AST, name: str) -> bool:
    """Whether a statement unbinds a name on some path: `del`, or the name of an `except` clause."""
    return any(
        inner.name == name
        if isinstance(inner, ast.ExceptHandler)
        else isinstance(inner, ast.Name) and inner.id == name and isinstance(inner.ctx, ast.Del)
        for inner in ast.walk(node)
    )
