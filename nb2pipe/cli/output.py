"""Where the commands' words go: diagnostics to standard error, in colour on a terminal."""

import contextlib
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import click

from nb2pipe.api import fails
from nb2pipe.cli import ExitCode
from nb2pipe.compiler import Compilation
from nb2pipe.diagnostics import CompileError, Diagnostic
from nb2pipe.reporting.text import Sources, Style, plain, printable, render_diagnostics, summarise

# Columns: what a table needs, and what it gets where nobody sees its width.
_NARROWEST, _ENDLESS = 110, 1000

_LOOKS: Mapping[str, dict[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "hint": {"fg": "cyan", "bold": True},
    "title": {"bold": True},
    "frame": {"fg": "blue"},
}


def style_for(*, err: bool) -> Style:
    """Return how text looks on standard output or error: plain unless a terminal wants colours."""
    stream = sys.stderr if err else sys.stdout
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not stream.isatty():
        return plain
    return lambda text, role: click.style(text, **_LOOKS[role])


def say(text: str, role: str | None = None) -> None:
    """Print a line for people, which is no output of the command."""
    style = style_for(err=True)
    click.echo(style(text, role) if role else text, err=True, color=True)


def show_diagnostics(diagnostics: Iterable[Diagnostic], sources: Sources) -> None:
    """Print diagnostics with their source lines, and how many there are."""
    listed = list(diagnostics)
    if not listed:
        return
    text = render_diagnostics(listed, sources, style_for(err=True))
    click.echo(text, err=True, color=True, nl=False)
    notebooks = list(dict.fromkeys(item.span.notebook for item in listed))
    place = printable(notebooks[0]) if len(notebooks) == 1 else f"{len(notebooks)} notebooks"
    say(f"{place}: {summarise(listed)}", "title")


def stop_if_failed(diagnostics: Iterable[Diagnostic], *, strict: bool = False) -> None:
    """End the command when a diagnostic stops it."""
    if any(fails(diagnostic, strict=strict) for diagnostic in diagnostics):
        raise click.exceptions.Exit(ExitCode.FAILED)


@contextlib.contextmanager
def failing_on_errors(sources: Sources) -> Iterator[None]:
    """End the command with the diagnostics of a `CompileError` that is raised inside."""
    try:
        yield
    except CompileError as error:
        show_diagnostics(error.diagnostics, sources)
        raise click.exceptions.Exit(ExitCode.FAILED) from error


def sources_of(*compilations: Compilation) -> Sources:
    """Return the source of each cell, for the lines that diagnostics show."""
    sources: dict[tuple[str, int], str] = {}
    for compilation in compilations:
        if compilation.notebook:
            for cell in compilation.notebook.cells:
                sources[compilation.notebook.path, cell.number] = cell.source
        if compilation.pipeline:  # knows the included notebooks, too
            for code in compilation.pipeline.cells:
                sources[code.notebook, code.number] = code.source
    return sources


def print_tables(*renderables: object) -> None:
    """Print what rich renders to standard output, and let narrow terminals break the lines."""
    from rich.console import Console

    console = Console(highlight=False, emoji=False)
    console.width = max(console.width, _NARROWEST) if sys.stdout.isatty() else _ENDLESS
    for renderable in renderables:
        console.print(renderable, soft_wrap=isinstance(renderable, str))
