"""What imports do besides binding a name.

A cell can reach a submodule through its package (`import scipy`, and later `scipy.stats.norm`) once
anything, also a library, has imported the submodule. Nobody can see that in the code, so a step imports
what its cells reach so, before they run.
"""

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import chain

from nb2pipe.frontend.walk import nodes_of


def imported_modules(trees: Iterable[ast.AST]) -> Mapping[str, str]:
    """Return the full names of the packages that `import` binds anywhere in `trees`, by their name there."""
    return {
        alias.asname or alias.name.partition(".")[0]: alias.name
        if alias.asname
        else alias.name.partition(".")[0]
        for tree in trees
        for node in nodes_of(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }


def mentioned_packages(trees: Iterable[ast.AST]) -> set[str]:
    """Return the packages of which `trees` import something, and texts that `import_module` may get."""
    names: set[str] = set()
    for node in chain.from_iterable(map(nodes_of, trees)):
        names.update(modules_of(node))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
    return {name.partition(".")[0] for name in names}


def reached_submodules(trees: Iterable[ast.AST], modules: Mapping[str, str]) -> Iterator[str]:
    """Yield the full names in `trees` that may be submodules: parts of a package that have parts themselves."""
    for tree in trees:
        for name, path in _chains(tree):
            if name in modules:
                yield f"{modules[name]}.{path}"


def imports_only_standard(tree: ast.AST) -> bool:
    """Whether all modules that are imported below `tree` are Python's own, which only define things."""
    return all(
        module.partition(".")[0] in sys.stdlib_module_names
        for node in nodes_of(tree)
        for module in modules_of(node)
    )


def modules_of(node: ast.AST) -> list[str]:
    """Return the full names of the modules that this very node imports; of a relative one, an empty name."""
    match node:
        case ast.Import(names=names):
            return [alias.name for alias in names]
        case ast.ImportFrom(module=module, level=level):
            return [module or ""] if level == 0 else [""]
        case _:
            return []


@cache
def _chains(tree: ast.AST) -> tuple[tuple[str, str], ...]:
    """Return `name` and `part` of each `name.part.more`; classes, which have parts too, are left out."""
    return tuple(
        dict.fromkeys(
            (inner.value.id, inner.attr)
            for node in nodes_of(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(inner := node.value, ast.Attribute)
            and isinstance(inner.value, ast.Name)
            and inner.attr.islower()
        )
    )
