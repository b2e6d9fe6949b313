"""Turn IPython syntax into plain Python with IPython's own transformer, every line in its place.

Where IPython hides Python code in a string (`%time x = f()`, `%%capture`), the code is put back in
the open, on its own lines, and a `Hidden` says which magic it belongs to.
"""

import ast
import builtins
import importlib.util
import keyword
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from importlib.machinery import SourceFileLoader
from pathlib import Path
from tokenize import TokenError
from types import ModuleType, SimpleNamespace
from typing import Any, Final, Literal

from nb2pipe.analysis.magics import is_automagic, magic_row, split_arguments

# IPython gives up on a cell after so many escapes.
_ESCAPE_LIMIT: Final = 500
_LINE_MAGIC: Final = re.compile(
    r"(?P<head>\s*|.*=\s*)get_ipython\(\)\.run_line_magic\((?P<arguments>.*)\)\n", re.DOTALL
)
_AUTOMAGIC: Final = re.compile(r"(?P<name>[\w.*]+)\s*(?P<rest>.*)")

Scope = Literal["namespace", "function"]
Shadows = Callable[[str], bool]
"""Whether an earlier cell binds this name; `*` asks for a star import."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Code on the lines `first` to `last` that a magic runs; `call` is the magic's own call.

    `scope` says where the code's assignments go. `late`: the magic itself acts after its code.
    """

    call: str
    first: int
    last: int
    scope: Scope
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlainPython:
    """Plain Python with as many lines as the source that it was made of."""

    text: str
    hidden: tuple[Hidden, ...] = ()


def plain_python(source: str, shadows: Shadows) -> PlainPython:
    """Return the plain Python that IPython makes of `source`, which has no carriage returns."""
    lines = _clean(source)
    start = next((index for index, line in enumerate(lines) if not line.isspace()), len(lines))
    if start == len(lines):
        return PlainPython(text=source)
    if lines[start].startswith("%%") and not re.match(r"%%\w+\?", lines[start]):
        plain = _cell_magic(lines, start, shadows)
    else:
        dynamic = _automagic(lines[start:], shadows)
        lines[start:] = [dynamic] if dynamic else lines[start:]
        plain = _escapes(lines)
    # IPython adds a line end where the last line has none.
    return replace(plain, text=plain.text if source.endswith("\n") else plain.text[:-1])


def runs_as_magic(source: str, shadows: Shadows) -> bool:
    """Return whether IPython takes all of `source` for a magic without `%`, such as `ls -l`."""
    return (
        "\n" not in source.strip() and _automagic(source.lstrip().splitlines(), shadows) is not None
    )


# --- the transformer


@cache
def _transformers() -> ModuleType:
    """Return IPython's `inputtransformer2` without importing the package IPython.

    The package's `__init__` imports the whole shell, which takes as long as checking a notebook
    may. The module needs only one other, so both are loaded from their files under private names,
    with an import function that knows of the one; `sys.modules` never sees them.
    """
    try:
        package = importlib.util.find_spec("IPython")
        folder = Path((getattr(package, "submodule_search_locations", None) or [])[0])
        tokens = _private_module(folder / "utils" / "tokenutil.py", {})
        utils = SimpleNamespace(tokenutil=tokens)
        return _private_module(folder / "core" / "inputtransformer2.py", {"IPython.utils": utils})
    except Exception:  # noqa: BLE001 -- whatever a future version looks like, it can be imported
        from IPython.core import inputtransformer2

        module: ModuleType = inputtransformer2
        return module


def _private_module(path: Path, known: dict[str, Any]) -> ModuleType:
    def import_(name: str, *arguments: Any, **keywords: Any) -> Any:
        if name in known:
            return known[name]
        if name.partition(".")[0] == "IPython":
            raise ImportError(name)
        return builtins.__import__(name, *arguments, **keywords)

    loader = SourceFileLoader(f"nb2pipe._ipython.{path.stem}", str(path))
    module = ModuleType(loader.name)
    module.__dict__["__builtins__"] = {**vars(builtins), "__import__": import_}
    loader.exec_module(module)
    return module


@cache
def _manager() -> Any:
    return _transformers().TransformerManager()


# --- cells


def _clean(source: str) -> list[str]:
    """Take away indentation of the whole cell and pasted prompts."""
    lines = _split(source if source.endswith("\n") else source + "\n")
    cleaned: list[str] = lines
    for transform in _manager().cleanup_transforms:
        cleaned = transform(cleaned)
    cleaned = _split("".join(cleaned))
    return ["\n"] * (len(lines) - len(cleaned)) + cleaned


def _split(text: str) -> list[str]:
    """Split where Python ends lines; `splitlines` also does so at form feeds and the like."""
    return [f"{line}\n" for line in text.split("\n")[:-1]]


def _cell_magic(lines: list[str], start: int, shadows: Shadows) -> PlainPython:
    name, _, line = lines[start][2:].rstrip().partition(" ")
    body = "".join(lines[start + 1 :])
    row = magic_row(f"%%{name}", line)
    above = "\n" * (start + 1)
    if row is None or row.code is None or not body:
        call = f"get_ipython().run_cell_magic({name!r}, {line!r}, {body!r})\n"
        return PlainPython(text="\n" * start + call + "\n" * body.count("\n"))
    inner = plain_python(body, shadows)
    # Code on the first line, as of `%%timeit`, runs before the body.
    rest = "" if row.binds else split_arguments(line, row).rest
    options = line[: len(line) - len(rest)].strip()
    hidden = Hidden(
        call=f"get_ipython().run_cell_magic({name!r}, {options!r}, '')",
        first=start + 1,
        last=len(lines),
        scope=row.code,
        late=row.late,
    )
    below = tuple(
        replace(item, first=item.first + start + 1, last=item.last + start + 1)
        for item in inner.hidden
    )
    return PlainPython(text=above[:-1] + rest + "\n" + inner.text, hidden=(*below, hidden))


def _automagic(lines: Sequence[str], shadows: Shadows) -> str | None:
    """Return what IPython makes of a one-line cell such as `pip install x`, if it is a magic.

    As in IPython, a variable of the same name wins, and so does an assignment.
    """
    match = _AUTOMAGIC.match(lines[0].strip()) if len(lines) == 1 else None
    if match is None or not is_automagic(match["name"]) or match["rest"][:1] in {"=", ","}:
        return None
    if keyword.iskeyword(match["name"]) or shadows(match["name"]):
        return None
    if shadows("*") and _is_expression(match[0]):
        return None
    return f"%{match['name']} {match['rest']}\n"


def _escapes(lines: list[str]) -> PlainPython:
    """Transform one escape after the other; each leaves its line in place and blank ones below."""
    hidden: list[Hidden] = []
    for _ in range(_ESCAPE_LIMIT):
        try:
            changed, transformed = _manager().do_one_token_transform(lines)
        except (SyntaxError, ValueError, TokenError):  # what is wrong, parsing says
            break
        if not changed:
            break
        pairs = zip(lines, transformed, strict=False)
        index = next((i for i, (old, new) in enumerate(pairs) if old != new), None)
        if index is None:
            break
        line = _uncover(transformed[index], partial(_note, hidden, index + 1))
        blank = ["\n"] * (len(lines) - len(transformed))
        lines = [*transformed[:index], line, *blank, *transformed[index + 1 :]]
    return PlainPython(text="".join(lines), hidden=tuple(hidden))


def _note(hidden: list[Hidden], line: int, call: str, scope: Scope) -> None:
    hidden.append(Hidden(call=call, first=line, last=line, scope=scope))


def _uncover(line: str, note: Callable[[str, Scope], None]) -> str:
    """Put the code of `%time code` and the like in the open, if the transformed `line` is one."""
    match = _LINE_MAGIC.fullmatch(line)
    if match is None:
        return line
    name, text = ast.literal_eval(f"({match['arguments']})")
    row = magic_row(f"%{name}", text)
    if row is None or row.code is None:
        return line
    code = split_arguments(text, row).rest
    if not code:
        return line
    options = text[: len(text) - len(code)].strip()
    call = f"get_ipython().run_line_magic({name!r}, {options!r})"
    head = match["head"]
    if not head.strip() or (row.value and _is_expression(code)):
        note(call, row.code)
        return f"{head}{code}\n"
    # The variable gets what the magic returns, not the value of the code.
    return f"{head}{call} or {code}\n" if _is_expression(code) else line


def _is_expression(code: str) -> bool:
    try:
        compile(f"_ or {code}", "", "eval", ast.PyCF_ONLY_AST)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def restore(tree: ast.Module, hidden: Hidden, function: str) -> None:
    """Put the magic's call, and the scope of its code, back around the code in `tree`.

    The scope is a function of the name `function`.
    """
    for block in _blocks(tree):
        places = [i for i, item in enumerate(block) if hidden.first <= item.lineno <= hidden.last]
        if places:
            first, last = places[0], places[-1] + 1
            code = block[first:last]
            if hidden.scope == "function" and any(map(_binds_any, code)):
                code = [*called_function(function, code)]
            call = _placed(ast.parse(hidden.call).body[0], hidden.first, code[0])
            block[first:last] = [*code, call] if hidden.late else [call, *code]
            return
    tree.body.append(_placed(ast.parse(hidden.call).body[0], hidden.first, None))


def _blocks(tree: ast.AST) -> Iterator[list[ast.stmt]]:
    """Yield the lists of statements in `tree`, outer ones first."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list):
                yield block


def _placed(statement: ast.stmt, line: int, at: ast.stmt | None) -> ast.stmt:
    """Give the magic's call the place where the magic stands: before the code on its line."""
    column = at.col_offset if at is not None and at.lineno == line else 0
    for node in ast.walk(statement):
        if isinstance(node, ast.stmt | ast.expr):
            node.lineno = node.end_lineno = line
            node.col_offset = node.end_col_offset = column
    return statement


def called_function(name: str, code: list[ast.stmt]) -> tuple[ast.FunctionDef, ast.Expr]:
    """Return a function of `code`, and its call."""
    place = ast.Pass(
        lineno=code[0].lineno,
        col_offset=code[0].col_offset,
        end_lineno=code[-1].end_lineno,
        end_col_offset=code[-1].end_col_offset,
    )
    arguments = ast.arguments(posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    definition = ast.FunctionDef(name=name, args=arguments, body=code, decorator_list=[])
    called = ast.Call(func=ast.Name(id=name, ctx=ast.Load()), args=[], keywords=[])
    call = ast.Expr(value=called)
    for node in (definition, called.func, called, call):
        ast.copy_location(node, place)
    return definition, call


def _binds_any(statement: ast.stmt) -> bool:
    """Return whether `statement` may bind a name in its own scope."""
    return not isinstance(statement, ast.Expr) or any(
        isinstance(node, ast.NamedExpr) for node in ast.walk(statement)
    )
