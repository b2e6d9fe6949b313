"""`nb2pipe suggest`."""

import json
from pathlib import Path
from typing import Any

import click

from nb2pipe.api import cannot_write
from nb2pipe.cli.output import failing_on_errors, say, show_diagnostics, stop_if_failed
from nb2pipe.engine.durations import cell_seconds
from nb2pipe.engine.folder import write_text
from nb2pipe.frontend import read_notebook
from nb2pipe.reporting.quantities import duration_text
from nb2pipe.suggest import SuggestedStep, Suggestion, apply_suggestion, suggest_steps


@click.command(
    short_help="Suggest steps for a notebook.",
    epilog="""\b
Examples:
  nb2pipe suggest train.ipynb
  nb2pipe suggest train.ipynb --write
  nb2pipe suggest train.ipynb --format json | jq '.steps[].name'""",
)
@click.argument("notebook", type=click.Path())
@click.option("--write", is_flag=True, help="Put the tags into the notebook.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="A list, or data for programs.",
)
def command(*, notebook: str, write: bool, form: str) -> None:
    """Suggest steps for a notebook, by its headings and by what flows between its cells.

    When a run of the notebook is kept, the steps are made to take about as long as each other. Steps that
    the notebook names already count for nothing; with --write they are replaced. Nothing is executed.
    """
    path = Path(notebook)
    read, diagnostics = read_notebook(path)
    show_diagnostics([item for item in diagnostics if item.is_error], {})
    stop_if_failed(diagnostics)
    assert read is not None  # noqa: S101 -- there are no errors
    suggestion = suggest_steps(read.document, path, cell_seconds(path))
    if form == "json":
        click.echo(json.dumps(suggestion.to_json(), ensure_ascii=False, indent=2))
    else:
        click.echo("".join(f"{_line(step)}\n" for step in suggestion.steps), nl=False)
    if write:
        with failing_on_errors({}):
            _write(path, suggestion)
        say(f"wrote the tags of {len(suggestion.tags)} cells into {path}", "title")


def _line(step: SuggestedStep) -> str:
    first, last = step.cells[0], step.cells[-1]
    place = f"cell {first}" if first == last else f"cells {first}-{last}"
    time = "" if step.seconds is None else f", {duration_text(step.seconds)}"
    needs = f"; needs {', '.join(step.variables)}" if step.variables else ""
    return f"step:{step.name}  ({place}{time})  {step.reason}{needs}"


def _write(path: Path, suggestion: Suggestion) -> None:
    """Change only the tags in the notebook's file.

    Raises:
        CompileError: NB507, it cannot be written.
    """
    text = path.read_text(encoding="utf-8-sig")
    document: Any = None
    if path.suffix == ".ipynb":
        document = json.loads(text)
    if document is None or document.get("nbformat") != 4:  # noqa: PLR2004 -- the format that has tags
        raise cannot_write(path, "it is no notebook of format 4", path)
    changed = json.dumps(
        apply_suggestion(document, suggestion.tags), indent=_indent(text), ensure_ascii=False
    )
    try:
        write_text(path.resolve(), changed + "\n" * text.endswith("\n"))
    except OSError as error:
        raise cannot_write(path, error.strerror or str(error), path) from error


def _indent(text: str) -> int:
    """Return how far the file indents, so that nothing else in it changes."""
    second = text.split("\n", 2)[1:2]
    return len(second[0]) - len(second[0].lstrip(" ")) if second else 1
