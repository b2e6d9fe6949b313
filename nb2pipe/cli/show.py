"""`nb2pipe show`."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from nb2pipe.cli.output import failing_on_errors, print_tables, style_for
from nb2pipe.diagnostics import CompileError, Diagnostic, diagnostic_from_json
from nb2pipe.engine.history import PastRun, find_run
from nb2pipe.engine.past_step import step_document
from nb2pipe.reporting import run_text
from nb2pipe.reporting.run_tables import artifacts_table, steps_table
from nb2pipe.reporting.text import Sources, Style, render_diagnostics

_LOG_LINES = 20


@click.command(
    short_help="Show what became of a run, or of one of its steps.",
    epilog="""\b
Examples:
  nb2pipe show last
  nb2pipe show last train
  nb2pipe show 4aaf --format json | jq '.steps[].peak'""",
)
@click.argument("run")
@click.argument("step", required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="For people, or data for programs.",
)
def command(*, run: str, step: str | None, form: str) -> None:
    """Show what became of a run: where it came from, its steps, and what went wrong.

    RUN is an id, a part of one that no other has, "last", or the path of a run's folder. With a STEP:
    its cells with their outputs, its error, the end of its log and what it stored.
    """
    with failing_on_errors({}):
        found = find_run(run, Path())
        document = step_document(found, step, lines=_LOG_LINES) if step else found.to_json()
    if form == "json":
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    elif step:
        _show_step(found, document)
    else:
        _show_run(found, document)


def _show_run(run: PastRun, document: dict[str, Any]) -> None:
    style = style_for(err=False)
    click.echo(run_text.run_heading(document, style) + "\n", color=True)
    print_tables(steps_table(document))
    if problems := _render_problems(run, document, style):
        click.echo("\n" + problems, color=True)


def _show_step(run: PastRun, step: dict[str, Any]) -> None:
    style = style_for(err=False)
    parts = (
        run_text.step_heading(step, style),
        run_text.cells_text(step, style),
        _render_problems(run, step, style) or run_text.error_text(step, style),
        run_text.log_text(step, style),
    )
    click.echo("\n\n".join(filter(None, parts)), color=True)
    if step["artifacts"]:
        click.echo()
        print_tables(artifacts_table(step))


def _render_problems(run: PastRun, document: dict[str, Any], style: Style) -> str:
    """Return the diagnostics of a run or a step as text; empty for none."""
    return render_diagnostics(_diagnostics(document), _sources(run), style).rstrip("\n")


def _diagnostics(document: dict[str, Any]) -> Iterator[Diagnostic]:
    for item in document["diagnostics"]:
        # A code of another version of nb2pipe is not worth failing for.
        with contextlib.suppress(KeyError, ValueError):
            yield diagnostic_from_json(item)


def _sources(run: PastRun) -> Sources:
    try:
        cells = run.pipeline().cells
    except CompileError:
        return {}
    return {(cell.notebook, cell.number): cell.source for cell in cells}
