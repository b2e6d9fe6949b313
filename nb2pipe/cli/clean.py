"""`nb2pipe clean`."""

import re
from datetime import timedelta
from pathlib import Path

import click

from nb2pipe.cli import ExitCode
from nb2pipe.cli.output import failing_on_errors, say, show_diagnostics
from nb2pipe.cli.places import kept_runs
from nb2pipe.engine.history import runs_folder
from nb2pipe.engine.removal import choose_runs, remove_runs
from nb2pipe.frontend.values import WrongValueError, duration
from nb2pipe.reporting.quantities import size_text

_KEPT = 10
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?", re.IGNORECASE)
_POWERS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}


class _Duration(click.ParamType):  # type: ignore[type-arg] # generic in newer versions only
    name = "duration"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> object:
        try:
            return timedelta(seconds=duration(value))
        except (WrongValueError, OverflowError):
            self.fail(f"`{value}` is no duration: write it as in `90s`, `2h` or `7d`", param, ctx)


class _Size(click.ParamType):  # type: ignore[type-arg] # as above
    name = "size"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> object:
        match = _SIZE.fullmatch(value.strip())
        if match is None:
            self.fail(f"`{value}` is no size: write it as in `500MB` or `2GB`", param, ctx)
        base = 1024 if match[3] else 1000
        return int(float(match[1]) * base ** _POWERS[match[2].lower()])


@click.command(
    short_help="Remove old runs.",
    epilog="""\b
Examples:
  nb2pipe clean --dry-run
  nb2pipe clean train.ipynb --keep 3
  nb2pipe clean --older-than 7d --larger-than 2GB""",
)
@click.argument("place", metavar="[NOTEBOOK|FOLDER]", default=".", type=click.Path())
@click.option(
    "--keep",
    metavar="N",
    type=click.IntRange(min=0),
    help=f"The newest N stay.  [default: {_KEPT} when no other option is given]",
)
@click.option("--older-than", metavar="TIME", type=_Duration(), help="Only those older, as in 7d.")
@click.option("--larger-than", metavar="SIZE", type=_Size(), help="Only those larger, as in 2GB.")
@click.option("--dry-run", is_flag=True, help="Only say what would be removed.")
def command(
    *,
    place: str,
    keep: int | None,
    older_than: timedelta | None,
    larger_than: int | None,
    dry_run: bool,
) -> None:
    """Remove old runs and what they stored; one that may still be running stays.

    A run is removed when all the options that are given allow it. Without any, all but the newest
    10 are removed.
    """
    with failing_on_errors({}):
        directory, runs = kept_runs(Path(place))
    if keep is None:
        keep = _KEPT if older_than is None and larger_than is None else 0
    chosen = choose_runs(
        runs,
        keep=keep,
        older_than=timedelta(0) if older_than is None else older_than,
        larger_than=-1 if larger_than is None else larger_than,
    )
    removal = remove_runs(runs_folder(directory).parent, chosen, dry_run=dry_run)
    for run in removal.runs:
        click.echo(run.id)
    show_diagnostics(removal.problems, {})
    count = f"{len(removal.runs)} of {len(runs)} runs"
    size = size_text(removal.bytes) or "0 B"
    say(
        f"would remove {count} and free {size}" if dry_run else f"removed {count}, freed {size}",
        "title",
    )
    if removal.problems:
        raise click.exceptions.Exit(ExitCode.FAILED)
