"""What the functions of local modules do, found by trying each of them on arguments of unknown make.

A module beside the notebook is nobody's library: no table describes it, but its code can be read. It is
interpreted like a notebook of one cell, and then every function and method that the notebook may call is
called once. What that changes, keeps and returns becomes a row, as a rule file would have it. A function
that cannot be followed gets none: nothing is known about it then, as about any unknown code.
"""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from nb2pipe.analysis.definitions import Definition
from nb2pipe.analysis.effects import CallEffect, TypeKnowledge
from nb2pipe.analysis.heap import Value
from nb2pipe.analysis.knowledge import Knowledge
from nb2pipe.analysis.scopes import FunctionNode
from nb2pipe.analysis.trial import Laboratory, Signature, signature_of
from nb2pipe.frontend.modules import Module, imported_names, reached_modules
from nb2pipe.frontend.walk import nodes_of

_MAKERS = ("__init__", "__new__", "__post_init__")


def describe_modules(
    modules: Mapping[str, Module], trees: Iterable[ast.AST], knowledge: Knowledge
) -> Knowledge:
    """Return `knowledge` with rows for what `trees` may call of local modules, by their full names."""
    if not modules:
        return knowledge
    trees = [*trees, *(module.tree for module in modules.values())]
    used = {word for tree in trees for node in nodes_of(tree) for word in _words(node)}
    starred = any(isinstance(n, ast.alias) and n.name == "*" for t in trees for n in nodes_of(t))
    inside = {n: reached_modules(module.tree, modules) | {n} for n, module in modules.items()}
    knowledge = replace(knowledge, inside={**knowledge.inside, **inside})
    for name in _dependencies_first(modules):
        rows = _Rows(name, modules[name], knowledge)
        knowledge = rows.described(None if starred else used)
    return knowledge


def _words(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=word) | ast.Attribute(attr=word):
            yield word
        case ast.alias(name=name):
            yield name.rpartition(".")[2]
        case _:
            pass


def _dependencies_first(modules: Mapping[str, Module]) -> list[str]:
    """Order modules so that each comes after those that it imports, as far as there is no circle."""
    order: dict[str, None] = {}
    begun: set[str] = set()

    def visit(name: str) -> None:
        if name in modules and name not in begun:
            begun.add(name)
            for needed in imported_names(modules[name].tree):
                visit(needed)
            order[name] = None

    for name in sorted(modules):
        visit(name)
    return list(order)


class _Rows:
    """The rows of one module."""

    def __init__(self, name: str, module: Module, knowledge: Knowledge) -> None:
        self.name = name
        self.knowledge = knowledge
        self.laboratory = Laboratory(name, module, knowledge)

    def described(self, used: set[str] | None) -> Knowledge:
        """Return the knowledge with the rows of what is `used` (None: of everything)."""
        functions: dict[str, CallEffect] = {}
        types: dict[str, TypeKnowledge] = {}
        aliases: dict[str, str] = {}
        for name, value in self.laboratory.bound.items():
            if used is not None and name not in used:
                continue
            dotted = f"{self.name}.{name}"
            if value.dotted is not None:
                aliases[dotted] = value.dotted
            definition = _only_definition(value)
            if definition is not None and definition.is_class:
                functions[dotted], methods = self._class(dotted, value, definition, used)
                types[dotted] = TypeKnowledge(methods=methods)
                functions |= self._on_class(dotted, value, definition)
            elif definition is not None:
                functions |= self._function(dotted, value, definition)
        return replace(
            self.knowledge,
            functions={**self.knowledge.functions, **functions},
            types={**self.knowledge.types, **types},
            aliases={**self.knowledge.aliases, **aliases},
            sets={**self.knowledge.sets, self.name: self.laboratory.sets},
            variables={**self.knowledge.variables, **self.laboratory.variables()},
        )

    def _function(self, dotted: str, value: Value, definition: Definition) -> dict[str, CallEffect]:
        node = _function_of(definition)
        if node is None:
            return {}
        run = partial(self.laboratory.machine.call_value, value, node)
        effect = self.laboratory.effect(signature_of(node), run)
        return {dotted: effect} if effect is not None else {}

    def _class(
        self, dotted: str, value: Value, definition: Definition, used: set[str] | None
    ) -> tuple[CallEffect, dict[str, CallEffect]]:
        """Return what making an instance does, and the rows of its methods."""
        laboratory = self.laboratory
        makers = [
            _function_of(_only_definition(m)) for m in map(definition.members.get, _MAKERS) if m
        ]
        signature = signature_of(makers[0], skip=1) if makers and makers[0] else Signature()
        run = partial(laboratory.machine.call_value, value, definition.node)
        laboratory.class_names.update(dict.fromkeys(value.sites, dotted))
        made, given = laboratory.make(signature, run)
        effect = laboratory.effect(signature, run) or CallEffect()
        rows = {
            name: row
            for name, node, call in self._methods(made, used)
            if (
                row := laboratory.effect(
                    signature_of(node, skip=_takes_self(node)), call, made, given
                )
            )
        }
        return replace(effect, returns="holds", type=dotted), rows

    def _methods(
        self, made: Value, used: set[str] | None
    ) -> Iterator[tuple[str, FunctionNode, Callable[..., Value]]]:
        machine = self.laboratory.machine
        members = {
            name: member
            for owner in reversed(machine.classes_of(made))
            for name, member in owner.members.items()
        }
        for name, member in members.items():
            node = _function_of(_only_definition(member))
            wanted = used is None or name in used or name.startswith("__")
            if name not in _MAKERS and wanted and node is not None:
                (site,) = member.sites
                yield name, node, partial(machine.invoke, site, node, made)

    def _on_class(self, dotted: str, value: Value, definition: Definition) -> dict[str, CallEffect]:
        """Return the rows of what is called on the class itself."""
        rows: dict[str, CallEffect] = {}
        for name, member in definition.members.items():
            node = _function_of(_only_definition(member))
            if node is None or _decorator(node) is None:
                continue
            (site,) = member.sites
            run = partial(self.laboratory.machine.invoke, site, node, value)
            effect = self.laboratory.effect(signature_of(node, skip=_takes_self(node)), run)
            if effect is not None:
                rows[f"{dotted}.{name}"] = effect
        return rows


def _only_definition(value: Value) -> Definition | None:
    """Return the definition that a value surely is."""
    found = [site.definition for site in value.sites]
    return found[0] if len(found) == 1 else None


def _function_of(definition: Definition | None) -> ast.FunctionDef | None:
    """Return the function that a definition is, if it is a plain one."""
    node = definition.node if definition is not None else None
    return node if isinstance(node, ast.FunctionDef) else None


def _decorator(node: FunctionNode) -> str | None:
    decorators = () if isinstance(node, ast.Lambda) else node.decorator_list
    names = {item.id for item in decorators if isinstance(item, ast.Name)}
    return next((name for name in ("staticmethod", "classmethod") if name in names), None)


def _takes_self(node: FunctionNode) -> bool:
    return _decorator(node) != "staticmethod"
