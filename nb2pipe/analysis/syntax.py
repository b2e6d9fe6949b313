"""Parse a cell's source, IPython syntax included, keeping every line where it is."""

import __future__

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Final

from nb2pipe.analysis.ipython_syntax import PlainPython, plain_python, restore, runs_as_magic
from nb2pipe.analysis.syntax_hints import hint_for
from nb2pipe.diagnostics import Code, Diagnostic, Span
from nb2pipe.frontend.layout import LaidCell, Role
from nb2pipe.frontend.walk import nodes_of

_FILE: Final = "<cell>"
# IPython takes prompts away also where they happen to be valid Python: `In [1]: x = 1`.
_PROMPT: Final = re.compile(r"^(\[(nav|ins)\])? ?In \[\d+\]: ", re.MULTILINE)
_TAKEN_AWAY: Final = re.compile(r"\s*(>>> ?|\.\.\. ?|.*?In \[\d+\]: |\.{3,}: ?)?\s*")
_MISPLACED: Final = re.compile(r"[ \t]*%%(\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedCell:
    """A cell as an abstract syntax tree.

    `text` is the plain Python that `tree` was parsed from: the source with IPython syntax turned
    into calls of `get_ipython()`; it has the same number of lines as the source, and its lines are
    the source's own wherever they hold no IPython syntax. A cell that cannot be parsed has an empty
    tree.

    Code that a magic runs (`%time x = f()`, `%%capture`) stands in the open, in `text` and `tree`.
    In `tree` the call of the magic itself comes before it, without the code:
    `run_line_magic('time', '')`; that of `%%capture` comes after, as it binds its name then. Where
    the code has a scope of its own (`%%timeit`) and binds names there, `tree` has a function in its
    place that is called at once; its name is no identifier.
    """

    laid: LaidCell
    text: str
    tree: ast.Module


def parse_cells(
    cells: Iterable[LaidCell],
) -> tuple[tuple[ParsedCell, ...], tuple[Diagnostic, ...]]:
    """Parse the cells of a notebook, in order; `from __future__` holds for all later ones.

    Cells that are skipped get an empty tree, whatever they hold.
    """
    parsed: list[ParsedCell] = []
    diagnostics: list[Diagnostic] = []
    flags = 0
    for laid in cells:
        if laid.role is Role.SKIP:
            parsed.append(_without_tree(laid))
            continue
        cell, found = parse_cell(laid, future_flags=flags, earlier=parsed)
        flags |= _future_flags(cell.tree)
        parsed.append(cell)
        diagnostics += found
    return tuple(parsed), tuple(diagnostics)


def parse_cell(
    laid: LaidCell, *, future_flags: int = 0, earlier: Sequence[ParsedCell] = ()
) -> tuple[ParsedCell, tuple[Diagnostic, ...]]:
    """Parse one cell.

    Args:
        laid: the cell.
        future_flags: compiler flags of the `from __future__` imports of earlier cells.
        earlier: the cells above: a variable of theirs hides a magic that is written without `%`.

    Returns:
        The parsed cell, and an NB201 if it is not valid.
    """
    source = _normalised(laid.cell.source)
    shadows = partial(_any_binds, earlier)
    try:
        if not (_PROMPT.search(source) or runs_as_magic(source, shadows)):
            try:
                return ParsedCell(laid=laid, text=source, tree=_parse(source, future_flags)), ()
            except _NotPythonError as error:
                if error.line is None:  # nested too deeply, for IPython's tokenizer too
                    raise
        return _parse_escapes(laid, source, future_flags, plain_python(source, shadows))
    except _NotPythonError as error:
        return _without_tree(laid), (_diagnostic(laid, source, error),)


def span_of(parsed: ParsedCell, node: ast.AST) -> Span:
    """Return where `node` of the cell's tree stands in the notebook.

    A node of code that IPython syntax was turned into covers that syntax. One without a position
    covers the whole cell.
    """
    line, end_line = getattr(node, "lineno", None), getattr(node, "end_lineno", None)
    if line is None or end_line is None:
        return parsed.laid.span
    source, text = _lines(_normalised(parsed.laid.cell.source)), _lines(parsed.text)
    start = _character(text[line - 1], node.col_offset)  # type: ignore[attr-defined]
    end = _character(text[end_line - 1], node.end_col_offset)  # type: ignore[attr-defined]
    if (line, start) == (end_line, end):  # the call of a magic that its code follows
        end = _source_column(source[line - 1], text[line - 1], end, is_end=False)
        start = min(end, sum(_alignment(source[line - 1], text[line - 1])[:2]))
    else:
        start = _source_column(source[line - 1], text[line - 1], start, is_end=False)
        end = _source_column(source[end_line - 1], text[end_line - 1], end, is_end=True)
    return replace(
        parsed.laid.span, line=line, column=start + 1, end_line=end_line, end_column=end + 1
    )


# --- columns


@lru_cache(maxsize=16)
def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.split("\n"))


def _normalised(source: str) -> str:
    """Return `source` with the line ends that Python reads it with."""
    return source.replace("\r\n", "\n").replace("\r", "\n") if "\r" in source else source


def _character(line: str, offset: int) -> int:
    """Return the character that `offset`, in bytes of UTF-8, stands for."""
    return offset if line.isascii() else len(line.encode()[:offset].decode(errors="ignore"))


def _common_start(source: str, text: str) -> int:
    pairs = zip(source, text, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(source), len(text)))


def _alignment(source: str, text: str) -> tuple[int, int, int]:
    """Return what a line of the `source` has in common with the `text` that was made of it.

    That is: how many characters of indentation or prompt are gone from its start, and how many of
    the others are the same at the start, and at the end. What is between is IPython syntax.
    """
    taken = _TAKEN_AWAY.match(source)
    longest = taken.end() if taken else 0
    gone = max(range(longest + 1), key=lambda count: _common_start(source[count:], text))
    start = _common_start(source[gone:], text)
    end = _common_start(source[gone + start :][::-1], text[start:][::-1])
    return gone, start, end


def _source_column(source: str, text: str, column: int, *, is_end: bool) -> int:
    """Return the column in `source` of a `column` in the `text` that was made of it."""
    if source == text:
        return column
    gone, start, end = _alignment(source, text)
    if column < start or (is_end and column == start):
        return column + gone
    if column > len(text) - end or (not is_end and column == len(text) - end):
        return column + len(source) - len(text)
    return len(source) - end if is_end else start + gone


# --- parsing


class _NotPythonError(Exception):
    """Code that Python does not accept: where (line and column from 1, in its text) and why."""

    def __init__(self, text: str, message: str, line: int | None, column: int | None) -> None:
        super().__init__(message)
        self.text, self.message, self.line, self.column = text, message, line, column


def _parse(text: str, flags: int) -> ast.Module:
    """Parse `text`, and compile it as far as errors need that show only then (`return`, `break`).

    Raises:
        _NotPythonError: Python does not accept it.
    """
    flags |= ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree: ast.Module = compile(
                text, _FILE, "exec", flags | ast.PyCF_ONLY_AST, dont_inherit=True
            )
        except SyntaxError as error:
            raise _NotPythonError(text, error.msg, *_error_position(text, error)) from error
        except (RecursionError, MemoryError) as error:
            raise _NotPythonError(text, "the code is nested too deeply", None, None) from error
        except UnicodeEncodeError as error:
            character = text[error.start]
            message = f"invalid character U+{ord(character):04X}"
            raise _NotPythonError(text, message, *_position(text, character)) from error
        except ValueError as error:
            raise _NotPythonError(text, str(error), *_position(text, "\0")) from error
        _compile(text, tree, flags)
    return tree


def _error_position(text: str, error: SyntaxError) -> tuple[int | None, int | None]:
    if error.lineno is None:
        return _position(text, "\0")
    if isinstance(error, IndentationError) and error.lineno <= len(_lines(text)):
        line = _lines(text)[error.lineno - 1]
        return error.lineno, len(line) - len(line.lstrip()) + 1
    return error.lineno, error.offset


def _position(text: str, character: str) -> tuple[int | None, int | None]:
    """Return the line and column of the first `character` in `text`, None when there is none."""
    before, found, _ = text.partition(character)
    return (before.count("\n") + 1, len(before) - before.rfind("\n")) if found else (None, None)


def _compile(text: str, tree: ast.Module, flags: int) -> None:
    """Compile `tree` as IPython does: one statement after the other."""
    try:
        compile(tree, _FILE, "exec", flags, dont_inherit=True)
    except (SyntaxError, ValueError):
        for statement in tree.body:
            _compile_statement(text, statement, flags)
    except (RecursionError, MemoryError):
        return  # depends on how deep the caller is


def _compile_statement(text: str, statement: ast.stmt, flags: int) -> None:
    alone = ast.Module(body=[statement], type_ignores=[])
    try:
        compile(alone, _FILE, "exec", flags, dont_inherit=True)
    except SyntaxError as error:
        column = error.offset
        if error.lineno and column:
            column = _character(_lines(text)[error.lineno - 1], column - 1) + 1
        raise _NotPythonError(text, error.msg, error.lineno, column) from error
    except (ValueError, RecursionError, MemoryError):
        return


def _parse_escapes(
    laid: LaidCell, source: str, flags: int, plain: PlainPython
) -> tuple[ParsedCell, tuple[Diagnostic, ...]]:
    tree = _parse(plain.text, flags)
    for hidden in plain.hidden:
        restore(tree, hidden, f"<timeit {laid.cell.number}:{hidden.first}>")
    parsed = ParsedCell(laid=laid, text=plain.text, tree=tree)
    return parsed, tuple(_misplaced(parsed, source))


def _misplaced(parsed: ParsedCell, source: str) -> Iterator[Diagnostic]:
    """Find cell magics below the first line, which IPython refuses when the cell runs."""
    for number, (line, text) in enumerate(
        zip(_lines(source), _lines(parsed.text), strict=False), 1
    ):
        match = _MISPLACED.match(line)
        if match and "run_line_magic('%" in text:
            column = match.end() - len(match[1]) - 1
            span = replace(
                parsed.laid.span,
                line=number,
                column=column,
                end_line=number,
                end_column=match.end() + 1,
            )
            yield Diagnostic(
                code=Code.SYNTAX_ERROR,
                span=span,
                message=f"`%%{match[1]}` is not at the top of its cell",
                hint="make it the first line of the cell",
            )


def _diagnostic(laid: LaidCell, source: str, error: _NotPythonError) -> Diagnostic:
    lines, text = _lines(source), _lines(error.text)
    span = laid.span
    line_text = ""
    if error.line is not None:
        # Python points behind the last line where code is missing.
        line = min(max(error.line, 1), len(lines))
        line_text = lines[line - 1]
        column = 1
        if error.column and line == error.line:
            column = _source_column(line_text, text[line - 1], error.column - 1, is_end=False) + 1
        column = min(max(column, 1), len(line_text) + 1)
        span = replace(span, line=line, column=column)
    return Diagnostic(
        code=Code.SYNTAX_ERROR,
        span=span,
        message=error.message,
        hint=hint_for(error.message, line_text),
    )


def _without_tree(laid: LaidCell) -> ParsedCell:
    source = _normalised(laid.cell.source)
    return ParsedCell(laid=laid, text=source, tree=ast.Module(body=[], type_ignores=[]))


# --- bindings


def _any_binds(cells: Sequence[ParsedCell], name: str) -> bool:
    return any(_binds(node, name) for cell in cells for node in nodes_of(cell.tree))


def _binds(node: ast.AST, name: str) -> bool:
    match node:
        case ast.Name(id=bound, ctx=ast.Store()):
            return bound == name
        case (
            ast.FunctionDef(name=bound)
            | ast.AsyncFunctionDef(name=bound)
            | ast.ClassDef(name=bound)
        ):
            return bound == name
        case ast.alias(name=module, asname=bound):
            return (bound or module.partition(".")[0]) == name
        case _:
            return False


def _future_flags(tree: ast.Module) -> int:
    flags = 0
    for statement in tree.body:
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            for alias in statement.names:
                feature = getattr(__future__, alias.name, None)
                flags |= getattr(feature, "compiler_flag", 0)
    return flags


def cut(lines: Sequence[str], line: int, column: int, end_line: int, end_column: int) -> str:
    """Cut a statement out of its cell; columns are byte offsets, as `ast` counts."""
    cut = list(lines[line - 1 : end_line])
    cut[-1] = cut[-1].encode()[:end_column].decode()
    cut[0] = cut[0].encode()[column:].decode()
    return "\n".join(cut)
