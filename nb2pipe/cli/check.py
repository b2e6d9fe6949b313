"""`nb2pipe check`."""

from pathlib import Path

import click

from nb2pipe.cli.output import say, show_diagnostics, sources_of, stop_if_failed
from nb2pipe.compiler import compile_pipeline
from nb2pipe.frontend import Settings


@click.command(
    short_help="Say what is wrong in notebooks, without writing anything.",
    epilog="""\b
Examples:
  nb2pipe check train.ipynb
  nb2pipe check --strict notebooks/*.ipynb
  nb2pipe check --format json train.ipynb""",
)
@click.argument("notebooks", metavar="NOTEBOOK...", nargs=-1, required=True, type=click.Path())
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print what is found: for people, to standard error, or for programs.",
)
@click.option("--strict", is_flag=True, help="Fail on warnings, too.")
def command(*, notebooks: tuple[str, ...], form: str, strict: bool) -> None:
    """Say what is wrong in notebooks. Nothing is executed and nothing is written."""
    compilations = [compile_pipeline(Path(path), Settings()) for path in notebooks]
    found = [item for compilation in compilations for item in compilation.diagnostics]
    if form == "json":
        from nb2pipe.reporting.json import render_json  # noqa: PLC0415 -- one of two

        click.echo(render_json(notebooks, found))
    else:
        show_diagnostics(found, sources_of(*compilations))
        for path, compilation in zip(notebooks, compilations, strict=True):
            if compilation.pipeline and not compilation.diagnostics:
                steps = len(compilation.pipeline.steps)
                say(f"{path}: fine, {steps} step{'' if steps == 1 else 's'}")
    stop_if_failed(found, strict=strict)
