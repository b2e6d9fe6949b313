"""Functions and classes of the notebook, as the interpreter sees them."""

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nb2pipe.analysis.decorators import CACHES, DISPATCHERS, PROPERTIES
from nb2pipe.analysis.heap import NOTHING, Site, Sites, Value
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
    function's parameters, `members` a class's attributes (`*`: any of them); `bases` the values of its base classes,
    `metas` those of its metaclasses; `decorators` the last parts of the full names of the libraries'
    decorators that it got, under whatever name. `made` are the objects that it held when it was defined: its defaults
    or members, and those of its methods.
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
    made: Sites = NOTHING
    decorators: set[str] = field(default_factory=set)

    @property
    def is_class(self) -> bool:
        """Whether calling it makes an instance."""
        return isinstance(self.node, ast.ClassDef)

    @property
    def caches(self) -> bool:
        """Whether it keeps its results, and does not run again for the same arguments."""
        return not CACHES.isdisjoint(self.decorators)

    @property
    def dispatches(self) -> bool:
        """Whether other functions can be registered with it, as cases of it; or classes, with an abstract one."""
        makers = (*self.bases, *self.metas)
        abstract = any(maker.dotted in {"abc.ABC", "abc.ABCMeta"} for maker in makers)
        inherited = (site.definition for base in self.bases for site in base.sites)
        return (
            abstract
            or not DISPATCHERS.isdisjoint(self.decorators)
            or any(base.dispatches for base in inherited if base is not None)
        )

    @property
    def is_property(self) -> bool:
        """Whether reading it, as an attribute of an object, calls it."""
        return not PROPERTIES.isdisjoint(self.decorators)
