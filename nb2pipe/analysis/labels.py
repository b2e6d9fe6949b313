"""Changes of labels in place: a name that an index gets, which all frames with this index have then."""

import ast
from collections.abc import Iterable
from typing import Final

from nb2pipe.frontend.walk import nodes_of

_LABELS: Final = {"index", "columns"}
_NAMES: Final = {"name", "names", "freq"}
_RENAMING: Final = {"rename", "set_names"}


def renames_labels(trees: Iterable[ast.AST]) -> bool:
    """Whether something below `trees` may name labels that frames have in common: `df.index.name = "date"`."""
    return any(_renames(node) for tree in trees for node in nodes_of(tree))


def _renames(node: ast.AST) -> bool:
    match node:
        case ast.Attribute(attr=name, value=ast.Attribute(attr=labels), ctx=ast.Store()):
            return name in _NAMES and labels in _LABELS
        case ast.Call(
            func=ast.Attribute(attr=name, value=ast.Attribute(attr=labels)), keywords=words
        ):
            in_place = any(word.arg == "inplace" for word in words)
            return in_place and name in _RENAMING and labels in _LABELS
        case _:
            return False
