"""`nb2pipe report`."""

from pathlib import Path

import click

from nb2pipe.api import report_page, write_output
from nb2pipe.cli.output import failing_on_errors, say
from nb2pipe.engine.history import find_run


@click.command(
    short_help="Write a run as one HTML page.",
    epilog="""\b
Examples:
  nb2pipe report last
  nb2pipe report 4aaf -o train.html""",
)
@click.argument("run")
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    default="report.html",
    show_default=True,
    type=click.Path(path_type=Path),
    help="The page to write.",
)
def command(*, run: str, output: Path) -> None:
    """Write a run as one HTML page: its steps, their times and logs, and the executed notebook.

    RUN is named as in `nb2pipe show`. The page holds everything, loads nothing and runs no scripts, so it
    can be sent to somebody.
    """
    with failing_on_errors({}):
        found = find_run(run, Path())
        page = report_page(found)
        write_output(output, page, notebook=found.notebook)
    say(f"wrote {output}", "title")
