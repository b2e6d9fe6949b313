"""Follow calls of the notebook's own functions and classes, by running their bodies.

The body of a function is interpreted anew at each call, with the arguments of that call and the
globals of that moment: that is how Python binds, so late binding, changed arguments and returned
aliases need no rules of their own. Recursion and a budget end it; past them, caution.
"""

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from nb2pipe.analysis.arguments import NO_ARGUMENTS, Arguments
from nb2pipe.analysis.caches import Cache, CacheUse
from nb2pipe.analysis.decorators import CLASS_MAKERS
from nb2pipe.analysis.definitions import Definition, Frame
from nb2pipe.analysis.heap import IMMUTABLE, NOTHING, Site, Sites, Value, in_order, join, objects
from nb2pipe.analysis.instances import Instances
from nb2pipe.analysis.knowledge import Knowledge
from nb2pipe.analysis.recorder import Doings
from nb2pipe.analysis.scopes import FunctionNode, function_scope, outer_names, parameter_names
from nb2pipe.analysis.states import GENERATORS

# Methods that get their class without being told to.
_OF_CLASSES: Final = {"__init_subclass__", "__class_getitem__"}
DEPTH: Final = 30
BUDGET: Final = 1000
# In objects that are looked at: what one statement, and all of a notebook, may cost.
STATEMENT_WORK: Final = 100_000
NOTEBOOK_WORK: Final = 3_000_000


@dataclass(frozen=True, slots=True)
class _Invoked:
    """A call that was followed already: its result, the heap's growth then, and how often."""

    result: Value
    growth: int
    times: int


class OwnCode(Instances):
    """Calls of what the notebook defines."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(knowledge)
        self._calls_left = BUDGET
        self._work_left = STATEMENT_WORK
        self._guessed: set[Definition] = set()
        self._swept = NOTHING
        self._invoked: dict[object, _Invoked] = {}
        self._methods_run: dict[object, Value] = {}

    def begin_statement(self) -> None:
        """Forget what calls of the statement before did, and give this one its budget."""
        super().begin_statement()
        spent = self.heap.work >= NOTEBOOK_WORK
        self._calls_left = 0 if spent else BUDGET
        self._work_left = self.heap.work + STATEMENT_WORK
        self._guessed.clear()
        self._swept = NOTHING
        self._invoked.clear()
        self._methods_run.clear()

    def execute(self, body: Sequence[ast.stmt], frame: Frame | None) -> None:
        """Run statements."""
        raise NotImplementedError

    def let_go_parts(self, sites: Sites, node: ast.AST) -> None:
        """Run what runs when what these objects hold is not needed any more."""
        if self.has_finalizers:
            self.run_methods(Value(objects(self.heap.held(sites))), ["__del__"], node)

    def changeable(self, sites: Sites) -> Sites:
        """Return all that code which gets `sites` might change: not functions and classes themselves."""
        return objects(self.heap.reach(sites))

    def run_methods(
        self,
        value: Value,
        names: Iterable[str] | None,
        node: ast.AST,
        arguments: Arguments = NO_ARGUMENTS,
    ) -> Value:
        """Run methods of the notebook's own class that `value` is an instance of (None: all)."""
        metas = self.metas_of(value)
        value = value if metas else Value(objects(value.sites))
        if not value.sites or not self.has_classes:
            return IMMUTABLE
        wanted = None if names is None else frozenset(["*", *names])
        key = (value.sites, wanted, arguments, self.heap.growth)
        known = self._methods_run.get(key)
        if known is not None:
            return known
        self._methods_run[key] = IMMUTABLE
        results = [IMMUTABLE]
        for definition in metas or self.classes_of(value):
            for name, member in list(definition.members.items()):
                if name == "__init__" or (wanted is not None and name not in wanted):
                    continue
                results += [
                    self.invoke(site, node, value, arguments, spread=True)
                    for site in in_order(member.sites)
                    if site.definition is not None and not site.definition.is_class
                ]
        result = self._methods_run[key] = Value(join(results).sites)
        return result

    def ask_meta(self, value: Value, node: ast.AST) -> None:
        """Run what asking a class for an attribute that it has not runs in its metaclass."""
        if self.metas_of(value):
            self.run_methods(value, ["__getattr__", "__getattribute__"], node)

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
        if not CLASS_MAKERS.isdisjoint(definition.decorators):
            return self.new(node, [Value(frozenset([site])), *arguments.all], None, "instance")
        key = (definition, receiver, arguments, spread)
        known = self._invoked.get(key)
        if known is not None and (known.times > 1 or known.growth == self.heap.growth):
            return known.result
        result = self._invoke_anew(site, definition, node, receiver, arguments, spread=spread)
        times = 1 if known is None else known.times + 1
        self._invoked[key] = _Invoked(result, self.heap.growth, times)
        return result

    def _invoke_anew(
        self,
        site: Site,
        definition: Definition,
        node: ast.AST,
        receiver: Value | None,
        arguments: Arguments,
        *,
        spread: bool,
    ) -> Value:
        own = Value(frozenset(s for s in self.heap.held(frozenset([site])) if s.type != "cache"))
        function = definition.node
        if isinstance(function, ast.ClassDef):
            return self.instantiate(site, node, arguments, spread=spread)
        tired = self._calls_left <= 0 or self.heap.work > self._work_left
        if function in self.stack or len(self.stack) > DEPTH or tired:
            given = arguments.sites | (receiver.sites if receiver is not None else NOTHING)
            if definition.caches and function not in self.stack:
                unknown = Doings(acts=True)
                self._use_cache(site, definition, node, unknown, given=given)
            return self._guess(definition, node, given, own)
        self._calls_left -= 1
        takes = receiver is not None and "staticmethod" not in definition.decorators
        first: tuple[Value, ...] = (receiver,) if takes and receiver is not None else ()
        frame = Frame(definition.scope or function_scope(function), definition.frame)
        if "classmethod" in definition.decorators or getattr(function, "name", "") in _OF_CLASSES:
            first = tuple(self.class_of(value) for value in first)
        elif receiver is not None and not objects(receiver.sites) and site not in self.meta_methods:
            first = ()  # called on the class: the instance is among the arguments
        frame.values.update(_bind(definition, first, arguments, own, spread=spread))
        keeps = definition.caches or "cached_property" in definition.decorators
        doings = Doings()
        self.doings += [doings] * keeps
        result = self._run_body(function, frame, node)
        if keeps:
            self.doings.pop()
        others = [
            self.invoke(case, node, receiver, arguments, spread=spread)
            for case in in_order(self.cases.get(site, ()))
        ]
        result = join([result, *others])
        if frame.scope.yields:
            self.wait(result, lambda: self.invoke(site, node, receiver, arguments, spread=spread))
        owner = receiver if receiver is not None else IMMUTABLE
        if doings.acts and "cached_property" in definition.decorators:
            self.mutate(owner.sites, node, "it keeps what a property of it returned")
        if definition.caches:
            given = owner.sites | arguments.sites
            made = result.sites - self.heap.reach(given)
            kept = self._use_cache(site, definition, node, doings, given=given, made=made)
            self.heap.hold([kept], made)
            return Value(result.sites | self.heap.held([kept]), result.dotted, result.constant)
        return result

    def _use_cache(
        self,
        site: Site,
        definition: Definition,
        node: ast.AST,
        doings: Doings | None,
        *,
        given: Sites = NOTHING,
        made: Sites = NOTHING,
    ) -> Site:
        """Record a call of a function that keeps its results, or if it does nothing, a look; return what holds them."""
        cache = self.caches.setdefault(definition, Cache())
        self.heap.hold([site], [cache.kept])
        names = self.names_that_see(frozenset([cache.kept])) - self.assigned
        use = CacheUse(
            self.order, node, names, given, made, is_call=doings is not None, clock=self.clock
        )
        if doings is not None:
            use = replace(use, reads=frozenset(doings.reads), acts=doings.acts)
        cache.note(use)
        return cache.kept

    def reach_caches(self, value: Value, node: ast.AST, *, looks: bool) -> None:
        """Record that somebody asks how much functions have kept, or clears it."""
        for site in value.sites:
            if site.definition is not None and site.definition.caches:
                self._use_cache(site, site.definition, node, None if looks else Doings())

    def class_of(self, value: Value) -> Value:
        """Return the classes that `value` is or is an instance of: what a class method gets."""
        held = value.sites | self.heap.held(value.sites)
        return Value(
            frozenset(s for s in held if s.definition is not None and s.definition.is_class)
        )

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
            if self.has_finalizers:
                self.run_methods(join(frame.values.values()), ["__del__"], call)
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

    def _guess(self, definition: Definition, node: ast.AST, given: Sites, own: Value) -> Value:
        """Stand in for a body that is running already, or that is too deep to follow.

        It may return anything that can be reached from what it was given.
        """
        touched = given | self._read_for(definition, given, node)
        if definition.node not in self.stack:
            if not touched <= self._swept:
                self._swept |= touched
                reached = self.changeable(touched)
                self.mutate(reached, node, "this call is too deep to follow", cautious=True)
            for state in GENERATORS:
                self.use_state(state, node)
        site = self.site(node, "guess")
        if definition.caches:
            self.returned_again.add(site)
        self.heap.hold([site], given | own.sites)
        return Value(frozenset([site]) | self.changeable(given))

    def _read_for(self, definition: Definition, given: Sites, node: ast.AST) -> Sites:
        """Record what a body that is not followed may look up, with all that it may call; return what that is."""
        found = NOTHING
        queue = [definition]
        if definition.node not in self.stack:
            queue += [site.definition for site in self.heap.reach(given) if site.definition]
        while queue:
            called = queue.pop()
            if called in self._guessed:
                continue
            self._guessed.add(called)
            for name in sorted(outer_names(called.node) & self.names.keys()):
                self.read(name, node)
                sites = self.names[name].value.sites
                found |= sites
                queue += [site.definition for site in sites if site.definition]
        return found


def _bind(
    definition: Definition,
    receiver: tuple[Value, ...],
    arguments: Arguments,
    own: Value,
    *,
    spread: bool,
) -> dict[str, Value]:
    """Bind arguments to parameters; what is left over goes to every parameter that may take it."""
    node = definition.node
    if isinstance(node, ast.ClassDef):
        return {}
    names = parameter_names(node.args)
    positional = (*receiver, *arguments.positional)
    everything = Value(arguments.sites)
    if spread:
        given = dict.fromkeys(names, Value(everything.sites | own.sites))
        return {**given, **dict(zip(names, receiver, strict=False))}
    plain = [argument.arg for argument in [*node.args.posonlyargs, *node.args.args]]
    values = {**dict.fromkeys(names, own), **definition.defaults}
    values.update(zip(plain, positional, strict=False))
    rest = Value(everything.sites)
    for special in (node.args.vararg, node.args.kwarg):
        if special is not None:
            values[special.arg] = rest
    for word, value in arguments.keywords:
        if word in values:
            values[word] = value
        elif word is None:
            others = names[len(receiver) :]
            values.update((name, join((values[name], rest))) for name in others)
    return values
