"""Diagnostics as text for people, in the manner of rustc.

```text
error[NB203]: `df` is used before any step defines it
  --> train.ipynb:cell 7:3:11 (step `train`)
   |
 3 | model.fit(df)
   |           ^^
   = help: tag the cell that defines `df`
```
"""

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from nb2pipe.diagnostics import Diagnostic, Severity, Span

Sources = Mapping[tuple[str, int], str]
"""The source of a cell by its notebook and its number, as spans have them."""

Style = Callable[[str, str], str]
"""Gives a text (the first argument) the look of a role (the second)."""

ROLES = ("error", "warning", "hint", "title", "frame")

_TAB_WIDTH = 4
_LINE_LIMIT = 160
_ZERO_WIDTH = frozenset({"Mn", "Me", "Cf"})


def plain(text: str, _role: str) -> str:
    """Return `text` as it is: the style of files and pipes."""
    return text


def render_diagnostics(
    diagnostics: Iterable[Diagnostic], sources: Sources, style: Style = plain
) -> str:
    """Return the diagnostics as text, sorted by place, with an empty line after each.

    Args:
        diagnostics: what to show.
        sources: the cells, for the source lines; one that is missing costs only its line.
        style: how the roles of `ROLES` look.
    """
    shown = [_Snippet(sources, style).render(item) for item in sort_by_place(diagnostics)]
    return "".join(f"{text}\n\n" for text in shown)


def sort_by_place(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return the diagnostics by notebook (in the order that they come), cell, line and column."""
    listed = list(diagnostics)
    order = {
        name: index for index, name in enumerate(dict.fromkeys(d.span.notebook for d in listed))
    }
    return sorted(listed, key=lambda d: (order[d.span.notebook], *_place(d.span), d.code.number))


def summarise(diagnostics: Iterable[Diagnostic]) -> str:
    """Return how many there are of each severity, such as `2 errors, 1 hint`; empty for none."""
    counts = count_by_severity(diagnostics)
    return ", ".join(
        f"{count} {severity.value}{'' if count == 1 else 's'}"
        for severity, count in counts.items()
        if count
    )


def count_by_severity(diagnostics: Iterable[Diagnostic]) -> dict[Severity, int]:
    """Return how many diagnostics there are of each severity, the worst first."""
    counts = dict.fromkeys(Severity, 0)
    for diagnostic in diagnostics:
        counts[diagnostic.severity] += 1
    return counts


def printable(text: str) -> str:
    """Return `text` with control characters shown, so that no notebook can steer the terminal."""
    return "".join(
        character
        if character in "\n\t" or unicodedata.category(character) not in {"Cc", "Cs"}
        else f"\\x{ord(character):02x}"
        for character in text
    )


# --- one diagnostic


@dataclass(frozen=True, slots=True)
class _Snippet:
    sources: Sources
    style: Style

    def render(self, diagnostic: Diagnostic) -> str:
        severity = diagnostic.severity.value
        title = self.style(f"{severity}[{diagnostic.code.number}]", severity)
        message = self.style(f": {printable(diagnostic.message)}", "title")
        margin = _margin([diagnostic.span, *(related.span for related in diagnostic.related)])
        lines = [title + message]
        step = f" (step `{diagnostic.step}`)" if diagnostic.step else ""
        lines += self._place("-->", diagnostic.span, step, margin, severity)
        for related in diagnostic.related:
            lines += self._place(":::", related.span, f": {related.message}", margin, "frame")
        if diagnostic.hint:
            first, *rest = printable(diagnostic.hint).splitlines() or [""]
            lines.append(f"{' ' * margin}{self.style('= help:', 'frame')} {first}")
            lines += [f"{' ' * margin}        {line}" for line in rest]
        return "\n".join(lines)

    def _place(self, arrow: str, span: Span, note: str, margin: int, role: str) -> Iterator[str]:
        yield f"{' ' * (margin - 1)}{self.style(arrow, 'frame')} {printable(f'{span}{note}')}"
        source = _source_line(self.sources, span)
        if source is None:
            return
        number, line = source
        bar = self.style("|", "frame")
        shown, carets = _show(line, span)
        yield f"{' ' * margin}{bar}"
        yield f"{self.style(str(number).rjust(margin - 1), 'frame')} {bar} {shown}"
        if carets:
            yield f"{' ' * margin}{bar} {self.style(carets, role)}"


def _place(span: Span) -> tuple[int, int, int]:
    return span.cell or 0, span.line or 0, span.column or 0


def _margin(spans: Sequence[Span]) -> int:
    """Return how many columns the line numbers of a diagnostic need, and a space."""
    return 1 + max(2, *(len(str(span.line or 1)) for span in spans))


def _source_line(sources: Sources, span: Span) -> tuple[int, str] | None:
    """Return the number and text of the line at `span`; for a whole cell, its first full one."""
    if span.cell is None:
        return None
    lines = sources.get((span.notebook, span.cell), "").split("\n")
    if span.line is not None:
        return (span.line, lines[span.line - 1]) if span.line <= len(lines) else None
    return next(((number, line) for number, line in enumerate(lines, 1) if line.strip()), None)


def _show(line: str, span: Span) -> tuple[str, str]:
    """Return `line` as it is shown, and carets under what `span` covers of it (or nothing)."""
    start, end = _covered(line, span)
    first = max(0, start - _LINE_LIMIT // 2) if len(line) > _LINE_LIMIT else 0
    last = first + _LINE_LIMIT
    before = ("…" if first else "") + _expand(line[first:start])
    covered = _expand(line[start : min(end, last)], columns_of(before))
    after = _expand(line[end:last], columns_of(before + covered)) + (
        "…" if len(line) > last else ""
    )
    shown = (before + covered + after).rstrip()
    if span.line is None or span.column is None:
        return shown, ""
    return shown, " " * columns_of(before) + "^" * max(1, columns_of(covered))


def _covered(line: str, span: Span) -> tuple[int, int]:
    """Return from where to where, from 0, `span` covers `line`."""
    if span.line is None or span.column is None:
        return 0, 0
    start = min(span.column - 1, len(line))
    if span.end_line not in {None, span.line}:
        return start, len(line.rstrip())
    return start, max(start, min((span.end_column or span.column + 1) - 1, len(line)))


def _expand(text: str, column: int = 0) -> str:
    """Return `text` as it is shown from `column` on: tabs as spaces, control characters visible."""
    shown = []
    for character in text:
        piece = printable(character)
        if character == "\t":
            piece = " " * (_TAB_WIDTH - column % _TAB_WIDTH)
        column += columns_of(piece)
        shown.append(piece)
    return "".join(shown)


def columns_of(text: str) -> int:
    """Return how many columns of a terminal `text` takes."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in _ZERO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1
