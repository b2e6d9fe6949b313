"""Run statements over the abstract heap: assignments, branches, loops, definitions, imports."""

import ast
from collections.abc import Callable, Sequence
from typing import Any, Final

from nb2pipe.analysis.arguments import NO_ARGUMENTS, Arguments
from nb2pipe.analysis.definitions import Definition, Frame
from nb2pipe.analysis.expressions import OPERATORS
from nb2pipe.analysis.heap import IMMUTABLE, NOTHING, Site, Value, join
from nb2pipe.analysis.knowledge import Knowledge
from nb2pipe.analysis.recorder import Snapshot
from nb2pipe.analysis.scopes import Scope
from nb2pipe.analysis.specials import Specials

_CATCH_ALL: Final = {"NameError", "Exception", "BaseException", "UnboundLocalError"}
_CACHES: Final = {"functools.lru_cache", "functools.cache"}
# The type of a result whose parts share nothing with each other: `train_test_split(X, y)`.
_PIECES: Final = "pieces"
_TRANSPARENT: Final = {"builtins.staticmethod", "builtins.classmethod", "builtins.property"}


class Statements(Specials):
    """Execution of every kind of statement."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(knowledge)
        self._lazy_annotations = False
        self._loops: list[list[Snapshot]] = []
        self._executors: dict[type[ast.stmt], Callable[[Any, Frame | None], None]] = {
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated,
            ast.AugAssign: self._augmented,
            ast.Delete: self._delete,
            ast.Expr: self._expression,
            ast.If: self._if,
            ast.For: self._for,
            ast.AsyncFor: self._for,
            ast.While: self._while,
            ast.Try: self._try,
            ast.TryStar: self._try,
            ast.With: self._with,
            ast.AsyncWith: self._with,
            ast.Match: self._match,
            ast.FunctionDef: self._function,
            ast.AsyncFunctionDef: self._function,
            ast.ClassDef: self._class,
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.Return: self._return,
            ast.Raise: self._raise,
            ast.Break: self._leave_loop,
            ast.Continue: self._leave_loop,
        }

    def execute(self, body: Sequence[ast.stmt], frame: Frame | None) -> None:
        """Run `body` until a path ends."""
        for statement in body:
            if not self.alive:
                return
            executor = self._executors.get(type(statement))
            if executor is not None:
                executor(statement, frame)
            else:
                for child in ast.iter_child_nodes(statement):
                    self.evaluate(child, frame)

    # --- assignments

    def _assign(self, node: ast.Assign, frame: Frame | None) -> None:
        for target in node.targets:
            pairs = _pairs(target, node.value)
            if pairs is None:
                break
            values = [self.evaluate(value, frame) for _, value in pairs]
            for (part, _), value in zip(pairs, values, strict=True):
                self.assign(part, value, frame)
        else:
            return
        value = self.evaluate(node.value, frame)
        for target in node.targets:
            self.assign(target, value, frame)

    def assign(self, target: ast.expr, value: Value, frame: Frame | None) -> None:
        """Bind a target of any form to a value."""
        match target:
            case ast.Name(id=name):
                self._bind(name, value, target, frame)
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                inner = self.iterate(value, target)
                apart = bool(value.sites) and all(site.type == _PIECES for site in value.sites)
                for part in parts:
                    piece = self.new(part, [], role="piece") if apart else inner
                    self.assign(part, piece, frame)
            case ast.Starred(value=inner_target):
                self.assign(inner_target, self.new(target, [value], "list"), frame)
            case ast.Attribute(value=base, attr=attribute):
                self._set_part(self.evaluate(base, frame), value, target, attribute)
            case ast.Subscript(value=base, slice=index):
                holder = self.evaluate(base, frame)
                self.evaluate(index, frame)
                self._set_part(holder, value, target, None)
            case _:
                self.evaluate(target, frame)

    def _bind(self, name: str, value: Value, node: ast.AST, frame: Frame | None) -> None:
        holder = self._frame_of(name, frame)
        if holder is None:
            self.define(name, value, node)
            return
        holder.values[name] = value
        if holder.cells is not None:
            self.heap.hold([holder.cells], value.sites)
            if holder is not frame:
                self.mutate(frozenset([holder.cells]), node, "a variable of its closure is rebound")

    def _frame_of(self, name: str, frame: Frame | None) -> Frame | None:
        """Return the frame whose variable an assignment to `name` binds; None is the global scope."""
        outer = frame
        while outer is not None and name not in outer.scope.declared_global:
            if name in outer.scope.local or (outer.is_class and outer is frame):
                return outer
            outer = outer.parent
        return None

    def _set_part(self, holder: Value, value: Value, node: ast.expr, attribute: str | None) -> None:
        if holder.dotted is not None:
            self.set_option()
            return
        for site in holder.sites:
            if site.definition is not None and attribute is not None:
                known = site.definition.members.get(attribute, IMMUTABLE)
                site.definition.members[attribute] = join((known, value))
        self.run_methods(holder, ["__setitem__", "__setattr__", "__set__"], node)
        if attribute is not None:
            self.heap.set_field(holder.sites, attribute, value.sites)
        else:
            self.heap.hold(holder.sites, value.sites)
        self.mutate(holder.sites, node, "it is assigned to in place")

    def _annotated(self, node: ast.AnnAssign, frame: Frame | None) -> None:
        if (frame is None or frame.is_class) and not self._lazy_annotations:
            self.evaluate(node.annotation, frame)
        if node.value is not None:
            self.assign(node.target, self.evaluate(node.value, frame), frame)

    def _augmented(self, node: ast.AugAssign, frame: Frame | None) -> None:
        target = node.target
        if isinstance(target, ast.Name):
            before = self.lookup(target.id, target, frame)
        elif isinstance(target, ast.Attribute | ast.Subscript):
            before = self._part(target, frame)
        value = self.evaluate(node.value, frame)
        self.mutate(before.sites, node, "it is changed by an augmented assignment")
        self.heap.hold(before.sites, self.heap.held(value.sites))
        result = self.operate(node, before, value)
        self.assign(target, Value(before.sites | result.sites), frame)

    def _part(self, target: ast.Attribute | ast.Subscript, frame: Frame | None) -> Value:
        """Return what the target of an augmented assignment is before it."""
        holder = self.evaluate(target.value, frame)
        if isinstance(target, ast.Attribute):
            return self.attribute(holder, target.attr, target)
        self.evaluate(target.slice, frame)
        return self.element_of(holder)

    def _delete(self, node: ast.Delete, frame: Frame | None) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                holder = self._frame_of(target.id, frame)
                if holder is None:
                    self.read(target.id, target)
                    self.unbind(target.id, target)
                else:
                    holder.values.pop(target.id, None)
            elif isinstance(target, ast.Attribute | ast.Subscript):
                value = self.evaluate(target.value, frame)
                self.mutate(value.sites, target, "a part of it is deleted")

    def _expression(self, node: ast.Expr, frame: Frame | None) -> None:
        value = self.evaluate(node.value, frame)
        if frame is None:
            self.run_methods(value, OPERATORS | {"_repr_html_", "_repr_mimebundle_"}, node)

    # --- paths

    def _branches(self, bodies: Sequence[Sequence[ast.stmt]], frame: Frame | None) -> None:
        start = self.snapshot(frame)
        ends = []
        for body in bodies:
            self.restore(start, frame)
            self.execute(body, frame)
            ends.append(self.snapshot(frame))
        self.meet(ends, frame)

    def _if(self, node: ast.If, frame: Frame | None) -> None:
        self.evaluate(node.test, frame)
        self._branches([node.body, node.orelse], frame)

    def _for(self, node: ast.For | ast.AsyncFor, frame: Frame | None) -> None:
        iterated = self.evaluate(node.iter, frame)

        def again() -> None:
            for target, value in self.iterated(node.target, node.iter, iterated, frame):
                self.assign(target, value, frame)

        self._loop(again, node.body, node.orelse, frame)

    def _while(self, node: ast.While, frame: Frame | None) -> None:
        def again() -> None:
            self.evaluate(node.test, frame)

        self._loop(again, node.body, node.orelse, frame)
        self.alive = True

    def _loop(
        self,
        again: Callable[[], None],
        body: Sequence[ast.stmt],
        otherwise: Sequence[ast.stmt],
        frame: Frame | None,
    ) -> None:
        """Run a loop's body none, one and two times: aliases that one round makes show in the next."""
        ends = [self.snapshot(frame)]
        for _ in range(2):
            self._loops.append([])
            again()
            self.execute(body, frame)
            left = self._loops.pop()
            ends += [self.snapshot(frame), *left]
            self.meet(ends, frame)
        if otherwise:
            self._branches([otherwise, []], frame)

    def _leave_loop(self, _node: ast.stmt, frame: Frame | None) -> None:
        if self._loops:
            self._loops[-1].append(self.snapshot(frame))
        self.alive = False

    def _try(self, node: ast.Try | ast.TryStar, frame: Frame | None) -> None:
        points = [self.snapshot(frame)]
        with self.guarded(when=_catches_missing_name(node)):
            for statement in node.body:
                self.execute([statement], frame)
                points.append(self.snapshot(frame))
        self.execute(node.orelse, frame)
        ends = [self.snapshot(frame)]
        for handler in node.handlers:
            self.meet(points, frame)
            self.alive = True
            if handler.type is not None:
                self.evaluate(handler.type, frame)
            if handler.name is not None:
                self._bind(handler.name, Value(frozenset([self.site(handler)])), handler, frame)
            self.execute(handler.body, frame)
            if handler.name is not None:
                self._forget(handler.name, handler, frame)
            ends.append(self.snapshot(frame))
        self.meet(ends, frame)
        alive, self.alive = self.alive, True
        self.execute(node.finalbody, frame)
        self.alive = self.alive and alive

    def _forget(self, name: str, node: ast.AST, frame: Frame | None) -> None:
        holder = self._frame_of(name, frame)
        if holder is None:
            self.unbind(name, node)
        else:
            holder.values.pop(name, None)

    def _with(self, node: ast.With | ast.AsyncWith, frame: Frame | None) -> None:
        for item in node.items:
            value = self.evaluate(item.context_expr, frame)
            self.run_methods(value, ["__enter__", "__exit__"], node)
            if item.optional_vars is not None:
                self.assign(item.optional_vars, value, frame)
        self.execute(node.body, frame)

    def _match(self, node: ast.Match, frame: Frame | None) -> None:
        subject = self.evaluate(node.subject, frame)
        start = self.snapshot(frame)
        ends = []
        complete = False
        for case in node.cases:
            self.restore(start, frame)
            for inner in ast.walk(case.pattern):
                if isinstance(inner, ast.expr) and not isinstance(inner, ast.expr_context):
                    self.evaluate(inner, frame)
                name = getattr(inner, "rest", None) or getattr(inner, "name", None)
                if isinstance(name, str):
                    self._bind(name, self.part_of(subject), inner, frame)
            self.evaluate(case.guard, frame)
            self.execute(case.body, frame)
            ends.append(self.snapshot(frame))
            complete |= _irrefutable(case)
        self.meet(ends if complete else [start, *ends], frame)

    # --- functions, classes, imports

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame | None) -> None:
        decorators = [self.evaluate(decorator, frame) for decorator in node.decorator_list]
        if not self._lazy_annotations:
            for annotation in _annotations(node.args, node.returns):
                self.evaluate(annotation, frame)
        value = self.function(node, frame, node.name if frame is None else None)
        self._bind(node.name, self._decorate(value, decorators, node), node, frame)

    def _decorate(
        self,
        value: Value,
        decorators: list[Value],
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
    ) -> Value:
        for decorator, place in zip(
            reversed(decorators), reversed(node.decorator_list), strict=True
        ):
            if decorator.dotted in _TRANSPARENT:
                continue
            if _dotted_of(decorator, place, self) in _CACHES:
                for site in value.sites:
                    if site.definition is not None:
                        site.definition.caches = True
            own = [site for site in decorator.sites if site.definition is not None]
            results = [self.invoke(site, place, None, Arguments((value,))) for site in own]
            result = join(results) if results else IMMUTABLE
            self.heap.hold(result.sites, value.sites)
            value = Value(value.sites | result.sites)
        return value

    def _class(self, node: ast.ClassDef, frame: Frame | None) -> None:
        decorators = [self.evaluate(decorator, frame) for decorator in node.decorator_list]
        bases = tuple(self.evaluate(base, frame) for base in node.bases)
        for keyword in node.keywords:
            self.evaluate(keyword.value, frame)
        site = self.site(node, "class", "class")
        scope = Scope(local=frozenset(), declared_global=frozenset(), declared_nonlocal=frozenset())
        inner = Frame(scope, frame, is_class=True)
        self.execute(node.body, inner)
        self.has_classes = True
        site.definition = Definition(
            node,
            frame,
            node.name if frame is None else None,
            members=inner.values,
            bases=bases,
            order=self.order,
        )
        self._link_class(node, site, inner, bases)
        self._bind(
            node.name, self._decorate(Value(frozenset([site])), decorators, node), node, frame
        )

    def _link_class(
        self, node: ast.ClassDef, site: Site, inner: Frame, bases: tuple[Value, ...]
    ) -> None:
        held = NOTHING.union(*(value.sites for value in [*inner.values.values(), *bases]))
        self.heap.hold([site], held)
        for base in bases:
            hook = self.member(base, "__init_subclass__")
            for method in hook.sites if hook is not None else ():
                self.invoke(method, node, Value(frozenset([site])), NO_ARGUMENTS)

    def _import(self, node: ast.Import, frame: Frame | None) -> None:
        for item in node.names:
            top = item.name.partition(".")[0]
            name = item.asname or top
            if item.asname is None and item.name != top and frame is None and top in self.names:
                self.read(top, node)
            self._read_module(top, node)
            self._bind(name, Value(dotted=item.name if item.asname else top), node, frame)

    def _import_from(self, node: ast.ImportFrom, frame: Frame | None) -> None:
        module = "." * node.level + (node.module or "")
        if module == "__future__":
            self.set_option()  # it changes how all later code is compiled, replayed code included
            self._lazy_annotations |= any(item.name == "annotations" for item in node.names)
        self._read_module((node.module or "").partition(".")[0], node)
        for item in node.names:
            if item.name == "*":
                self.starred = True
                self.set_option()
            else:
                value = Value(dotted=f"{module}.{item.name}")
                self._bind(item.asname or item.name, value, node, frame)

    def _read_module(self, name: str, node: ast.AST) -> None:
        """Read the file of a module that the notebook itself wrote."""
        for file in [
            known for known in self.names if known.endswith((f"/{name}.py>", f":{name}.py>"))
        ]:
            self.read(file, node)

    # --- ends of paths

    def _return(self, node: ast.Return, frame: Frame | None) -> None:
        value = self.evaluate(node.value, frame)
        if frame is not None:
            frame.returned.append(value)
            frame.exits.append(self.snapshot(frame))
        self.alive = False

    def _raise(self, node: ast.Raise, frame: Frame | None) -> None:
        self.evaluate(node.exc, frame)
        self.evaluate(node.cause, frame)
        self.alive = False


def _pairs(target: ast.expr, value: ast.expr) -> list[tuple[ast.expr, ast.expr]] | None:
    """Pair the parts of `a, b = x, y`; None when the two sides do not match one to one."""
    if (
        isinstance(target, ast.Tuple | ast.List)
        and isinstance(value, ast.Tuple | ast.List)
        and len(target.elts) == len(value.elts)
        and not any(isinstance(part, ast.Starred) for part in [*target.elts, *value.elts])
    ):
        return list(zip(target.elts, value.elts, strict=True))
    return None


def _dotted_of(value: Value, node: ast.expr, machine: Specials) -> str | None:
    """Return the full name of a decorator, also when it is called: `@lru_cache(maxsize=None)`."""
    if isinstance(node, ast.Call):
        return machine.evaluate(node.func, None).dotted
    return value.dotted


def _catches_missing_name(node: ast.Try | ast.TryStar) -> bool:
    for handler in node.handlers:
        types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        for type_ in types:
            if type_ is None or (isinstance(type_, ast.Name) and type_.id in _CATCH_ALL):
                return True
    return False


def _irrefutable(case: ast.match_case) -> bool:
    return isinstance(case.pattern, ast.MatchAs) and case.pattern.pattern is None and not case.guard


def _annotations(arguments: ast.arguments, returns: ast.expr | None) -> list[ast.expr]:
    every = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs]
    every.append(arguments.kwarg)
    found = [item.annotation for item in every if item is not None and item.annotation is not None]
    return [*found, returns] if returns is not None else found
