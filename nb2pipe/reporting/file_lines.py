r"""Where the lines of cells stand in the notebook's file, for tools that only know files.

A notebook is JSON: a line of a cell is a string, or a part of one, somewhere in it, and a character
may be written as several (`\"`, `\u00e9`). ast-grep's JSON parser knows where each string stands,
and gets over what Python's `json` allows and JSON does not (`NaN`). In percent scripts and Markdown
notebooks the lines of a cell stand as they are, or behind `# `.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ast_grep_py import SgNode, SgRoot

from nb2pipe.diagnostics import Span

_CHARACTER = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|\\u[0-9a-fA-F]{4}|\\.|.", re.DOTALL
)
_LINE_ENDS = {r"\n", r"\r", r"\u000a", r"\u000d", r"\u000A", r"\u000D"}
_CARRIAGE_RETURNS = {r"\r", r"\u000d", r"\u000D"}
_COMMENTED = "# "


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A part of a file; everything counts from 1, `end_column` is behind the last character."""

    line: int = 1
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None


FileLine = Sequence[tuple[int, int]]
"""Where a line of a cell stands: line and column of each character, and of what comes behind it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileLines:
    """The lines of a notebook's cells in its file.

    `first` is the line for what is about the whole file, `starts` those where cells begin.
    """

    first: int = 1
    cells: Mapping[int, Sequence[FileLine]] = field(default_factory=dict)
    starts: Mapping[int, int] = field(default_factory=dict)

    def region(self, span: Span) -> Region:
        """Return the place of `span` in the file: its beginning where nothing better is known."""
        if span.cell is None:
            return Region(line=span.line or self.first)
        lines = self.cells.get(span.cell, ())
        if span.line is None or span.line > len(lines):
            return Region(line=lines[0][0][0] if lines else self.starts.get(span.cell, 1))
        first = lines[span.line - 1]
        if span.column is None:
            return Region(line=first[0][0])
        last = lines[min(span.end_line or span.line, len(lines)) - 1]
        line, column = _at(first, span.column)
        end_line, end_column = _at(last, span.end_column or span.column + 1)
        return Region(line=line, column=column, end_line=end_line, end_column=end_column)


def _at(line: FileLine, column: int) -> tuple[int, int]:
    return line[min(column, len(line)) - 1]


def lines_of_json(text: str) -> FileLines:
    """Return where the cells of a notebook in JSON stand in its `text`."""
    cells: dict[int, Sequence[FileLine]] = {}
    starts: dict[int, int] = {}
    for number, cell in enumerate(_cells(SgRoot(text, "json").root()), 1):
        values = _pairs(cell)
        starts[number] = cell.range().start.line + 1
        source = values.get("source") or values.get("input")
        if source is not None:
            cells[number] = tuple(_source_lines(source))
    return FileLines(cells=cells, starts=starts)


def lines_of_text(text: str, sources: Mapping[int, str]) -> FileLines:
    """Return where cells with these `sources` stand, in their order, in a text notebook."""
    lines = text.splitlines()
    cells: dict[int, Sequence[FileLine]] = {}
    position = 0
    for number, source in sorted(sources.items()):
        wanted = source.split("\n")
        found = _find(wanted, lines, position)
        if source.strip() and found is not None:
            cells[number] = [
                _places(index + 1, lines[index], line) for index, line in enumerate(wanted, found)
            ]
            position = found + len(wanted)
    return FileLines(cells=cells)


# --- JSON


def _cells(root: SgNode) -> Iterator[SgNode]:
    """Yield the cells, as objects; format 3 has them in worksheets."""
    for top in root.children():
        document = _pairs(top)
        for holder in [document, *map(_pairs, _items(document.get("worksheets")))]:
            yield from _items(holder.get("cells"))


def _pairs(node: SgNode) -> dict[str, SgNode]:
    """Return the values of a JSON object by key; of a key that comes twice, the last counts."""
    found = {}
    for pair in node.children() if node.kind() == "object" else ():
        key, value = pair.field("key"), pair.field("value")
        if key is not None and value is not None:
            found[key.text()[1:-1]] = value
    return found


def _items(node: SgNode | None) -> list[SgNode]:
    if node is None or node.kind() != "array":
        return []
    return [item for item in node.children() if item.is_named() and item.kind() != "ERROR"]


def _source_lines(source: SgNode) -> Iterator[FileLine]:
    places: list[tuple[int, int]] = []
    behind = (source.range().start.line + 1, source.range().start.column + 1)
    after_return = False
    for text in _items(source) if source.kind() == "array" else [source]:
        line, start = text.range().start.line + 1, text.range().start.column + 1
        for character in _CHARACTER.finditer(text.text(), 1, len(text.text()) - 1):
            ends_line = character[0] in _LINE_ENDS
            if after_return and ends_line and character[0] not in _CARRIAGE_RETURNS:
                after_return = False  # the second half of a line end
                continue
            after_return = character[0] in _CARRIAGE_RETURNS
            places.append((line, start + character.start()))
            behind = (line, start + character.end())
            if ends_line:
                yield places
                places = []
    if places:
        yield [*places, behind]


# --- text


def _find(wanted: Sequence[str], lines: Sequence[str], position: int) -> int | None:
    """Return where the lines `wanted` stand one after the other, from `position` on."""
    for start in range(position, len(lines) - len(wanted) + 1):
        if all(map(_is_written_as, wanted, lines[start:])):
            return start
    return None


def _is_written_as(source: str, line: str) -> bool:
    return line in {source, _COMMENTED + source, (_COMMENTED + source).rstrip()}


def _places(number: int, line: str, source: str) -> FileLine:
    start = 1 if line == source else 1 + len(_COMMENTED)
    return [(number, column) for column in range(start, start + len(source) + 1)]
