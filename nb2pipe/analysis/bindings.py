"""Bind targets of every form: names in their scopes, parts of objects."""

import ast
from typing import Final

from nb2pipe.analysis.arguments import Arguments
from nb2pipe.analysis.containers import is_buffer
from nb2pipe.analysis.definitions import Frame
from nb2pipe.analysis.heap import IMMUTABLE, Site, Value, join
from nb2pipe.analysis.objects import member_runs
from nb2pipe.analysis.specials import Specials

# The type of a result whose parts share nothing with each other: `train_test_split(X, y)`.
_PIECES: Final = "pieces"
# These have no hash.
_NO_KEYS: Final = frozenset({"list", "dict", "set", "slice"})


class Bindings(Specials):
    """Assignment to names, attributes, elements and patterns of these."""

    def assign(self, target: ast.expr, value: Value, frame: Frame | None) -> None:
        """Bind a target of any form to a value."""
        match target:
            case ast.Name(id=name):
                self.bind(name, value, target, frame)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                inner = self.iterate(value, target)
                apart = bool(value.sites) and all(site.type == _PIECES for site in value.sites)
                for part in parts:
                    piece = self.new(part, [], role="piece") if apart else inner
                    self.assign(part, piece, frame)
            case ast.Starred(value=inner_target):
                self.assign(inner_target, self.new(target, [value], "list"), frame)
            case ast.Attribute(value=base, attr=attribute):
                self.set_part(self.holder(base, frame), value, target, attribute)
            case ast.Subscript(value=base, slice=index):
                holder = self.holder(base, frame)
                key = self.evaluate(index, frame)
                self.set_part(holder, value, target, None)
                self._keep_key(holder, key)
            case _:
                self.evaluate(target, frame)

    def bind(self, name: str, value: Value, node: ast.AST, frame: Frame | None) -> None:
        """Bind a name in its scope."""
        holder = self.frame_of(name, frame)
        self._let_go(name, node, holder)
        if holder is None:
            self.define(name, value, node)
            return
        holder.values[name] = value
        if holder.cells is not None:
            self.heap.hold([holder.cells], value.sites)
            if holder is not frame:
                self.mutate(frozenset([holder.cells]), node, "a variable of its closure is rebound")

    def _let_go(self, name: str, node: ast.AST, holder: Frame | None) -> None:
        """Run what runs when an object is not needed any more, as the one may be that `name` refers to until now."""
        if not self.has_finalizers:
            return
        if holder is not None:
            value = holder.values.get(name, IMMUTABLE)
        else:
            value = self.names[name].value if name in self.names else IMMUTABLE
        if self.member(value, "__del__") is not None:
            if holder is None:
                self.read(name, node)
            self.run_methods(value, ["__del__"], node)

    def frame_of(self, name: str, frame: Frame | None) -> Frame | None:
        """Return the frame whose variable an assignment to `name` binds; None is the global scope."""
        outer = frame
        while outer is not None and name not in outer.scope.declared_global:
            if name in outer.scope.local or (outer.is_class and outer is frame):
                return outer
            outer = outer.parent
        return None

    def _keep_key(self, holder: Value, key: Value) -> None:
        """Let what may be a dictionary hold the key of an item: what looks it up later must have that very object."""
        keys = frozenset(site for site in key.sites if not _is_no_key(site.type))
        self.heap.hold(frozenset(s for s in holder.sites if not _has_numbers(s.type)), keys)

    def set_part(self, holder: Value, value: Value, node: ast.expr, attribute: str | None) -> None:
        """Set an attribute (`*`: nobody can tell which), or an item when it is None."""
        if holder.dotted is not None:
            self.set_library_part(holder.dotted, attribute, node)
            self.plant([value])
            self.files.spoil(self.heap.reach(value.sites))
            return
        if attribute is None:
            holder = Value(frozenset(filter(_may_have_items, holder.sites)))
        elif holder.sites and all(s.definition and s.definition.is_class for s in holder.sites):
            self._extend_class(holder, value, attribute, node)
        for site in holder.sites:
            if site.definition is not None and attribute is not None:
                known = site.definition.members.get(attribute, IMMUTABLE)
                site.definition.members[attribute] = join((known, value))
        self.run_methods(holder, ["__setitem__", "__setattr__"], node)
        described = self.member(holder, attribute) if attribute is not None else None
        if described is not None:
            self.run_methods(described, ["__set__"], node, Arguments((holder, value)))
            if attribute is not None and member_runs(described):
                self.run_methods(holder, [attribute], node, Arguments((value,)))
        self.let_go_parts(holder.sites, node)
        self._keep_part(holder, value, attribute)
        self.mutate(holder.sites, node, "it is assigned to in place")
        if attribute is not None:
            self.tell(holder, node)

    def _extend_class(self, holder: Value, value: Value, attribute: str, node: ast.AST) -> None:
        """Note that classes get code, or what Python looks for by itself: it is needed wherever their objects are."""
        if attribute == "__bases__":
            self.set_option(None, node)
        is_code = value.sites and all(
            site.definition or site.type == "builtins.property" for site in value.sites
        )
        if is_code or attribute[:2] in {"__", "*"} or attribute[:6] == "_repr_":
            self.extended |= holder.sites

    def _keep_part(self, holder: Value, value: Value, attribute: str | None) -> None:
        if attribute == "__dict__":  # what changes the one changes the other
            self.heap.hold(value.sites, holder.sites)
        if attribute is not None:
            self.heap.set_field(holder.sites, attribute, value.sites)
        elif self.knowledge.sliced({site.type for site in holder.sites}) is None:
            self.heap.hold(holder.sites, value.sites)

    def forget(self, name: str, node: ast.AST, frame: Frame | None) -> None:
        """Unbind a name in its scope."""
        holder = self.frame_of(name, frame)
        self._let_go(name, node, holder)
        if holder is None:
            self.unbind(name, node)
        else:
            holder.values.pop(name, None)


def _may_have_items(site: Site) -> bool:
    """Whether items can be set: functions and classes have none, unless a metaclass says so."""
    return site.definition is None or bool(site.definition.metas)


def _is_no_key(type_: str | None) -> bool:
    return type_ in _NO_KEYS or _has_numbers(type_)


def _has_numbers(type_: str | None) -> bool:
    """Whether items of objects of this type are found by number, label or mask, and none of these is kept."""
    return type_ == "list" or is_buffer(type_)
