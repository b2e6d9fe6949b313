"""`nb2pipe check`."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from nb2pipe import __version__
from nb2pipe.cli.output import say, show_diagnostics, sources_of, stop_if_failed
from nb2pipe.cli.search import find_notebooks
from nb2pipe.compiler import compile_pipeline
from nb2pipe.diagnostics import Diagnostic
from nb2pipe.frontend import Settings
from nb2pipe.reporting.text import Sources

_FORMATS = ("text", "json", "github", "sarif")


@click.command(
    short_help="Say what is wrong in notebooks, without writing anything.",
    epilog="""\b
Examples:
  nb2pipe check train.ipynb
  nb2pipe check --strict notebooks/
  nb2pipe check --format github '**/*.ipynb'

A comment `# nb2pipe: ignore[NB209]` in a cell, or `ignore` in the settings, ignores a diagnostic.""",
)
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path())
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="How to print what is found: for people, to standard error, or for programs.",
)
@click.option("--strict", is_flag=True, help="Fail on warnings, too.")
def command(*, paths: tuple[str, ...], form: str, strict: bool) -> None:
    """Say what is wrong in notebooks. Nothing is executed and nothing is written.

    A PATH is a notebook, a folder (all notebooks in it and below) or a pattern.
    """
    notebooks = find_notebooks(paths)
    compilations = [compile_pipeline(path, Settings()) for path in notebooks]
    # Several notebooks may share settings that are wrong.
    found = list(dict.fromkeys(item for one in compilations for item in one.diagnostics))
    sources = sources_of(*compilations)
    if form == "text":
        show_diagnostics(found, sources)
        if not found and sys.stderr.isatty():
            say(f"{_count(notebooks)}: fine", "title")
    else:
        click.echo(_render(form, notebooks, found, sources), nl=form != "github" or bool(found))
    stop_if_failed(found, strict=strict)


def _count(notebooks: Sequence[Path]) -> str:
    return str(notebooks[0]) if len(notebooks) == 1 else f"{len(notebooks)} notebooks"


def _render(
    form: str, notebooks: Sequence[Path], found: Sequence[Diagnostic], sources: Sources
) -> str:
    from nb2pipe.reporting.locations import Locations  # noqa: PLC0415 -- not for text

    locations = Locations(_root(Path.cwd()), sources, _read)
    if form == "github":
        from nb2pipe.reporting.github import render_github  # noqa: PLC0415 -- one of many

        return render_github(found, locations)
    if form == "sarif":
        from nb2pipe.reporting.sarif import render_sarif  # noqa: PLC0415 -- one of many

        return render_sarif(found, locations, __version__)
    from nb2pipe.reporting.json import render_json  # noqa: PLC0415 -- one of many

    return render_json([str(path) for path in notebooks], found, locations)


def _root(folder: Path) -> Path:
    """Return the repository that `folder` is in, or else the folder itself."""
    for parent in (folder, *folder.parents):
        if os.path.lexists(parent / ".git"):  # a file in a worktree
            return parent
    return folder


def _read(path: str) -> str | None:
    try:
        return Path(path).read_text(encoding="utf-8-sig")
    except (OSError, ValueError):
        return None
