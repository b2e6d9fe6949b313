"""Make instances of the notebook's classes: what `__new__`, `__init__` and metaclasses do, and the values of fields."""

import ast
from collections.abc import Sequence
from typing import Final

from nb2pipe.analysis.arguments import NO_ARGUMENTS, Arguments
from nb2pipe.analysis.deferred import Deferred
from nb2pipe.analysis.definitions import Definition
from nb2pipe.analysis.heap import NOTHING, Site, Sites, Value, in_order, join, objects
from nb2pipe.analysis.knowledge import Knowledge

_FIELDS: Final = frozenset({"dataclasses.field()", "attr.ib()", "attr.field()", "attrs.field()"})
# Methods with these decorators make or check the value of a field.
_CHECKING: Final = frozenset(
    ["ib()", "field()", "validator", "field_validator", "model_validator", "root_validator"]
)


class Instances(Deferred):
    """Calls of the notebook's classes."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(knowledge)
        self._making: set[Definition] = set()
        # What `object.__new__` gives to the class that is called now.
        self._made: list[Site] = []

    def begin_statement(self) -> None:
        """Forget which instances were not finished."""
        super().begin_statement()
        self._making.clear()

    def instantiate(
        self, site: Site, node: ast.AST, arguments: Arguments, *, spread: bool
    ) -> Value:
        """Return what calling a class gives: a new instance, unless its metaclass or `__new__` gives another object."""
        metas = site.definition.metas if site.definition is not None else ()
        call = self.member(join(metas), "__call__") if metas else None
        if call is None:
            return self._instantiate(site, node, arguments, spread=spread)
        given = Arguments((Value(frozenset([site])), *arguments.positional), arguments.keywords)
        methods = in_order(call.sites)
        return join([self.invoke(method, node, None, given, spread=spread) for method in methods])

    def made_by_base(self, name: str, own: Value, arguments: Arguments) -> Value | None:
        """Return what `super().__new__(cls)` or, in a metaclass, `super().__call__(…)` makes."""
        classes = [s for s in in_order(own.sites) if s.definition and s.definition.is_class]
        if name == "__call__" and classes and len(self.stack) > 1:
            node = self.stack[-1]
            return join([self._instantiate(s, node, arguments, spread=True) for s in classes])
        if name != "__new__" or not self._made or self.makes_classes(self.classes_of(own)):
            return None
        made = self._made[-1]
        self.heap.hold([made], objects(arguments.sites))
        return Value(frozenset([made]))

    def _instantiate(
        self, site: Site, node: ast.AST, arguments: Arguments, *, spread: bool
    ) -> Value:
        made = self.site(node, "instance", "instance")
        self.heap.hold([made], [site])
        instance = self._new(made, site, node, arguments, spread=spread)
        for name in ("__init__", "__post_init__"):
            member = self.member(instance, name)
            for method in in_order(member.sites) if member is not None else ():
                self.invoke(method, node, instance, arguments, spread=spread)
        self.heap.hold([made], self._make_fields(instance, node))
        if self._sets_its_attributes(instance):
            self.heap.hold([made], arguments.sites | self.heap.held(arguments.sites))
        else:
            self.heap.set_field([made], "*", arguments.sites)
        return instance

    def _new(
        self, made: Site, site: Site, node: ast.AST, arguments: Arguments, *, spread: bool
    ) -> Value:
        """Return what `__new__` gives: `made`, unless it is an instance that was there before."""
        instance = Value(frozenset([made]))
        member = self.member(instance, "__new__")
        if member is None:
            return instance
        receiver = Value(frozenset([made, site]))
        self._made.append(made)
        try:
            given = [
                self.invoke(method, node, receiver, arguments, spread=spread)
                for method in in_order(member.sites)
            ]
        finally:
            self._made.pop()
        sites = join(given).sites - {site}
        if sites and all(other.type == "instance" for other in sites):
            return Value(sites)
        self.heap.hold([made], sites)
        return Value(sites | {made})

    def _make_fields(self, instance: Value, node: ast.AST) -> Sites:
        """Run what makes the values of a data class's fields; return what these may be."""
        classes = [d for d in self.classes_of(instance) if d.decorators or d.bases]
        if not self._making.isdisjoint(classes):
            return NOTHING
        self._making.update(classes)
        made = self._made_fields(classes, instance, node)
        self._making.difference_update(classes)
        return made

    def _made_fields(self, classes: Sequence[Definition], instance: Value, node: ast.AST) -> Sites:
        members = join(member for d in classes for member in d.members.values()).sites
        fields = frozenset(site for site in members if site.type in _FIELDS)
        factories = (s for s in in_order(self.heap.held(fields)) if s.definition is not None)
        values = [self.call_value(Value(frozenset([s])), node, NO_ARGUMENTS) for s in factories]
        values += [
            self.invoke(site, node, instance, NO_ARGUMENTS, spread=True)
            for site in in_order(members)
            if site.definition is not None and site.definition.decorators & _CHECKING
        ]
        return join(values).sites

    def _sets_its_attributes(self, instance: Value) -> bool:
        """Whether methods of the notebook put what an instance is made of into its attributes, and nobody else."""
        return (
            self.has_own_attributes(instance)
            and self.member(instance, "__init__") is not None
            and not any(definition.decorators for definition in self.classes_of(instance))
        )
