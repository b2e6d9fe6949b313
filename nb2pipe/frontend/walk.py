"""Go through a syntax tree that many passes go through."""

import ast
from collections.abc import Sequence
from typing import Any

_KEPT = "nodes_below"


def nodes_of(tree: ast.AST) -> Sequence[ast.AST]:
    """Return `tree` and all nodes below it, in the order of `ast.walk`.

    They are kept with the tree, so it must be one that nobody changes any more.
    """
    kept: dict[str, Any] = vars(tree)
    if _KEPT not in kept:
        kept[_KEPT] = tuple(ast.walk(tree))
    nodes: Sequence[ast.AST] = kept[_KEPT]
    return nodes
