"""Modules beside the notebook that seed a generator of random numbers, or draw from it, when they are imported.

That happens once in a notebook, but in each process that imports the module. What the import leaves the generator like
travels like any state of it, and a step that imports the module again does so before it loads anything.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping

from nb2pipe.analysis.facts import StatementFacts
from nb2pipe.analysis.states import GENERATOR_STATES
from nb2pipe.frontend.modules import Module, imported_names, reached_modules


def seeds_on_import(node: ast.stmt, writes: Iterable[str]) -> bool:
    """Whether a statement imports such a module for the first time, and changes no other hidden state."""
    hidden = {name for name in writes if name.startswith("<")}
    imports = isinstance(node, ast.Import | ast.ImportFrom)
    return imports and bool(hidden) and hidden <= GENERATOR_STATES


def first_imports(
    nodes: Iterable[ast.AST], others: Iterable[StatementFacts], modules: Mapping[str, Module]
) -> Iterator[StatementFacts]:
    """Yield the first imports, among the statements of `others`, of such modules that `nodes` import, too.

    `modules` are all that lie beside the notebook.
    """
    names = {name for node in nodes for name in imported_names(node)}
    for facts in filter(lambda item: seeds_on_import(item.node, item.writes), others):
        if not names.isdisjoint(reached_modules(facts.node, modules)):
            yield facts
