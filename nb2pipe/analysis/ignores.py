"""Comments that ignore diagnostics: `# nb2pipe: ignore[NB209, NB2xx]`.

Behind code a comment holds for that statement, on a line of its own for the whole cell. What only
looks like a comment, in a string, is none. Magics and shell commands take the rest of their line
as it is; a comment behind them counts all the same.
"""

import difflib
import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from nb2pipe.analysis.ipython_syntax import plain_python
from nb2pipe.diagnostics import Code, Diagnostic, Span
from nb2pipe.diagnostics.policy import Ignore, Selection, similar_code

_NAME: Final = "nb2pipe"
_INSTRUCTION: Final = "ignore"
_COMMENT: Final = re.compile(
    rf"(?<!\S)#\s*{_NAME}\s*:\s*(?P<word>[\w-]*)\s*(?:\[(?P<codes>[^\]]*)\])?(?P<rest>.*)"
)
_SELECTED: Final = re.compile(r"[^\s,](?:[^,]*[^\s,])?")
_QUOTES: Final = frozenset("\"'")

Lines = tuple[int, int] | None
"""The first and last line of a statement; None for the whole cell."""


def find_ignores(
    cells: Iterable[tuple[Span, str]],
) -> tuple[tuple[Ignore, ...], tuple[Diagnostic, ...]]:
    """Return the comments in cells (each with its place and source), and what is wrong with them."""
    found = [item for span, source in cells if _NAME in source for item in _in_cell(span, source)]
    return (
        tuple(item for item in found if isinstance(item, Ignore)),
        tuple(item for item in found if isinstance(item, Diagnostic)),
    )


def _in_cell(span: Span, source: str) -> Iterator[Ignore | Diagnostic]:
    source_lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, lines in _comments(source_lines):
        match = _COMMENT.search(source_lines[number - 1])
        if match is not None:
            yield from _read(match, replace(span, line=number), lines)


# --- finding


def _comments(lines: list[str]) -> Iterator[tuple[int, Lines]]:
    """Yield the number of each line with such a comment, and the lines that it is about."""
    source = "\n".join(lines)
    try:
        text = plain_python(source, lambda _: False).text
    except (SyntaxError, tokenize.TokenError):  # said elsewhere
        text = source
    found = dict(_python_comments(text))
    yield from found.items()
    in_cell_magic = source.lstrip().startswith("%%")
    for number, (line, plain) in enumerate(zip(lines, text.split("\n"), strict=False), 1):
        match = None if line == plain or number in found else _COMMENT.search(line)
        if match is not None and _QUOTES.isdisjoint(match["rest"]):
            yield number, None if in_cell_magic else (number, number)


def _python_comments(text: str) -> Iterator[tuple[int, Lines]]:
    """Yield the comments of Python code, as far as it can be read."""
    first = None
    behind: list[int] = []
    for token in _tokens(text):
        if token.type == tokenize.COMMENT and _COMMENT.search(token.string):
            if first is None:
                yield token.start[0], None
            else:
                behind.append(token.start[0])
        elif token.type == tokenize.NEWLINE:
            yield from ((number, (first or number, token.start[0])) for number in behind)
            first, behind = None, []
        elif first is None and token.type not in _BETWEEN_STATEMENTS:
            first = token.start[0]


_BETWEEN_STATEMENTS: Final = frozenset(
    {tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(io.StringIO(text).readline)
    except (SyntaxError, tokenize.TokenError):
        return


# --- reading


def _read(match: re.Match[str], span: Span, lines: Lines) -> Iterator[Ignore | Diagnostic]:
    start, end = match.start(), match.start("rest")
    place = replace(span, column=start + 1, end_line=span.line, end_column=end + 1)
    if match["word"] != _INSTRUCTION:
        close = difflib.get_close_matches(match["word"], [_INSTRUCTION], n=1)
        yield _wrong(
            place,
            f"`{_NAME}: {match['word']}` is no instruction",
            f"did you mean `{_INSTRUCTION}`?" if close else f"write `# {_NAME}: ignore[CODE]`",
        )
        return
    selected = list(_SELECTED.finditer(match["codes"] or ""))
    if not selected:
        yield _wrong(
            place,
            "the comment does not say which diagnostics to ignore",
            f"write their codes in brackets: `# {_NAME}: ignore[NB209]`",
        )
    for part in selected:
        start = match.start("codes") + part.start() + 1
        at = replace(place, column=start, end_column=start + len(part[0]))
        try:
            selection = Selection.of(part[0])
        except KeyError:
            yield _wrong(at, f"`{part[0]}` is no code of a diagnostic", similar_code(part[0]))
        else:
            yield Ignore(selection=selection, span=at, lines=lines)


def _wrong(span: Span, message: str, hint: str) -> Diagnostic:
    return Diagnostic(code=Code.BAD_IGNORE, span=span, message=message, hint=hint)
