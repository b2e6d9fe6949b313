"""Parse a cell's source, IPython syntax included, keeping every line where it is."""

import ast
from dataclasses import dataclass

from nb2pipe.frontend.layout import LaidCell


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedCell:
    """A cell as an abstract syntax tree.

    `text` is the plain Python that `tree` was parsed from: the source with IPython syntax turned into
    calls of `get_ipython()`; it has the same number of lines as the source, and its lines are the
    source's own wherever they hold no IPython syntax. A cell that cannot be parsed has an empty tree.
    """

    laid: LaidCell
    text: str
    tree: ast.Module
