"""`nb2pipe explain`."""

import difflib
import sys

import click

from nb2pipe.diagnostics import Code
from nb2pipe.diagnostics.pages import all_pages, page


@click.command(
    short_help="Explain a diagnostic code, such as NB203.",
    epilog="""\b
Examples:
  nb2pipe explain NB203
  nb2pipe explain
  nb2pipe explain --all > diagnostics.md""",
)
@click.argument("code", required=False)
@click.option("--all", "everything", is_flag=True, help="Print the pages of all codes.")
def command(*, code: str | None, everything: bool) -> None:
    """Explain a diagnostic CODE, or list all codes."""
    if everything:
        _print(all_pages())
    elif code is None:
        for known in Code:
            click.echo(f"{known.number}  {known.severity.value:<7}  {known.title}")
    else:
        _print(page(_code(code)))


def _code(number: str) -> Code:
    try:
        return Code.of(number)
    except KeyError:
        numbers = [known.number for known in Code]
        close = difflib.get_close_matches(number.upper(), numbers, n=1)
        hint = f"did you mean `{close[0]}`?" if close else "`nb2pipe explain` lists all"
        raise click.UsageError(f"there is no code `{number}` ({hint})") from None


def _print(text: str) -> None:
    """Print Markdown: laid out on a terminal, as it is elsewhere."""
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.markdown import Markdown

        Console().print(Markdown(text))
    else:
        click.echo(text, nl=False)
