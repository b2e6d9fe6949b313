"""`nb2pipe verify`."""

import json
import sys
from pathlib import Path

import click

from nb2pipe.cli import ExitCode
from nb2pipe.cli.output import say, show_diagnostics
from nb2pipe.verify import Options, RunStatus, SplitReport, verify_notebook
from nb2pipe.verify.text import difference_text, report_line, summary_text

_ROLES = {
    RunStatus.EQUAL: None,
    RunStatus.REFUSED: "warning",
    RunStatus.FAILED: "error",
    RunStatus.DIFFERENT: "error",
}


@click.command(
    short_help="Compare a notebook's pipelines with the notebook, by running both.",
    epilog="""\b
Examples:
  nb2pipe verify train.ipynb
  nb2pipe verify train.ipynb --splits 20 --seed 7
  nb2pipe verify train.ipynb --seed 7 --only 13 --shrink

Every run works in a fresh copy of the notebook's folder. The exit code is 0 when no split is
different, no step failed, and the notebook's own steps were not refused.""",
)
@click.argument("notebook", type=click.Path())
@click.option(
    "--splits",
    metavar="N",
    type=click.IntRange(min=0),
    default=4,
    show_default=True,
    help="How many random splits into steps to try; every fifth deals the cells to interleaved steps.",
)
@click.option(
    "--seed", metavar="S", type=int, default=0, show_default=True, help="What they are drawn from."
)
@click.option(
    "--only",
    metavar="K",
    type=click.IntRange(min=0),
    help="Only split K of the seed; 0 is as tagged.",
)
@click.option(
    "--as-tagged",
    is_flag=True,
    help="Only the steps that the notebook's tags name, no random ones.",
)
@click.option(
    "--shrink", is_flag=True, help="Reduce a difference to the fewest cells that still show it."
)
@click.option(
    "--warm",
    is_flag=True,
    help="Fork the steps, as `nb2pipe run` does, instead of starting an interpreter for each.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print the result.",
)
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(min=1),
    help="How many runs may go on side by side.  [default: the number of processors]",
)
@click.option(
    "--python", metavar="PATH", default=sys.executable,
    help="The Python that runs the notebook and the steps.  [default: the one that runs nb2pipe]",
)  # fmt: skip
def command(  # noqa: PLR0913 -- the options
    *,
    notebook: str,
    splits: int,
    seed: int,
    only: int | None,
    as_tagged: bool,
    shrink: bool,
    warm: bool,
    form: str,
    jobs: int | None,
    python: str,
) -> None:
    """Run a notebook whole and as a pipeline, and compare what every cell shows and every variable is.

    The notebook runs whole twice; what differs between these two is set aside. Then it runs as a pipeline, with
    every step in a fresh process and folder: as it is tagged, and under random splits.
    """
    options = Options(
        splits=0 if as_tagged else splits,
        seed=seed,
        only=only,
        python=python,
        jobs=jobs,
        isolated=not warm,
    )
    result = verify_notebook(Path(notebook), options, heard=_tell)
    show_diagnostics(result.problems, {})
    for report in result.reports:
        if report.difference is not None:
            say(difference_text(report, result.numbers, notebook, seed))
    if shrink and (found := _different(result.reports)):
        from nb2pipe.verify.shrink import shrink_difference  # noqa: PLC0415 -- rarely asked for

        say(shrink_difference(Path(notebook), found, options, heard=say))
    if form == "json":
        click.echo(json.dumps(result.to_json(), indent=1))
    elif not result.problems:
        click.echo(summary_text(result))
    raise click.exceptions.Exit(ExitCode.FAILED if result.fails else ExitCode.FINE)


def _tell(report: SplitReport) -> None:
    say(report_line(report), _ROLES[report.status])


def _different(reports: tuple[SplitReport, ...]) -> SplitReport | None:
    return next((report for report in reports if report.difference is not None), None)
