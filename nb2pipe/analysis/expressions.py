"""Evaluate expressions over the abstract heap."""

import ast
import builtins
from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Any, Final

from nb2pipe.analysis.arguments import Arguments
from nb2pipe.analysis.definitions import Definition, Frame
from nb2pipe.analysis.heap import (
    IMMUTABLE,
    NOTHING,
    UNKNOWN,
    Site,
    Sites,
    Value,
    addresses,
    ending,
    join,
    objects,
)
from nb2pipe.analysis.history import BY_NUMBER, numbered_output
from nb2pipe.analysis.knowledge import Knowledge
from nb2pipe.analysis.objects import copies_part, member_runs
from nb2pipe.analysis.operations import Operations
from nb2pipe.analysis.operators import OPERATORS
from nb2pipe.analysis.scopes import Comprehension, Scope, function_scope, parameter_defaults

BUILTINS: Final = frozenset(dir(builtins)) | {"__name__", "__doc__", "__builtins__"}
SHELL_NAMES: Final = frozenset({"get_ipython", "display", "exit", "quit"})
_NO_SCOPE: Final = Scope(
    local=frozenset(), declared_global=frozenset(), declared_nonlocal=frozenset()
)


class Expressions(Operations):
    """Evaluation of every kind of expression; calls are left to the class that knows functions."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(knowledge)
        # Objects of which a method that changes them was read, so that a call may be one of it.
        self.lent: set[Site] = set()
        self._evaluators: dict[type[ast.AST], Callable[[Any, Frame | None], Value]] = {
            ast.Constant: self._constant,
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Subscript: self._subscript,
            ast.Call: self.call,
            ast.Lambda: self._lambda,
            ast.NamedExpr: self._named,
            ast.IfExp: self._either,
            ast.BoolOp: self._any_of,
            ast.BinOp: self._operation,
            ast.Compare: self._compare,
            ast.Tuple: self._container,
            ast.List: self._container,
            ast.Set: self._container,
            ast.Dict: self._dict,
            ast.ListComp: self._comprehension,
            ast.SetComp: self._comprehension,
            ast.DictComp: self._comprehension,
            ast.GeneratorExp: self._comprehension,
            ast.Starred: self._starred,
            ast.Await: self._await,
            ast.Yield: self._yield,
            ast.YieldFrom: self._yield,
            ast.UnaryOp: self._unary,
            ast.JoinedStr: self._text,
        }

    def call(self, node: ast.Call, frame: Frame | None) -> Value:
        """Evaluate a call."""
        raise NotImplementedError

    def run_operator(self, value: Value, name: str, node: ast.AST) -> None:
        """Record what Python calls by itself on a library's objects."""
        raise NotImplementedError

    def ask_item(self, value: Value, node: ast.AST) -> Value:
        """Run what asking an object for an item runs; return what the notebook's own code gives."""
        raise NotImplementedError

    def assign(self, target: ast.expr, value: Value, frame: Frame | None) -> None:
        """Bind a target."""
        raise NotImplementedError

    def bound_method(self, found: Value, receiver: Value, name: str, node: ast.AST) -> Value:
        """Return what the attribute `name` is that was `found`: a method keeps its object."""
        raise NotImplementedError

    def ask_meta(self, value: Value, node: ast.AST) -> None:
        """Run what asking a class for an attribute that it has not runs in its metaclass."""
        raise NotImplementedError

    def reach_caches(self, value: Value, node: ast.AST, *, looks: bool) -> None:
        """Record that somebody asks how much functions have kept, or clears it."""
        raise NotImplementedError

    def wait(self, iterator: Value, run: Callable[[], Value]) -> None:
        """Note that walking over `iterator` runs code."""
        raise NotImplementedError

    def evaluate(self, node: ast.AST | None, frame: Frame | None) -> Value:
        """Return what `node` may evaluate to, recording what that reads and changes."""
        if node is None:
            return IMMUTABLE
        evaluator = self._evaluators.get(type(node))
        if evaluator is not None:
            return evaluator(node, frame)
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self.run_methods(self.evaluate(child, frame), OPERATORS, child)
        return IMMUTABLE

    # --- names

    def _constant(self, node: ast.Constant, _frame: Frame | None) -> Value:
        return Value(constant=node.value)

    def _name(self, node: ast.Name, frame: Frame | None) -> Value:
        return self.lookup(node.id, node, frame)

    def lookup(self, name: str, node: ast.AST, frame: Frame | None) -> Value:
        """Return what a name refers to, by Python's scope rules; a global name is recorded as read."""
        inner: Frame | None = frame
        while inner is not None:
            if name in inner.scope.declared_global:
                break
            if name in inner.values and (inner is frame or not inner.is_class):
                return inner.values[name]
            if name in inner.scope.local and not inner.is_class:
                return IMMUTABLE
            inner = inner.parent
        self.read(name, node)
        binding = self.names.get(name)
        if binding is not None:
            self.need_files(binding.value.sites, node)
            self._need_classes(binding.value, node)
            return binding.value
        if name in BUILTINS:
            return Value(dotted=f"builtins.{name}")
        if name in SHELL_NAMES:
            return Value(dotted=f"IPython.{name}")
        starred = self.starred_name(name)
        return starred or Value(frozenset([self.site(f"name {name}")]))

    def _need_classes(self, value: Value, node: ast.AST) -> None:
        """Read the classes behind a value that are more than their definitions: Python asks them by itself."""
        reached = self.extended and self.extended & self.heap.reach(value.sites)
        for name, binding in list(self.names.items()) if reached else ():
            if binding.value.sites and binding.value.sites <= reached:
                self.read(name, node)

    # --- parts of objects

    def holder(self, node: ast.expr, frame: Frame | None) -> Value:
        """Return what changes when a part of `node` is set.

        `frame.index` is as good as new to whoever reads it, but setting `frame.index.name` changes `frame`.
        """
        value = self.evaluate(node, frame)
        while (
            not value.sites
            and value.dotted is None
            and isinstance(node, ast.Attribute | ast.Subscript)
        ):
            node = node.value
            value = self.evaluate(node, frame)
        return value

    def _attribute(self, node: ast.Attribute, frame: Frame | None) -> Value:
        value = self.evaluate(node.value, frame)
        for site in value.sites:
            effect = self.knowledge.method(site.type, node.attr)
            if effect.known and effect.mutates:
                self.lent.add(site)
        if node.attr in {"user_ns", "user_global_ns"}:
            self.read_names(node)  # as IPython has them
        found = self.attribute(value, node.attr, node)
        return self.bound_method(found, value, node.attr, node)

    def attribute(self, value: Value, name: str, node: ast.AST) -> Value:
        """Return an attribute of a value: of a module by its full name, otherwise a part of it."""
        if name in {"cache_info", "cache_clear"}:
            self.reach_caches(value, node, looks=name == "cache_info")
        if value.dotted is not None:
            return Value(value.sites, self.knowledge.original(f"{value.dotted}.{name}"))
        self.files.ask(value.sites, name)
        self.ask(value, name)
        member = self.member(value, name)
        if member is not None:
            if member_runs(member):
                return self.run_methods(value, [name], node)
            own = self.run_methods(member, ["__get__"], node, Arguments((value,)))
            set_here = self.heap.field(value.sites, name)
            return Value(member.sites | value.sites | own.sites | set_here, None, UNKNOWN)
        if name in self.knowledge.addresses:
            return self.address(node)
        if self.knowledge.is_plain({site.type for site in value.sites}, name):
            return IMMUTABLE
        if name == "__dict__":
            made = self.new(node, [value, self.part_of(value)], "dict")
            return Value(value.sites | made.sites)
        if self.is_plain_instance(value) and not name.startswith("__"):
            found = self.run_methods(value, ["__getattr__", "__getattribute__"], node)
            return Value(self.heap.field(value.sites, name) | found.sites)
        self.ask_meta(value, node)
        return self._part_shown(value, name, node)

    def _part_shown(self, value: Value, name: str, node: ast.AST) -> Value:
        part = self.knowledge.part({site.type for site in value.sites}, name)
        if part is not None:
            return self.new(node, [value], part, "part")
        contents = [self.knowledge.content(site.type, name) for site in value.sites]
        if contents and all(contents):
            return Value(frozenset(map(self.content_of, value.sites, repeat(name), contents)))
        if all("." in (site.type or "") for site in value.sites):
            # What a library's object was given is not what its attributes show: they are its own.
            return Value(value.sites)
        return self.part_of(value) if name.startswith("__") else self.attribute_of(value, name)

    def _subscript(self, node: ast.Subscript, frame: Frame | None) -> Value:
        output = numbered_output(node)
        if output in self.outputs and self.names.keys().isdisjoint(BY_NUMBER):
            return self.lookup(output, node, frame)
        value = self.evaluate(node.value, frame)
        index = self.evaluate(node.slice, frame)
        if value.dotted == "sys.modules":
            if index.text not in {None, "__main__"}:
                return Value(dotted=index.text)
            self.read_names(node)
            return Value(frozenset([self.namespace]))
        if value.dotted is not None:
            return self.library_item(value.dotted, index, node)
        own = self.ask_item(value, node)
        if self.is_plain_instance(value):
            return own
        types = {site.type for site in value.sites}
        sliced = self.knowledge.sliced(types)
        if sliced is not None and _is_no_text(node.slice, index):
            return Value(frozenset([self.site(node, "part", sliced)]))
        by_array = isinstance(node.slice, ast.Subscript) and _is_part_of_array(node.slice, index)
        copies = copies_part(node.slice) or by_array
        if index.sites and copies and not types & {"list", "dict"}:
            part = self.site(node, "part", types.pop() if len(types) == 1 else None)
            self.heap.hold([part], self.elements_kept(value.sites))
            return Value(frozenset([part]))
        if types == {"list"} and isinstance(node.slice, ast.Slice):
            fresh = self.site(node, "slice", "list")
            self.heap.hold([fresh], self.heap.held(value.sites))
            return Value(frozenset([fresh]))
        return self.element_of(value)

    # --- new objects

    def _container(self, node: ast.Tuple | ast.List | ast.Set, frame: Frame | None) -> Value:
        values = [self.evaluate(item, frame) for item in node.elts]
        if isinstance(node, ast.Tuple):
            if not any(value.sites for value in values):
                return IMMUTABLE
            return self.new(node, values, "tuple")
        return self.new(node, values, "list" if isinstance(node, ast.List) else "set")

    def _dict(self, node: ast.Dict, frame: Frame | None) -> Value:
        values = [self.evaluate(key, frame) for key in node.keys if key is not None]
        for key, item in zip(node.keys, node.values, strict=True):
            value = self.evaluate(item, frame)
            values.append(value if key is not None else self.element_of(value))
        return self.new(node, values, "dict")

    def _comprehension(self, node: Comprehension, frame: Frame | None) -> Value:
        inner = Frame(_NO_SCOPE, frame)
        first = True
        for generator in node.generators:
            scope = frame if first else inner
            iterated = self.evaluate(generator.iter, scope)
            first = False
            for target, value in self.iterated(generator.target, generator.iter, iterated, scope):
                self._bind_local(target, value, inner)
            for condition in generator.ifs:
                self.evaluate(condition, inner)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        values = [self.evaluate(part, inner) for part in parts]
        types = {ast.ListComp: "list", ast.SetComp: "set", ast.DictComp: "dict"}
        made = self.new(node, values, types.get(type(node), "iterator"))
        if isinstance(node, ast.GeneratorExp):
            self.unstorable |= made.sites
            self.wait(made, lambda: self._comprehension(node, frame))
        return made

    def _bind_local(self, target: ast.expr, value: Value, frame: Frame) -> None:
        for name in ast.walk(target):
            if isinstance(name, ast.Name):
                frame.values[name.id] = value

    def iterate(self, value: Value, node: ast.AST) -> Value:
        """Return what iterating over `value` yields; an iterator is used up by it."""
        self.walk(value.sites)
        self.run_methods(value, ["__iter__", "__next__", "__getitem__", "__len__"], node)
        self.run_operator(value, "__iter__", node)
        self.consume(value, node)
        return self.element_of(value)

    def iterated(
        self, target: ast.expr, node: ast.expr, value: Value, frame: Frame | None
    ) -> list[tuple[ast.expr, Value]]:
        """Pair loop targets with what they are bound to: `zip` and `enumerate` run several at once."""
        whole = self.iterate(value, node)
        if not isinstance(node, ast.Call) or not isinstance(target, ast.Tuple | ast.List):
            return [(target, whole)]
        dotted = self.evaluate(node.func, frame).dotted
        parts: list[Value] = []
        if dotted == "builtins.zip":
            parts = [self.element_of(self.evaluate(item, frame)) for item in node.args]
        elif dotted == "builtins.enumerate" and node.args:
            parts = [IMMUTABLE, self.element_of(self.evaluate(node.args[0], frame))]
        if len(parts) != len(target.elts) or any(isinstance(t, ast.Starred) for t in target.elts):
            return [(target, whole)]
        return list(zip(target.elts, parts, strict=True))

    def _lambda(self, node: ast.Lambda, frame: Frame | None) -> Value:
        return self.function(node, frame, None)

    def function(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        frame: Frame | None,
        name: str | None,
    ) -> Value:
        """Return a function object; its defaults are evaluated now, and held."""
        defaults = {
            name: self.evaluate(default, frame) for name, default in parameter_defaults(node.args)
        }
        site = self.site(node, "function", "function")
        if site.definition is None or site.definition.frame is not frame:
            site.definition = Definition(
                node,
                frame,
                name,
                scope=function_scope(node),
                defaults=defaults,
                order=self.order,
                made=self.made_with(defaults.values()),
            )
        else:
            known = site.definition.defaults
            defaults = {name: join((known[name], value)) for name, value in defaults.items()}
            site.definition.defaults = defaults
        self.heap.hold([site], frozenset().union(*(value.sites for value in defaults.values())))
        self._close_over(site, frame)
        return Value(frozenset([site]))

    def made_with(self, values: Iterable[Value]) -> Sites:
        """Return the objects that code holds when it is defined with these defaults or members."""
        sites = NOTHING.union(*(value.sites for value in values))
        code = [site.definition.made for site in sites if site.definition is not None]
        return self.heap.reach(objects(sites), sites - objects(sites)).union(*code)

    def _close_over(self, function: Site, frame: Frame | None) -> None:
        """Let a function hold the variables of the calls around it."""
        while frame is not None:
            if not frame.is_class:
                frame.cells = frame.cells or Site("closure")
                self.heap.hold([function], [frame.cells])
                for value in frame.values.values():
                    self.heap.hold([frame.cells], value.sites)
            frame = frame.parent

    def _text(self, node: ast.JoinedStr, frame: Frame | None) -> Value:
        parts: list[str | None] = []
        told = NOTHING
        for part in node.values:
            inner = part.value if isinstance(part, ast.FormattedValue) else part
            value = self.evaluate(inner, frame)
            told |= addresses(value.sites)
            self.walk(self.heap.reach(value.sites))
            self.run_methods(value, OPERATORS | {"__format__"}, part)
            if isinstance(part, ast.FormattedValue) and part.format_spec is not None:
                self.evaluate(part.format_spec, frame)
            plain = not isinstance(part, ast.FormattedValue) or (
                part.format_spec is None and part.conversion == -1
            )
            parts.append(str(value.constant) if plain and value.constant is not UNKNOWN else None)
        known = [part for part in parts if part is not None]
        if len(known) == len(parts):
            return Value(constant="".join(known))
        return Value(told, suffix=ending(Value(constant=parts[-1])))

    # --- operators

    def _named(self, node: ast.NamedExpr, frame: Frame | None) -> Value:
        value = self.evaluate(node.value, frame)
        self.assign(node.target, value, frame)
        return value

    def _either(self, node: ast.IfExp, frame: Frame | None) -> Value:
        self.evaluate(node.test, frame)
        return join((self.evaluate(node.body, frame), self.evaluate(node.orelse, frame)))

    def _any_of(self, node: ast.BoolOp, frame: Frame | None) -> Value:
        return join([self.evaluate(value, frame) for value in node.values])

    def _starred(self, node: ast.Starred, frame: Frame | None) -> Value:
        return self.iterate(self.evaluate(node.value, frame), node)

    def _await(self, node: ast.Await, frame: Frame | None) -> Value:
        return self.element_of(self.evaluate(node.value, frame))

    def _yield(self, node: ast.Yield | ast.YieldFrom, frame: Frame | None) -> Value:
        value = self.evaluate(node.value, frame)
        if frame is not None:
            frame.returned.append(value)
        return IMMUTABLE


def _is_no_text(node: ast.expr, index: Value) -> bool:
    """Whether an index is certainly no text."""
    known = index.constant is not UNKNOWN and index.text is None
    return known or isinstance(node, ast.Slice | ast.Tuple | ast.List | ast.Compare | ast.UnaryOp)


def _is_part_of_array(node: ast.Subscript, value: Value) -> bool:
    """Whether `node` is a slice of an array, and so an array, whatever the array has in it."""
    types = {site.type for site in value.sites}
    return isinstance(node.slice, ast.Slice) and types == {"numpy.ndarray"}
