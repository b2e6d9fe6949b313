"""`nb2pipe runs`."""

import json
from pathlib import Path

import click

from nb2pipe.cli.output import failing_on_errors, print_tables, say
from nb2pipe.cli.places import kept_runs
from nb2pipe.reporting.run_tables import runs_table


@click.command(
    short_help="List the runs that are kept.",
    epilog="""\b
Examples:
  nb2pipe runs
  nb2pipe runs train.ipynb
  nb2pipe runs notebooks/ --format json | jq '.[].status'""",
)
@click.argument("place", metavar="[NOTEBOOK|FOLDER]", default=".", type=click.Path())
@click.option(
    "--format",
    "form",
    type=click.Choice(("text", "json")),
    default="text",
    show_default=True,
    help="A table, or data for programs.",
)
def command(*, place: str, form: str) -> None:
    """List the runs that are kept beside the notebook, or in the folder, the newest first.

    A run that is "running or killed" has not told how it ended.
    """
    with failing_on_errors({}):
        _, runs = kept_runs(Path(place))
    documents = [run.to_json() for run in runs]
    if form == "json":
        click.echo(json.dumps(documents, ensure_ascii=False, indent=2))
    elif documents:
        print_tables(runs_table(documents))
    else:
        say(f"no runs are kept for `{place}`; `nb2pipe run NOTEBOOK` makes one")
