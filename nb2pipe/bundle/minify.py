"""Make Python code small: without what only people and type checkers read, with short names."""

import ast
import builtins
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise, product
from string import ascii_letters
from typing import Any

_KEPT = {"main", "prepare", "start_loop", "data", "metadata", "wait", "Definition", "install"}
"""The entries, parameters that IPython passes by name, and what artifacts name: these are read later, and
by other versions of the runtime."""
_NAMED_BY_ARTIFACTS = "rebuild_", "restore_"
"""How the functions begin that artifacts name, too."""
_BLANKS = re.compile(r"(?<=\W) +| +(?=\W)")
_NAMED: dict[type[ast.AST], str] = {
    ast.Name: "id", ast.arg: "arg",
    ast.FunctionDef: "name", ast.ClassDef: "name", ast.ExceptHandler: "name",
}  # fmt: skip


def minify(statements: list[ast.stmt]) -> ast.Module:
    """Return a module of `statements`, which are changed.

    Docstrings, annotations, `if TYPE_CHECKING:` and imports of nb2pipe and `typing` are left out,
    and variables, functions and classes get names of one or two letters. A variable may not be
    called by a name that is passed by keyword, unless that is to stay.
    """
    module = _Strip().visit(ast.Module(statements, []))
    imports = [node for node in module.body if isinstance(node, ast.Import | ast.ImportFrom)]
    rest = [node for node in module.body if node not in imports]
    module = ast.Module([*_merge(imports), *rest], [])
    _shorten(module)
    return module


def minified_text(module: ast.Module) -> str:
    """Return the text of a module, without the blanks and the ends of lines that Python can do without."""
    lines = [line for line in ast.unparse(module).splitlines() if line]
    depths = [(len(line) - len(line.lstrip())) // 4 for line in lines]
    joined: list[tuple[int, bool, str]] = []  # depth, whether it is all of simple statements, text
    for line, depth, next_depth in zip(lines, depths, [*depths[1:], 0], strict=True):
        code = _without_blanks(line.lstrip())
        kind = depth, next_depth <= depth and not code.startswith("@")
        if joined and kind == joined[-1][:2] == (depth, True):
            code = f"{joined.pop()[2]};{code}"
        joined.append((*kind, code))
    text = ""
    for (depth, is_simple, line), (next_depth, *_) in pairwise([*joined, (0, False, "")]):
        is_whole_block = is_simple and next_depth < depth and text.endswith(":\n")
        text = text[:-1] + line if is_whole_block else text + " " * depth + line
        text += "\n"
    return text


def _without_blanks(line: str) -> str:
    """Return a line of code without the blanks between two of its words that Python can tell apart without."""
    parts = re.split(r"('(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")", line)
    parts[::2] = [_BLANKS.sub("", part) for part in parts[::2]]
    return "".join(parts)


class _Strip(ast.NodeTransformer):
    def generic_visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            node.body = [statement for statement in node.body if not _is_text(statement)]
        super().generic_visit(node)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.body = node.body or [ast.Pass()]
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        return ast.arg(node.arg)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.Assign | None:
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign([node.target], self.visit(node.value)), node)

    def visit_Return(self, node: ast.Return) -> ast.AST:
        nothing = isinstance(node.value, ast.Constant) and node.value.value is None
        return ast.Return() if nothing else self.generic_visit(node)

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        return None if (node.module or "").split(".")[0] in {"nb2pipe", "typing"} else node


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )


def _merge(imports: list[ast.Import | ast.ImportFrom]) -> Iterator[ast.stmt]:
    """Import each thing once, with one statement for all modules and one per module for names."""
    names: dict[str | None, set[str]] = {}
    for node in sorted(imports, key=lambda node: isinstance(node, ast.ImportFrom)):
        module = node.module if isinstance(node, ast.ImportFrom) else None
        names.setdefault(module, set()).update(alias.name for alias in node.names)
    for module, imported in names.items():
        aliases = [ast.alias(name) for name in sorted(imported)]
        yield ast.ImportFrom(module, aliases, 0) if module else ast.Import(aliases)


def _shorten(module: ast.Module) -> None:
    """Rename what the module binds, the same name everywhere the same way."""
    nodes = [*ast.walk(module)]
    names = _short_names(nodes)
    methods = {
        id(node)
        for parent in nodes
        if isinstance(parent, ast.ClassDef)
        for statement in parent.body
        for node in [statement, *getattr(statement, "targets", ())]
    }
    for node in nodes:
        field = _NAMED.get(type(node))
        if field and id(node) not in methods:
            name = getattr(node, field)
            setattr(node, field, names.get(name, name))


def _short_names(nodes: list[ast.AST]) -> dict[str, str]:
    """Return a short name for each name that is bound, the shortest for what is used most."""
    used = Counter(node.id for node in nodes if isinstance(node, ast.Name))
    used.update(node.arg for node in nodes if isinstance(node, ast.arg))
    bound = {
        name
        for node in nodes
        for name in _bound_names(node)
        if name not in _KEPT and not name.startswith(_NAMED_BY_ARTIFACTS)
        if not hasattr(builtins, name)
    }
    taken = {*used, *_KEPT, "as", "if", "in", "is", "or"} - bound
    letters = [*ascii_letters, *map("".join, product(ascii_letters, repeat=2))]
    short = (name for name in letters if name not in taken)
    return dict(zip(sorted(bound, key=lambda name: (-used[name], name)), short, strict=False))


def _bound_names(node: Any) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.FunctionDef | ast.ClassDef | ast.ExceptHandler) and node.name:
        yield node.name
