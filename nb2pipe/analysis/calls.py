"""Evaluate calls: decide what is called, and hand over to those who know what it does."""

import ast
from collections.abc import Collection
from dataclasses import replace
from typing import Final, TypeGuard

from nb2pipe.analysis.arguments import NO_ARGUMENTS, Arguments
from nb2pipe.analysis.containers import CONTAINERS
from nb2pipe.analysis.decorators import DECORATORS, STATELESS, decorator_names
from nb2pipe.analysis.deferred import Method
from nb2pipe.analysis.definitions import Frame
from nb2pipe.analysis.effects import CAUTIOUS, CallEffect
from nb2pipe.analysis.escapes import EscapeFacts, escape_facts
from nb2pipe.analysis.heap import IMMUTABLE, NOTHING, Site, Sites, Value, in_order, join, objects
from nb2pipe.analysis.knowledge import Knowledge
from nb2pipe.analysis.library import LibraryCalls
from nb2pipe.analysis.operators import OPERATORS
from nb2pipe.analysis.states import changed_container, state_of_target

_INDEX: Final = Arguments((IMMUTABLE,))
# A result of these kinds may be, or share something with, the object whose method it is.
_SHARING: Final = frozenset({"unknown", "self", "view", "holds"})
# What runs of a class's own code when an object is called, whatever library the class is derived from.
_CALLED: Final = ("__call__", "forward", "call")


class Calls(LibraryCalls):
    """Evaluation of calls."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(knowledge)
        self.changed_nodes: dict[ast.AST, tuple[ast.expr, ...]] = {}

    def call(self, node: ast.Call, frame: Frame | None) -> Value:
        """Evaluate a call: callee, arguments, then what the callee does."""
        escape = escape_facts(node)
        if escape is not None:
            return self.escape(node, escape, frame)
        receiver: Value | None = None
        if isinstance(node.func, ast.Attribute):
            receiver = self.evaluate(node.func.value, frame)
            callee = self.attribute(receiver, node.func.attr, node.func)
            if receiver.dotted is not None:
                receiver = None
        else:
            callee = self.evaluate(node.func, frame)
        positional = tuple(self.evaluate(argument, frame) for argument in node.args)
        starred = (
            (None, value)
            for argument, value in zip(node.args, positional, strict=True)
            if isinstance(argument, ast.Starred)
        )
        named = ((word.arg, self.evaluate(word.value, frame)) for word in node.keywords)
        arguments = Arguments(positional, (*named, *starred))
        self.query(node, arguments, frame)
        for changed in self.changed_nodes.get(node, ()):
            self.mutate(self.holder(changed, frame).sites, node, "this call changes it in place")
        if receiver is not None and _is_super(node.func):
            made = self.made_by_base(node.func.attr, receiver, arguments)
            if made is not None:
                return made
        if callee.dotted is not None:
            special = self.special(node, callee.dotted, arguments, frame)
            if special is not None:
                return special
            arguments = self.with_formula(node, callee.dotted, arguments)
        return self.apply(node, callee, receiver, arguments)

    def query(self, node: ast.Call, arguments: Arguments, frame: Frame | None) -> None:
        """Read the names that a string argument mentions."""
        raise NotImplementedError

    def escape(self, node: ast.Call, escape: EscapeFacts, frame: Frame | None) -> Value:
        """Evaluate IPython syntax."""
        raise NotImplementedError

    def with_formula(self, node: ast.Call, dotted: str, arguments: Arguments) -> Arguments:
        """Return the arguments of a call, and what a formula among them looks up."""
        raise NotImplementedError

    def special(
        self, node: ast.Call, dotted: str, arguments: Arguments, frame: Frame | None
    ) -> Value | None:
        """Evaluate a builtin that no table can describe; None when `dotted` is not one."""
        raise NotImplementedError

    def apply(
        self, node: ast.Call, callee: Value, receiver: Value | None, arguments: Arguments
    ) -> Value:
        """Return the result of calling `callee`, and record what the call does."""
        if callee.dotted is not None:
            owner, _, name = callee.dotted.rpartition(".")
            type_ = self.knowledge.type_named(owner)
            if type_ is not None and callee.dotted not in self.knowledge.functions:
                return self._unbound_method(node, type_, name, arguments)
            effect = self.knowledge.function(callee.dotted)
            implicit = OPERATORS if callee.dotted.startswith("builtins.") else None
            container = changed_container(callee.dotted, self.states_set)
            if container is not None and not effect.setting:
                self.set_option(state_of_target(container, inside=True), node)
                self.plant(arguments.all)
            state, changes, gives = self._of_variable(node, owner, name)
            if state is not None and changes:
                self.carry_state(state, node)
            made = self.library_call(
                node, effect, receiver, arguments, methods=implicit, name=callee.dotted
            )
            if state is not None and gives:
                self.show(objects(made.sites), state)
            return made
        if receiver is None or not isinstance(node.func, ast.Attribute):
            return self.call_value(callee, node, arguments)
        name = node.func.attr
        assigned = self.is_plain_instance(receiver) or self.has_set(receiver, name)
        if assigned and self.member(receiver, name) is None:
            # What was assigned to an attribute is called without the object.
            return self.call_value(callee, node, arguments)
        hiding = frozenset(filter(self._runs, self.heap.field(receiver.sites, name)))
        results = [self.call_method(Method(name, receiver), node, arguments)]
        if hiding and assigned:
            results.append(self.call_value(Value(hiding), node, arguments))
        return join(results)

    def _of_variable(
        self, node: ast.Call, variable: str, method: str
    ) -> tuple[str | None, bool, bool]:
        """Return the hidden state that a local module's variable is, and what its method does, as far as it is known.

        That is whether it changes the object, and whether it may return a part of it.
        """
        state, types = self.knowledge.variables.get(variable, (None, ()))
        effects = [self.knowledge.method(type_, method) for type_ in types]
        changes = any(effect.known and "self" in effect.mutates for effect in effects)
        gives = any(effect.known and effect.returns in _SHARING for effect in effects)
        return state, changes or node in self.changed_nodes, gives

    def _unbound_method(self, node: ast.AST, type_: str, name: str, arguments: Arguments) -> Value:
        """Call a method on a library's class: `list.append(xs, 1)`."""
        receiver, *rest = arguments.positional or (IMMUTABLE,)
        others = Arguments(tuple(rest), arguments.keywords)
        effect = self.knowledge.method(type_, name)
        return self.library_call(node, effect, receiver, others, name=f"{type_}.{name}")

    def ask_item(self, value: Value, node: ast.AST) -> Value:
        """Run what asking an object for an item runs; return what the notebook's own code gives."""
        own = self.run_methods(value, ["__getitem__", "__missing__"], node, _INDEX)
        self.run_operator(value, "__getitem__", node)
        for site in in_order(value.sites):
            factory = self.factories.get(site)
            if factory is not None:
                self.heap.hold([site], self.call_value(factory, node, NO_ARGUMENTS).sites)
        return own

    def call_value(self, callee: Value, node: ast.AST, arguments: Arguments) -> Value:
        """Call an object, whatever it may be: functions, classes, bound methods, and others."""
        results = []
        others = set()
        for site in in_order(callee.sites):
            alone = Value(frozenset([site]))
            if site.definition is not None:
                results.append(self.invoke(site, node, None, arguments))
            elif site in self.methods:
                results.append(self.call_method(self.methods[site], node, arguments))
            elif site.type == "instance" and self.member(alone, "__call__") is not None:
                results.append(self.call_method(Method("__call__", alone), node, arguments))
            elif site.type in DECORATORS and (given := function_among(arguments)):
                results.append(self.decorated(given, alone, node))
            else:
                others.add(site)
        if others or not results:
            results.append(self._unknown_call(node, Value(frozenset(others)), arguments))
        return join(results)

    def decorated(self, value: Value, decorator: Value, place: ast.AST) -> Value:
        """Return what `decorator`, which stands at `place`, makes of a function or class."""
        named = place.func if isinstance(place, ast.Call) else place
        if (
            isinstance(named, ast.Attribute)
            and named.attr == "register"
            and _dispatchers(decorator)
        ):
            return self._register(decorator, value, place)
        code = frozenset(site for site in decorator.sites if self._runs(site))
        if not code:
            return self._decorated_by_library(value, decorator, place)
        result = self.call_value(Value(code), place, Arguments((value,)))
        self.heap.hold(result.sites, value.sites)
        return Value(value.sites | result.sites)

    def _decorated_by_library(self, value: Value, decorator: Value, place: ast.AST) -> Value:
        names = decorator_names(decorator, place)
        if "wraps" in names:
            # What is kept as an attribute of the one becomes one of the other.
            self.heap.hold(value.sites, decorator.sites)
        for site in value.sites:
            if site.definition is not None:
                site.definition.decorators |= names
        named = decorator.dotted is not None and self.knowledge.function(decorator.dotted).calls
        if named or not self.calling.isdisjoint(decorator.sites):
            self.record.varies = True  # it shows something each time
            self.run_callbacks(place, Arguments((value,)))
        return Value(value.sites | self._registered(value, decorator, place, names))

    def _registered(
        self, value: Value, decorator: Value, place: ast.AST, names: Collection[str]
    ) -> Sites:
        """Return the objects of a library that may keep what a method of theirs decorates, and change."""
        owners = objects(decorator.sites)
        keeps_nothing = decorator.dotted is not None or not STATELESS.isdisjoint(names)
        if keeps_nothing or all(map(self._called, owners)):
            return NOTHING
        if not self.names_that_see(self.heap.reach(owners)):
            return NOTHING
        because = "it may keep what it decorates"
        self.mutate(self.changeable(owners), place, because, cautious=True)
        self.heap.hold(owners, value.sites)
        return owners

    def _register(self, dispatcher: Value, case: Value, node: ast.AST) -> Value:
        """Add a case to functions that choose one by the type of their first argument."""
        sites = _dispatchers(dispatcher)
        self.mutate(sites, node, "a case is added to it")
        self.heap.hold(sites, case.sites)
        for site in sites:
            self.cases.setdefault(site, set()).update(case.sites)
        self.record.cases.update(
            name for name in self.names_that_see(sites) if self.names[name].value.sites & sites
        )
        return case

    def _runs(self, site: Site) -> bool:
        """Whether an object runs the notebook's own code when it is called."""
        own = site.definition is not None or site in self.methods or site.type == "instance"
        return own or site.type == "functools.partial"

    def call_method(self, method: Method, node: ast.AST, arguments: Arguments) -> Value:
        """Call a method: the notebook's own if its object has one, else what libraries have."""
        if method.name == "register" and _dispatchers(method.receiver):
            case = function_among(Arguments(arguments.positional[-1:]))
            if case is None and all(
                s.definition and s.definition.is_class for s in method.receiver.sites
            ):
                self._register(method.receiver, IMMUTABLE, node)  # with an abstract class
            return self._register(method.receiver, case, node) if case else method.receiver
        member = self.member(method.receiver, method.name)
        own = [site for site in in_order(member.sites) if site.definition] if member else []
        if own and isinstance(node, ast.Call) and _is_super(node.func):
            own = self._behind(own, method)
        if own:
            return join([self.invoke(site, node, method.receiver, arguments) for site in own])
        return self._library_method(node, method.name, method.receiver, arguments)

    def _behind(self, own: list[Site], method: Method) -> list[Site]:
        """Return the methods that `super()` may have, of those with the name: none where that is of a container."""
        others = [s for s in own if s.definition and s.definition.node not in self.stack]
        bases = [self.bare_base(site) for site in in_order(objects(method.receiver.sites))]
        return others if others or (all(bases) and method.name[0] != "_") else own

    def _library_method(
        self, node: ast.AST, name: str, receiver: Value, arguments: Arguments
    ) -> Value:
        if not receiver.sites:
            if name == "replace" and len(arguments.all) == 1:  # of a path: texts need two
                name = "rename"
            of_text = self.knowledge.types["str"].methods.get(name)
            effect = of_text or self.knowledge.methods.get(name, CallEffect(returns="fresh"))
            effect = replace(effect, mutates=(), known=True)
            return self.library_call(node, effect, receiver, arguments, name=f"None.{name}")
        instance = any(
            site.definition is not None and site.definition.is_class
            for site in self.heap.held(receiver.sites)
        )
        if instance:
            self.run_methods(receiver, None, node)
        self._run_held(node, receiver, arguments)
        results = []
        types = {self.bare_base(site) or site.type for site in receiver.sites}
        types = {type_ for type_ in types if not self.knowledge.lacks(type_, name)} or {None}
        for type_ in sorted(types, key=str):
            effect = self.knowledge.method(type_, name)
            full = f"{type_}.{name}"
            results.append(self.library_call(node, effect, receiver, arguments, name=full))
        if name == "close":
            self.close(receiver.sites)
        return join(results)

    def _called(self, site: Site) -> CallEffect | None:
        """Return what calling an object does, by its type or by what its class is derived from."""
        known = self.knowledge.called(site.type)
        if known is not None:
            return known
        for definition in self.classes_of(Value(frozenset([site]))):
            for base in definition.bases:
                made = self.knowledge.type_made_by(base.dotted or "")
                known = known or self.knowledge.operator(made, "__call__")
        return known

    def _unknown_call(self, node: ast.AST, callee: Value, arguments: Arguments) -> Value:
        """Call something that came from outside: it may change what it is and what it gets."""
        effects = [None if site in self.lent else self._called(site) for site in callee.sites]
        if effects and all(effects):
            self._run_held(node, callee, arguments)
            own = self.run_methods(callee, _CALLED, node, arguments)
            results = [self.library_call(node, e, callee, arguments) for e in effects if e]
            return join([*results, own])
        if self.is_plain_instance(callee):
            return self.run_methods(callee, ["__call__"], node, arguments)
        self._run_held(node, callee, arguments)
        self.run_callbacks(node, arguments)
        self.files.spoil(self.heap.reach(arguments.sites))
        types = {site.type for site in callee.sites}
        if not types & {"function"}:
            self.mutate(
                self.changeable(callee.sites | arguments.sites),
                node,
                "it is not known what this call changes",
                cautious=True,
            )
        return self.result(node, CAUTIOUS, callee, arguments)

    def _run_held(self, node: ast.AST, callee: Value, arguments: Arguments) -> None:
        """Run the notebook's functions that a library's object was made of: `partial(f, x)`, `Minuit(f)`."""
        makers = frozenset(site for site in callee.sites if site.type not in CONTAINERS)
        code, things = self.code_in(makers)
        if code:
            plain = Arguments((Value(things | objects(arguments.sites)),))
            self.carried_code(Value(code), node, plain)


def _is_super(node: ast.expr) -> TypeGuard[ast.Attribute]:
    """Whether `node` is `super().name`."""
    match node:
        case ast.Attribute(value=ast.Call(func=ast.Name(id="super"))):
            return True
        case _:
            return False


def _dispatchers(value: Value) -> Sites:
    return frozenset(s for s in value.sites if s.definition is not None and s.definition.dispatches)


def function_among(arguments: Arguments) -> Value | None:
    """Return the argument of a decorator, if it is the notebook's own code."""
    given = arguments.get(0)
    code = given is not None and any(site.definition is not None for site in given.sites)
    return given if code else None
