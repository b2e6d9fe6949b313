"""Functions and classes of the notebook, as the interpreter sees them."""

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nb2pipe.analysis.heap import Site, Value
from nb2pipe.analysis.scopes import FunctionNode, Scope

if TYPE_CHECKING:
    from nb2pipe.analysis.recorder import Snapshot


@dataclass(eq=False, slots=True)
class Frame:
    """The variables of one call of a function, or of a class body; `parent` is the enclosing call.

    `cells` is the object that functions made in this call hold on to: their closure.
    """

    scope: Scope
    parent: "Frame | None" = None
    values: dict[str, Value] = field(default_factory=dict)
    returned: list[Value] = field(default_factory=list)
    exits: list["Snapshot"] = field(default_factory=list)
    is_class: bool = False
    cells: Site | None = None


@dataclass(eq=False, slots=True)
class Definition:
    """Code that runs later, when it is called.

    `name` is set when the definition is bound at the top level of the notebook. `defaults` are those of a
    function's parameters, `members` a class's attributes; `bases` the values of its base classes,
    `metas` those of its metaclasses.
    """

    node: FunctionNode | ast.ClassDef
    frame: Frame | None
    name: str | None = None
    scope: Scope | None = None
    defaults: dict[str, Value] = field(default_factory=dict)
    members: dict[str, Value] = field(default_factory=dict)
    bases: tuple[Value, ...] = ()
    metas: tuple[Value, ...] = ()
    order: int = -1
    caches: bool = False

    @property
    def is_class(self) -> bool:
        """Whether calling it makes an instance."""
        return isinstance(self.node, ast.ClassDef)
