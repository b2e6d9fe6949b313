"""Diagnostics as GitHub's workflow commands, which become annotations of the changed files."""

from collections.abc import Iterable

from nb2pipe.diagnostics import Diagnostic, Severity
from nb2pipe.reporting.locations import Locations
from nb2pipe.reporting.text import printable, sort_by_place

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "notice"}
_IN_TEXT = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_IN_PROPERTIES = {**_IN_TEXT, **str.maketrans({":": "%3A", ",": "%2C"})}


def render_github(diagnostics: Iterable[Diagnostic], locations: Locations) -> str:
    """Return a workflow command for each diagnostic, a line each, sorted by place."""
    return "\n".join(_command(diagnostic, locations) for diagnostic in sort_by_place(diagnostics))


def _command(diagnostic: Diagnostic, locations: Locations) -> str:
    region = locations.region(diagnostic.span)
    properties = {
        "title": f"{diagnostic.code.number}: {diagnostic.code.title}",
        "file": locations.path(diagnostic.span.notebook),
        "line": region.line,
        "endLine": region.end_line,
    }
    if region.end_line == region.line:  # GitHub knows columns only within one line
        properties |= {"col": region.column, "endColumn": region.end_column}
    written = ",".join(
        f"{key}={str(value).translate(_IN_PROPERTIES)}"
        for key, value in properties.items()
        if value is not None
    )
    # The log shows the text alone, without the file.
    text = f"{diagnostic.span.notebook}: {describe(diagnostic)}"
    if diagnostic.hint:
        text += f"\nhelp: {diagnostic.hint}"
    return f"::{_COMMANDS[diagnostic.severity]} {written}::{printable(text).translate(_IN_TEXT)}"


def describe(diagnostic: Diagnostic) -> str:
    """Return the message with cell and line, which the place in the file does not show."""
    span = diagnostic.span
    place = "" if span.cell is None else f"cell {span.cell}: "
    if span.cell is not None and span.line is not None:
        place = f"cell {span.cell}, line {span.line}: "
    return f"{place}{diagnostic.message}"
