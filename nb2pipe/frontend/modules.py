"""Find the local modules that a notebook imports, and read their source. None of them is run."""

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from nb2pipe.frontend.walk import nodes_of

_MOST_BYTES: Final = 1_000_000
_WRITEFILE: Final = re.compile(r"%%(?:writefile|file)\s+(?:\./)?(?P<path>\w+(?:/\w+)*)\.py\s*")
_PATH_METHODS: Final = frozenset({"append", "insert", "extend"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A module in a file: its text, and its tree, where imports have full names."""

    text: str
    tree: ast.Module


def read_modules(
    folder: Path,
    trees: Iterable[ast.AST],
    written: Mapping[str, str] = MappingProxyType({}),
    *,
    is_known: Callable[[str], bool],
) -> Mapping[str, Module]:
    """Return the modules in files that `trees` import, and that these import, by their full names.

    They are looked for in `folder` and in the folders that `trees` add to `sys.path` as literals; those that are
    `written` have the text that stands there.
    Modules whose top-level name `is_known`, files that cannot be read and files that are no Python
    are left out.
    """
    trees = list(trees)
    found: dict[str, Module] = {}
    folders = [folder, *(folder / text for tree in trees for text in _added_folders(tree))]
    wanted = [name for tree in trees for name in imported_names(tree)]
    while wanted:
        name = wanted.pop()
        if name in found or is_known(name.partition(".")[0]):
            continue
        read = _parse(written[name], name.rpartition(".")[0]) if name in written else None
        read = read or next(filter(None, (_read(name, place) for place in folders)), None)
        if read is not None:
            found[name] = read
            wanted += imported_names(read.tree)
    return found


def _added_folders(tree: ast.AST) -> Iterator[str]:
    for node in nodes_of(tree):
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Attribute(attr="path"), attr=method), args=arguments
            ) if method in _PATH_METHODS:
                inner = (item for argument in arguments for item in ast.walk(argument))
                texts = (item.value for item in inner if isinstance(item, ast.Constant))
                yield from (text for text in texts if isinstance(text, str) and "\0" not in text)
            case _:
                pass


def imported_names(tree: ast.AST) -> Iterator[str]:
    """Yield the full names in `tree` that may be modules, packages first; relative imports are left out."""
    for node in nodes_of(tree):
        match node:
            case ast.Import(names=names):
                for item in names:
                    yield from _with_packages(item.name)
            case ast.ImportFrom(module=str(module), names=names, level=0):
                yield from _with_packages(module)
                yield from (f"{module}.{item.name}" for item in names if item.name != "*")
            case _:
                pass


def reached_modules(tree: ast.AST, modules: Mapping[str, Module]) -> frozenset[str]:
    """Return those of `modules` that are imported where `tree` runs, directly or by one of them."""
    found: set[str] = set()
    waiting = [*imported_names(tree)]
    while waiting:
        name = waiting.pop()
        if name in modules and name not in found:
            found.add(name)
            waiting += imported_names(modules[name].tree)
    return frozenset(found)


def _with_packages(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:count]) for count in range(1, len(parts) + 1))


def _read(name: str, folder: Path) -> Module | None:
    base = folder.joinpath(*name.split("."))
    parent = name.rpartition(".")[0]
    for path, package in ((base / "__init__.py", name), (base.with_suffix(".py"), parent)):
        try:
            if path.stat().st_size > _MOST_BYTES:
                continue
            text = path.read_text(encoding="utf-8")
        except (OSError, ValueError):
            continue
        if (module := _parse(text, package)) is not None:
            return module
    return None


def _parse(text: str, package: str) -> Module | None:
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    return Module(text=text, tree=_with_full_names(tree, package))


def written_modules(sources: Iterable[str]) -> Mapping[str, str]:
    """Return the text of each module that one cell of `sources` writes, with `%%writefile`, by its full name."""
    found: dict[str, list[str]] = {}
    for source in sources:
        line, _, text = source.partition("\n")
        match = _WRITEFILE.fullmatch(line)
        if match:
            found.setdefault(match["path"].replace("/", "."), []).append(text)
    return {name: texts[0] for name, texts in found.items() if len(texts) == 1}


def _with_full_names(tree: ast.Module, package: str) -> ast.Module:
    """Turn the relative imports of a module of `package` into absolute ones."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level:
            parts = package.split(".")
            kept = parts[: max(0, len(parts) - node.level + 1)]
            node.module, node.level = ".".join([*kept, *filter(None, [node.module])]), 0
    return tree
