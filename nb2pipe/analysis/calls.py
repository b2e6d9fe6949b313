"""Evaluate calls: the notebook's own functions by running their bodies, libraries by what is known.

The body of a function is interpreted anew at each call, with the arguments of that call and the
globals of that moment: that is how Python binds, so late binding, changed arguments and returned
aliases need no rules of their own. Recursion and a budget end it; past them, caution.
"""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from nb2pipe.analysis.definitions import Definition, Frame
from nb2pipe.analysis.escapes import EscapeFacts, escape_facts
from nb2pipe.analysis.expressions import CONTAINERS, OPERATORS, Expressions
from nb2pipe.analysis.arguments import NO_ARGUMENTS, Arguments
from nb2pipe.analysis.heap import IMMUTABLE, NOTHING, Site, Sites, Value, join, objects
from nb2pipe.analysis.knowledge import CAUTIOUS, CallEffect, Knowledge
from nb2pipe.analysis.recorder import file_name
from nb2pipe.analysis.scopes import FunctionNode, function_scope, names_read, parameter_names

DEPTH: Final = 30
BUDGET: Final = 300
_SELF: Final = "self"
_CLOSED: Final = ("pandas.", "polars.", "xarray.", "numpy.ndarray")


@dataclass(frozen=True, slots=True)
class _Invoked:
    """A call that was followed already: its result, the heap's growth then, and how often."""

    result: Value
    growth: int
    times: int


class Calls(Expressions):
    """Evaluation of calls."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(knowledge)
        self._calls_left = BUDGET
        self._invoked: dict[object, _Invoked] = {}
        self._methods_run: dict[object, Value] = {}
        self.changed_nodes: dict[ast.AST, tuple[ast.expr, ...]] = {}

    def begin_statement(self) -> None:
        """Forget what calls of the statement before did, and give this one its budget."""
        self._calls_left = BUDGET
        self._invoked.clear()
        self._methods_run.clear()

    def execute(self, body: Sequence[ast.stmt], frame: Frame | None) -> None:
        """Run statements."""
        raise NotImplementedError

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
        arguments = Arguments(
            tuple(self.evaluate(argument, frame) for argument in node.args),
            tuple((word.arg, self.evaluate(word.value, frame)) for word in node.keywords),
        )
        self.query(node, arguments, frame)
        for changed in self.changed_nodes.get(node, ()):
            self.mutate(self.evaluate(changed, frame).sites, node, "this call changes it in place")
        if callee.dotted is not None:
            special = self.special(node, callee.dotted, arguments, frame)
            if special is not None:
                return special
        return self.apply(node, callee, receiver, arguments)

    def query(self, node: ast.Call, arguments: Arguments, frame: Frame | None) -> None:
        """Read the names that a string argument mentions."""
        raise NotImplementedError

    def escape(self, node: ast.Call, escape: EscapeFacts, frame: Frame | None) -> Value:
        """Evaluate IPython syntax."""
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
            effect = self.knowledge.function(callee.dotted)
            implicit = OPERATORS if callee.dotted.startswith("builtins.") else None
            return self.library_call(node, effect, receiver, arguments, methods=implicit)
        own = self._own_code(node, callee, receiver)
        if own:
            results = [self.invoke(site, node, receiver, arguments) for site in own]
            return join(results)
        if isinstance(node.func, ast.Attribute) and receiver is not None:
            return self._method_call(node, node.func.attr, receiver, arguments)
        return self._unknown_call(node, callee, arguments)

    def _own_code(self, node: ast.Call, callee: Value, receiver: Value | None) -> list[Site]:
        """Return the notebook's functions and classes that `callee` may be."""
        if receiver is not None and isinstance(node.func, ast.Attribute):
            member = self.member(receiver, node.func.attr)
            sites = member.sites if member is not None else NOTHING
        else:
            sites = callee.sites
        return [site for site in sites if site.definition is not None]

    def _method_call(
        self, node: ast.Call, name: str, receiver: Value, arguments: Arguments
    ) -> Value:
        if not receiver.sites:
            effect = self.knowledge.methods.get(name, CallEffect(returns="fresh"))
            effect = replace(effect, mutates=(), known=True)
            return self.library_call(node, effect, receiver, arguments)
        instance = any(
            site.definition is not None and site.definition.is_class
            for site in self.heap.held(receiver.sites)
        )
        if instance:
            self.run_methods(receiver, None, node)
        results = []
        types = {site.type for site in receiver.sites}
        types = {type_ for type_ in types if not self.knowledge.lacks(type_, name)} or {None}
        for type_ in sorted(types, key=str):
            effect = self.knowledge.method(type_, name)
            results.append(self.library_call(node, effect, receiver, arguments))
        return join(results)

    def _unknown_call(self, node: ast.Call, callee: Value, arguments: Arguments) -> Value:
        """Call something that came from outside: it may change what it is and what it gets."""
        effects = [self.knowledge.operator(site.type, "__call__") for site in callee.sites]
        if effects and all(effects):
            return join([self.library_call(node, e, callee, arguments) for e in effects if e])
        callee_reach = self.heap.reach(callee.sites)
        bound = [site for site in callee_reach if site.definition is not None]
        for site in bound:
            self.invoke(site, node, None, arguments)
        self.run_callbacks(node, arguments)
        types = {site.type for site in callee.sites}
        if not types & {"function"}:
            self.mutate(
                self.changeable(callee.sites | arguments.sites),
                node,
                "it is not known what this call changes",
                cautious=True,
            )
        return self.result(node, CAUTIOUS, callee, arguments)

    def changeable(self, sites: Sites) -> Sites:
        """Return all that code which gets `sites` might change: not functions and classes themselves."""
        return objects(self.heap.reach(sites))

    # --- libraries

    def library_call(
        self,
        node: ast.Call,
        effect: CallEffect,
        receiver: Value | None,
        arguments: Arguments,
        *,
        methods: Iterable[str] | None = None,
    ) -> Value:
        """Record what a library's function does, as far as it is known, and return its result."""
        given = {word for word, value in arguments.keywords if word and value.constant is not None}
        effect = effect.given(given)
        if effect.setting:
            self.set_option()
        if effect.recreate:
            self.record.recreates = True
        if effect.seeds or effect.state:
            self.record.draws = True
        for changed in self._changed(effect, receiver, arguments):
            because = "this call changes it" if effect.known else "this call may change it"
            deep = effect.deep or not effect.known
            sites = self.changeable(changed.sites) if deep else objects(changed.sites)
            self.mutate(sites, node, because, cautious=not effect.known)
            if effect.keeps:
                kept = arguments.sites | self.heap.held(arguments.sites)
                self.heap.hold(changed.sites, kept - changed.sites)
        if effect.returns != "holds":
            used = frozenset(site for site in arguments.sites if site.type == "iterator")
            self.mutate(used, node, "it is used up by this call")
        self._hidden_state(node, effect, receiver, arguments)
        self._files(node, effect, receiver, arguments)
        self.run_callbacks(node, arguments, receiver, methods=methods)
        return self.result(node, effect, receiver, arguments)

    def _changed(
        self, effect: CallEffect, receiver: Value | None, arguments: Arguments
    ) -> Iterable[Value]:
        for key in effect.mutates:
            if key == _SELF:
                if receiver is not None:
                    yield receiver
            elif key == "all":
                yield from arguments.all
            else:
                value = arguments.get(key)
                if value is not None:
                    yield value

    def _hidden_state(
        self, node: ast.AST, effect: CallEffect, receiver: Value | None, arguments: Arguments
    ) -> None:
        if effect.seeds:
            self.define(f"<{effect.seeds}>", IMMUTABLE, node)
            return
        given = self.heap.reach(arguments.sites | (receiver.sites if receiver else NOTHING))
        states = self.knowledge.states(site.type for site in given)
        for state in sorted({*states, *([effect.state] if effect.state else [])}):
            self.use_state(state, node)

    def run_operator(self, value: Value, name: str, node: ast.AST) -> None:
        """Record what Python calls by itself on a library's objects: subscripts, loops."""
        for site in value.sites:
            effect = self.knowledge.operator(site.type, name)
            if effect is not None and effect.mutates:
                self.mutate(frozenset([site]), node, "reading it changes it")
            if effect is not None and effect.state:
                self.use_state(effect.state, node)

    def use_state(self, state: str, node: ast.AST) -> None:
        """Record that hidden state is read and changed; before anything set it, nobody can tell."""
        name = f"<{state}>"
        if name in self.names:
            self.read(name, node)
            self.touch(name, node, f"it draws from the global generator of `{state}`")

    def _files(
        self, node: ast.AST, effect: CallEffect, receiver: Value | None, arguments: Arguments
    ) -> None:
        for key, writes in ((effect.reads_file, False), (effect.writes_file, True)):
            if key is not None:
                path = receiver if key == _SELF else arguments.get(key)
                if path is not None:
                    self.use_file(path, node, writes=writes)

    def use_file(self, path: Value, node: ast.AST, *, writes: bool, appends: bool = False) -> None:
        """Record that a file is read or written."""
        if path.text is None:
            if not writes and (path.sites == NOTHING or path.dotted):
                self.record.unknown_file = node
            return
        name = file_name(path.text)
        if not writes or appends:
            self.read(name, node)
        if appends and name in self.names:
            self.touch(name, node, "the file is appended to")
        elif writes:
            self.define(name, IMMUTABLE, node)

    def result(
        self, node: ast.AST, effect: CallEffect, receiver: Value | None, arguments: Arguments
    ) -> Value:
        """Return what a library's function returns."""
        own = receiver if receiver is not None else IMMUTABLE
        if effect.returns == "none":
            return IMMUTABLE
        if effect.returns == "self":
            return Value(own.sites)
        site = self.site(node, "call", effect.type or _kept_type(effect, own))
        if effect.unstorable:
            self.unstorable.add(site)
        given = own.sites | arguments.sites
        match effect.returns:
            case "fresh":
                pass
            case "view":
                self.heap.share([site], self._buffers(given))
            case "shallow":
                # What is in an object of unknown make-up is a part of the object itself.
                words = NOTHING.union(*(value.sites for _, value in arguments.keywords))
                opaque = frozenset(site for site in given if site.type not in CONTAINERS)
                self.heap.hold([site], self.heap.held(given) | words | opaque)
            case "holds":
                self.heap.hold([site], given)
            case _:
                self.heap.hold([site], given)
                return Value(frozenset([site]) | objects(given))
        aliases = [arguments.get(key) or IMMUTABLE for key in effect.aliases]
        return Value(frozenset([site]).union(*(value.sites for value in aliases)))

    def _buffers(self, sites: Sites) -> Sites:
        """Return the objects among `sites`, and in their containers, that may own memory to look into."""
        inside = self.heap.held(frozenset(site for site in sites if site.type in CONTAINERS))
        return frozenset(
            site
            for site in sites | inside
            if site.definition is None and (site.type is None or site.type.startswith(_CLOSED))
        )

    def run_callbacks(
        self,
        node: ast.Call,
        arguments: Arguments,
        receiver: Value | None = None,
        *,
        methods: Iterable[str] | None = None,
    ) -> None:
        """Run the notebook's code that a library got: it may call functions, and methods (None: any).

        They get any argument, the object whose method is called, or an element of these.
        """
        given = arguments.sites | (receiver.sites if receiver is not None else NOTHING)
        plain = Arguments((Value(objects(given | self.heap.held(given))),))
        for value in arguments.all:
            for site in value.sites:
                if site.definition is not None:
                    self.invoke(site, node, None, plain, spread=True)
            held = frozenset(site for site in value.sites if site.type in CONTAINERS)
            self.run_methods(Value(value.sites | self.heap.held(held)), methods, node, plain)

    # --- the notebook's own code

    def run_methods(
        self,
        value: Value,
        names: Iterable[str] | None,
        node: ast.AST,
        arguments: Arguments = NO_ARGUMENTS,
    ) -> Value:
        """Run methods of the notebook's own class that `value` is an instance of (None: all)."""
        value = Value(objects(value.sites))
        if not value.sites or not self.has_classes:
            return IMMUTABLE
        wanted = None if names is None else frozenset(names)
        key = (value.sites, wanted, arguments, self.heap.growth)
        known = self._methods_run.get(key)
        if known is not None:
            return known
        self._methods_run[key] = IMMUTABLE
        results = [IMMUTABLE]
        for definition in self.classes_of(value):
            for name, member in list(definition.members.items()):
                if name == "__init__" or (wanted is not None and name not in wanted):
                    continue
                for site in member.sites:
                    if site.definition is not None and not site.definition.is_class:
                        results.append(self.invoke(site, node, value, arguments, spread=True))
        result = self._methods_run[key] = Value(join(results).sites)
        return result

    def invoke(
        self,
        site: Site,
        node: ast.AST,
        receiver: Value | None,
        arguments: Arguments,
        *,
        spread: bool = False,
    ) -> Value:
        """Call a function or class of the notebook. `spread`: any argument may be any parameter."""
        definition = site.definition
        if definition is None:
            return IMMUTABLE
        key = (definition, receiver, arguments, spread)
        known = self._invoked.get(key)
        if known is not None and (known.times > 1 or known.growth == self.heap.growth):
            return known.result
        result = self._invoke_anew(site, definition, node, receiver, arguments, spread=spread)
        times = 1 if known is None else known.times + 1
        self._invoked[key] = _Invoked(result, self.heap.growth, times)
        return result

    def _invoke_anew(  # noqa: PLR0913 -- the parts of a call
        self,
        site: Site,
        definition: Definition,
        node: ast.AST,
        receiver: Value | None,
        arguments: Arguments,
        *,
        spread: bool,
    ) -> Value:
        own = Value(self.heap.held(frozenset([site])))
        function = definition.node
        if isinstance(function, ast.ClassDef):
            return self._instantiate(site, definition, node, arguments, spread=spread)
        if function in self.stack or len(self.stack) > DEPTH or self._calls_left <= 0:
            return self._guess(definition, node, arguments, own)
        self._calls_left -= 1
        first = (receiver,) if receiver is not None and _takes_receiver(function) else ()
        frame = Frame(definition.scope or function_scope(function), definition.frame)
        if _is_class_method(function):
            first = tuple(self._class_of(value) for value in first)
        elif receiver is not None and not objects(receiver.sites):
            first = ()  # called on the class: the instance is among the arguments
        frame.values.update(_bind(function, first, arguments, own, spread=spread))
        effects = self.record.effects
        result = self._run_body(function, frame, node)
        if definition.caches and self.record.effects > effects:
            self.mutate(frozenset([site]), node, "its cache decides whether its body runs again")
        return result

    def _class_of(self, value: Value) -> Value:
        """Return the class that a class method gets, called on a class or on an instance."""
        held = value.sites | self.heap.held(value.sites)
        return Value(frozenset(s for s in held if s.definition is not None and s.definition.is_class))

    def _run_body(self, node: FunctionNode, frame: Frame, call: ast.AST) -> Value:
        self.stack.append(node)
        self.stack.append(call)
        alive, guards = self.alive, self.guards
        self.alive = True
        try:
            if isinstance(node, ast.Lambda):
                return self.evaluate(node.body, frame)
            self.execute(node.body, frame)
            self.meet([*frame.exits, self.snapshot(frame)], frame)
        finally:
            del self.stack[-2:]
            self.alive, self.guards = alive, guards
        returned = join(frame.returned) if frame.returned else IMMUTABLE
        if frame.scope.yields or isinstance(node, ast.AsyncFunctionDef):
            held = [*frame.returned, *frame.values.values()]
            made = self.new(call, held, "iterator", "generator")
            self.unstorable |= made.sites
            return made
        return returned

    def _instantiate(
        self,
        site: Site,
        definition: Definition,
        node: ast.AST,
        arguments: Arguments,
        *,
        spread: bool,
    ) -> Value:
        made = self.site(node, "instance", "instance")
        self.heap.hold([made], [site])
        instance = Value(frozenset([made]))
        for name in ("__new__", "__init__", "__post_init__"):
            member = self.member(instance, name)
            for method in member.sites if member is not None else ():
                self.invoke(method, node, instance, arguments, spread=spread)
        if self.member(instance, "__init__") is None or definition.bases:
            self.heap.set_field([made], "*", arguments.sites)
        return instance

    def _guess(
        self, definition: Definition, node: ast.AST, arguments: Arguments, own: Value
    ) -> Value:
        """Stand in for a body that is running already, or that is too deep to follow."""
        recursive = definition.node in self.stack
        for name in sorted(names_read(definition.node)):
            if name in self.names:
                self.read(name, node)
                if not recursive:
                    reached = self.changeable(self.names[name].value.sites)
                    self.mutate(reached, node, "this call is too deep to follow", cautious=True)
        if not recursive:
            reached = self.changeable(arguments.sites)
            self.mutate(reached, node, "this call is too deep to follow", cautious=True)
        site = self.site(node, "guess")
        self.heap.hold([site], arguments.sites | own.sites)
        return Value(frozenset([site]) | objects(arguments.sites))


def _kept_type(effect: CallEffect, receiver: Value) -> str | None:
    """Return the type of a new result: tables and arrays mostly make their own kind."""
    types = {site.type or "" for site in receiver.sites}
    if effect.returns in {"fresh", "shallow"} and len(types) == 1:
        type_ = types.pop()
        return type_ if type_.startswith(_CLOSED) else None
    return None


def _is_class_method(node: FunctionNode) -> bool:
    return not isinstance(node, ast.Lambda) and any(
        isinstance(decorator, ast.Name) and decorator.id == "classmethod"
        for decorator in node.decorator_list
    )


def _takes_receiver(node: FunctionNode) -> bool:
    if isinstance(node, ast.Lambda):
        return False
    return not any(
        isinstance(decorator, ast.Name) and decorator.id == "staticmethod"
        for decorator in node.decorator_list
    )


def _bind(
    node: FunctionNode,
    receiver: tuple[Value, ...],
    arguments: Arguments,
    own: Value,
    *,
    spread: bool,
) -> dict[str, Value]:
    """Bind arguments to parameters; what is left over goes to every parameter that may take it."""
    names = parameter_names(node.args)
    positional = (*receiver, *arguments.positional)
    everything = Value(arguments.sites)
    if spread:
        given = dict.fromkeys(names, Value(everything.sites | own.sites))
        return {**given, **dict(zip(names, receiver, strict=False))}
    plain = [argument.arg for argument in [*node.args.posonlyargs, *node.args.args]]
    values = {name: own for name in names}
    values.update(zip(plain, positional, strict=False))
    rest = Value(everything.sites)
    for special in (node.args.vararg, node.args.kwarg):
        if special is not None:
            values[special.arg] = rest
    for word, value in arguments.keywords:
        if word in values:
            values[word] = value
        elif word is None:
            values.update((name, join((values[name], rest))) for name in names)
    return values
