"""`nb2pipe export`."""

from pathlib import Path

import click

from nb2pipe.api import cannot_write, check_output
from nb2pipe.cli.output import failing_on_errors, say
from nb2pipe.engine.export import export_variable, format_names
from nb2pipe.engine.history import find_run


@click.command(
    short_help="Write a stored variable as Parquet, Arrow or NumPy file.",
    epilog="""\b
Examples:
  nb2pipe export last load df -o df.parquet
  nb2pipe export 4aaf train weights -o weights.npy
  nb2pipe export last load df -o data.bin --format arrow""",
)
@click.argument("run")
@click.argument("step")
@click.argument("variable")
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    required=True,
    type=click.Path(path_type=Path),
    help="The file to write.",
)
@click.option(
    "--format", "form", metavar="NAME", help="The format.  [default: as the file is called]"
)
@click.option(
    "--inexact", is_flag=True, help="Write it also when the format cannot hold all of it."
)
def command(
    *, run: str, step: str, variable: str, output: Path, form: str | None, inexact: bool
) -> None:
    """Write a variable as STEP of a past run has stored it, in a format that other programs read.

    RUN is named as in `nb2pipe show`. What is written is read back and compared: types, labels, order and
    every bit. If anything differs, nothing is written, unless --inexact is given.
    """
    form = form or output.suffix.removeprefix(".")
    if not form:
        known = ", ".join(format_names())
        raise click.UsageError(f"name a format with --format, or with the file's name: {known}")
    with failing_on_errors({}):
        found = find_run(run, Path())
        check_output(output, notebook=found.notebook)
        try:
            lost = export_variable(found, step, variable, path=output, form=form, inexact=inexact)
        except OSError as error:
            raise cannot_write(output, error.strerror or str(error), found.notebook) from error
    say(f"wrote {output}" + (f"; not as it was: {lost}" if lost else ""), "title")
