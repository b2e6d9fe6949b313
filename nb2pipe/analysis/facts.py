"""What is known about each statement: the only thing that links steps together.

Hidden state is a variable like any other here, under a name that no Python variable can have:
`<numpy.random>` for a global random generator, `<file:data.csv>` for a file. One mechanism, versions of
names, thus turns every effect into an edge.
"""

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from nb2pipe.analysis.heap import NOTHING, Sites


class WriteKind(StrEnum):
    """How a statement writes a name."""

    DEFINE = "define"
    MAY_DEFINE = "may_define"
    MUTATE = "mutate"
    DELETE = "delete"


class ReplayKind(StrEnum):
    """Why a statement may be run again in another step."""

    IMPORT = "import"
    DEFINITION = "definition"
    CONSTANT = "constant"
    SETTING = "setting"
    RECREATE = "recreate"
    VIEW = "view"
    LITERAL = "literal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The first place where a statement reads a name.

    `guarded`: inside a `try` that catches a missing name. `needed`: at least one read takes the value
    from before the statement (false: it only asks whether a name is there).
    """

    node: ast.AST
    guarded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """How a name is written, and where; `cautious` when only caution says so, `because` in words.

    `displayed`: IPython does it, as it displays the statement's value. `names_options`: what the name refers to is
    where a library or the process keeps options, which are hidden state.
    """

    kind: WriteKind
    node: ast.AST
    cautious: bool = False
    because: str = ""
    displayed: bool = False
    names_options: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementFacts:
    """One top-level statement.

    `reads` are the names whose value from before the statement it may need, also inside the
    functions that it calls; `wraps` are the objects that a definition makes beside the function or class that
    stands there. `let_go` has for files that are written because their handle may be closed the
    variables that held it. Of options that it sets, at its top (`sets_options`) or in functions,
    `states` are the hidden state that keeps them, `lost_option` is one that no state keeps, and `planted`
    are names that functions given to libraries look up when they are called. `identified` are those of whose text
    or numbers it asks whether they are one object.
    """

    cell: int
    order: int
    node: ast.stmt
    reads: Mapping[str, Read]
    writes: Mapping[str, Write]
    let_go: Mapping[str, Sequence[str]] = field(default_factory=dict)
    replay: ReplayKind | None = None
    wraps: Sites = NOTHING
    sets_options: bool = False
    states: Mapping[str, ast.AST] = field(default_factory=dict)
    lost_option: ast.AST | None = None
    planted: frozenset[str] = frozenset()
    unknown_file: ast.AST | None = None
    dynamic: ast.AST | None = None
    lost_output: ast.AST | None = None
    opaque: tuple[tuple[ast.AST, str], ...] = ()
    identified: Mapping[str, ast.AST] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellFacts:
    """A cell: its statements, and the objects that every name may refer to when it starts and ends.

    `shows`: `_`, `__` and `___` are IPython's when it starts, and somebody reads them.
    """

    cell: int
    statements: tuple[StatementFacts, ...]
    before: Mapping[str, Sites]
    after: Mapping[str, Sites]
    shows: bool = False
