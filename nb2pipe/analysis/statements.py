"""Run statements over the abstract heap: assignments, definitions, imports, ends of paths."""

import ast
from collections.abc import Callable, Sequence
from typing import Any, Final

from nb2pipe.analysis.arguments import NO_ARGUMENTS, Arguments
from nb2pipe.analysis.decorators import ACCESSORS
from nb2pipe.analysis.definitions import Definition, Frame
from nb2pipe.analysis.heap import IMMUTABLE, NOTHING, Site, Value, in_order, join, objects
from nb2pipe.analysis.knowledge import Knowledge
from nb2pipe.analysis.operators import OPERATORS
from nb2pipe.analysis.paths import Paths
from nb2pipe.analysis.scopes import Scope, outer_names

# Methods that run when an object of their class is loaded.
_LOADING: Final = {
    "__setstate__",
    "__reduce__",
    "__reduce_ex__",
    "__getnewargs__",
    "__new__",
    "__hash__",
    "__eq__",
}


class Statements(Paths):
    """Execution of every kind of statement."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(knowledge)
        self._lazy_annotations = False
        # That of the last statement, if it was an expression.
        self.value = IMMUTABLE
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
        changed = objects(before.sites)
        self.mutate(changed, node, "it is changed by an augmented assignment")
        self.heap.hold(changed, self.heap.held(value.sites))
        result = self.operate(node, before, value)
        self.assign(target, Value(before.sites | result.sites), frame)

    def _part(self, target: ast.Attribute | ast.Subscript, frame: Frame | None) -> Value:
        """Return what the target of an augmented assignment is before it."""
        holder = self.evaluate(target.value, frame)
        if isinstance(target, ast.Attribute):
            return self.attribute(holder, target.attr, target)
        self.evaluate(target.slice, frame)
        return Value(self.element_of(holder).sites | self.ask_item(holder, target).sites)

    def _delete(self, node: ast.Delete, frame: Frame | None) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                holder = self.frame_of(target.id, frame)
                if holder is None:
                    self.read(target.id, target)
                self.forget(target.id, target, frame)
            elif isinstance(target, ast.Attribute | ast.Subscript):
                value = self.holder(target.value, frame)
                if value.dotted is not None:
                    name = target.attr if isinstance(target, ast.Attribute) else None
                    self.set_library_part(value.dotted, name, target)
                self.let_go_parts(value.sites, target)
                self.mutate(value.sites, target, "a part of it is deleted")

    def _expression(self, node: ast.Expr, frame: Frame | None) -> None:
        value = self.evaluate(node.value, frame)
        if frame is None:
            self.value = value
            self.walk(value.sites | self.heap.held(value.sites))
            self.run_methods(value, OPERATORS | {"_repr_html_", "_repr_mimebundle_"}, node)

    # --- functions, classes, imports

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, frame: Frame | None) -> None:
        decorators = [self.evaluate(decorator, frame) for decorator in node.decorator_list]
        if not self._lazy_annotations:
            for annotation in _annotations(node.args, node.returns):
                self.evaluate(annotation, frame)
        value = self.function(node, frame, node.name if frame is None else None)
        self.bind(node.name, self._decorate(value, decorators, node), node, frame)

    def _decorate(
        self,
        value: Value,
        decorators: list[Value],
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef,
    ) -> Value:
        for decorator, place in zip(
            reversed(decorators), reversed(node.decorator_list), strict=True
        ):
            if isinstance(place, ast.Attribute) and place.attr in ACCESSORS:
                value = Value(value.sites | decorator.sites)
            else:
                value = self.decorated(value, decorator, place)
        return value

    def _class(self, node: ast.ClassDef, frame: Frame | None) -> None:
        decorators = [self.evaluate(decorator, frame) for decorator in node.decorator_list]
        bases = tuple(self.evaluate(base, frame) for base in node.bases)
        words = [(word.arg, self.evaluate(word.value, frame)) for word in node.keywords]
        inherited = [
            meta
            for base in bases
            for site in base.sites
            if site.definition is not None
            for meta in site.definition.metas
        ]
        metas = (*inherited, *(value for name, value in words if name == "metaclass"))
        site = self.site(node, "class", "class")
        scope = Scope(local=frozenset(), declared_global=frozenset(), declared_nonlocal=frozenset())
        inner = Frame(scope, frame, is_class=True)
        self.execute(node.body, inner)
        self.has_classes = True
        self.has_finalizers |= "__del__" in inner.values
        site.definition = Definition(
            node,
            frame,
            node.name if frame is None else None,
            members=inner.values,
            bases=bases,
            metas=metas,
            order=self.order,
            made=self.made_with(inner.values.values()),
        )
        if self.makes_classes(self.classes_of(Value(frozenset([site])))):
            self.meta_methods.update(*(value.sites for value in inner.values.values()))
        self._link_class(node, site, inner, bases)
        self.bind(
            node.name, self._decorate(Value(frozenset([site])), decorators, node), node, frame
        )

    def _link_class(
        self, node: ast.ClassDef, site: Site, inner: Frame, bases: tuple[Value, ...]
    ) -> None:
        held = NOTHING.union(*(value.sites for value in [*inner.values.values(), *bases]))
        self.heap.hold([site], held)
        for meta in site.definition.metas if site.definition is not None else ():
            self.heap.hold([site], meta.sites)
            made = Arguments((meta, Value(frozenset([site]))))
            for name in ("__prepare__", "__new__", "__init__"):
                member = self.member(meta, name)
                for method in in_order(member.sites) if member is not None else ():
                    self.invoke(method, node, None, made, spread=True)
        self._need_for_loading(node, inner)
        for value in list(inner.values.values()):
            self.run_methods(value, ["__set_name__"], node, Arguments((Value(frozenset([site])),)))
        for base in bases:
            hook = self.member(base, "__init_subclass__")
            for method in in_order(hook.sites) if hook is not None else ():
                self.invoke(method, node, Value(frozenset([site])), NO_ARGUMENTS)

    def _need_for_loading(self, node: ast.ClassDef, inner: Frame) -> None:
        """Read what the methods look up that run when an object is loaded, wherever the class is defined again."""
        methods = join(inner.values[name] for name in _LOADING & inner.values.keys())
        for method in in_order(methods.sites):
            if method.definition is not None:
                for needed in sorted(outer_names(method.definition.node) & self.names.keys()):
                    self.read(needed, node)

    def _import(self, node: ast.Import, frame: Frame | None) -> None:
        for item in node.names:
            top = item.name.partition(".")[0]
            name = item.asname or top
            if item.asname is None and item.name != top and frame is None and top in self.names:
                self.read(top, node)
            self.read_module(top, node)
            self.run_module(item.name, node)
            self.bind(name, Value(dotted=item.name if item.asname else top), node, frame)

    def _import_from(self, node: ast.ImportFrom, frame: Frame | None) -> None:
        module = "." * node.level + (node.module or "")
        if module == "__future__":
            # It changes how all later code is compiled, replayed code included.
            self.set_option(None, node, harmless=True)
            self._lazy_annotations |= any(item.name == "annotations" for item in node.names)
        self.read_module((node.module or "").partition(".")[0], node)
        for item in node.names:
            self.run_module(f"{module}.{item.name}", node)
            if item.name == "*":
                self.stars.append(module)
                self.set_option(None, node, harmless=True)
            else:
                value = Value(dotted=self.knowledge.original(f"{module}.{item.name}"))
                self.bind(item.asname or item.name, value, node, frame)

    # --- ends of paths

    def _return(self, node: ast.Return, frame: Frame | None) -> None:
        value = self.evaluate(node.value, frame)
        if frame is not None:
            frame.returned.append(value)
            frame.exits.append(self.snapshot(frame))
        self.alive = False

    def _raise(self, node: ast.Raise, frame: Frame | None) -> None:
        for value in (self.evaluate(node.exc, frame), self.evaluate(node.cause, frame)):
            for site in in_order(value.sites):
                if site.definition is not None and site.definition.is_class:
                    self.invoke(site, node, None, NO_ARGUMENTS)
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


def _annotations(arguments: ast.arguments, returns: ast.expr | None) -> list[ast.expr]:
    every = [*arguments.posonlyargs, *arguments.args, arguments.vararg, *arguments.kwonlyargs]
    every.append(arguments.kwarg)
    found = [item.annotation for item in every if item is not None and item.annotation is not None]
    return [*found, returns] if returns is not None else found
