"""`nb2pipe run`."""

import sys
from pathlib import Path

import click

from nb2pipe.api import run_compiled
from nb2pipe.cli import ExitCode
from nb2pipe.cli.output import (
    failing_on_errors,
    say,
    show_diagnostics,
    sources_of,
    stop_if_failed,
)
from nb2pipe.compiler import compile_pipeline
from nb2pipe.engine import RunOptions, RunStatus, parse_parameters, progress_observer
from nb2pipe.frontend import Settings

_EXIT_CODES = {
    RunStatus.SUCCEEDED: ExitCode.FINE,
    RunStatus.FAILED: ExitCode.FAILED,
    RunStatus.INTERRUPTED: ExitCode.INTERRUPTED,
}


@click.command(
    short_help="Run a notebook as a pipeline, on this machine.",
    epilog="""\b
Examples:
  nb2pipe run train.ipynb
  nb2pipe run train.ipynb -o executed.ipynb
  nb2pipe run train.ipynb -p epochs=5 -p 'layers=[64, 32]' --workers 2
  nb2pipe run train.ipynb --store s3://team/nb2pipe""",
)
@click.argument("notebook", type=click.Path())
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    type=click.Path(),
    help="Where to write the executed notebook.  [default: in the folder of the run]",
)
@click.option(
    "-p",
    "--parameter",
    "assignments",
    metavar="NAME=VALUE",
    multiple=True,
    help="Give a pipeline parameter another value than its default; may be repeated.",
)
@click.option(
    "--workers",
    metavar="N",
    type=click.IntRange(min=1),
    help="How many steps may run side by side.  [default: the number of processors]",
)
@click.option(
    "--python",
    metavar="PATH",
    default=sys.executable,
    help="The Python that runs the steps.  [default: the one that runs nb2pipe]",
)
@click.option("--logs", is_flag=True, help="Show what the steps print while they run.")
@click.option(
    "--isolated",
    is_flag=True,
    help="Start every step in a fresh interpreter, as containers do; slower.",
)
@click.option(
    "--paranoid", is_flag=True, help="Load every value again as soon as it is stored, and compare."
)
@click.option(
    "--from",
    "start",
    metavar="STEP",
    help="Run this step again, and all that come after it.",
)
@click.option(
    "--only",
    metavar="STEP",
    help="Run this step again, and before it only what has no stored results.",
)
@click.option(
    "--store",
    metavar="URL",
    help="Take results from a store that others share, and put them there; empty for none."
    "  [default: the setting `store`]",
)
@click.option("--no-cache", is_flag=True, help="Run every step again, whatever was stored.")
@click.option("--explain", is_flag=True, help="Say why each step runs, or need not.")
@click.option("--strict", is_flag=True, help="Run nothing when there are warnings.")
def command(  # noqa: PLR0913 -- the options
    *,
    notebook: str,
    output: str | None,
    assignments: tuple[str, ...],
    workers: int | None,
    python: str,
    logs: bool,
    isolated: bool,
    paranoid: bool,
    start: str | None,
    only: str | None,
    store: str | None,
    no_cache: bool,
    explain: bool,
    strict: bool,
) -> None:
    """Run a notebook as a pipeline, on this machine: every step in a process of its own.

    A step whose code, inputs, parameters, environment and files are as they were in an earlier run is not
    run again: its results and what it displayed come back.

    The run's files (the executed notebook, logs, stored variables) are kept in the folder
    .nb2pipe/runs beside the notebook.
    """
    path = Path(notebook)
    compilation = compile_pipeline(path, Settings())
    sources = sources_of(compilation)
    show_diagnostics(compilation.diagnostics, sources)
    stop_if_failed(compilation.diagnostics, strict=strict)
    assert compilation.pipeline is not None  # noqa: S101 -- there are no errors
    values, problems = parse_parameters(compilation.pipeline, assignments)
    show_diagnostics(problems, sources)
    stop_if_failed(problems)
    with failing_on_errors(sources):
        result = run_compiled(
            compilation,
            path,
            values=values,
            output=None if output is None else Path(output),
            options=RunOptions(
                workers=workers,
                python=python,
                isolated=isolated,
                paranoid=paranoid,
                reuse=not no_cache,
                store=store,
                start=start,
                only=only,
            ),
            observer=progress_observer(sys.stderr, logs=logs, reasons=explain),
        )
    written = Path(output) if output is not None else result.folder / "executed.ipynb"
    if written.exists():
        say(f"the executed notebook is {written}", "title")
    raise click.exceptions.Exit(_EXIT_CODES[result.status])
