"""The command line.

Exit codes are those of `ExitCode`. What a command yields goes to standard output, everything else
(diagnostics, progress, what was written) to standard error.
"""

import difflib
import importlib
import os
import sys
import traceback
from enum import IntEnum

import click

from nb2pipe import __version__

# Loaded only when they are asked for: each needs other libraries. The text is what `--help` shows.
_COMMANDS = {
    "check": "Say what is wrong in notebooks, without writing anything.",
    "clean": "Remove old runs.",
    "compile": "Compile a notebook to a pipeline.",
    "debug": "Write a notebook that stands where a step failed.",
    "explain": "Explain a diagnostic code, such as NB203.",
    "export": "Write a stored variable as Parquet, Arrow or NumPy file.",
    "graph": "Show the steps of a notebook and what flows between them.",
    "report": "Write a run as one HTML page.",
    "run": "Run a notebook as a pipeline, on this machine.",
    "runs": "List the runs that are kept.",
    "show": "Show what became of a run, or of one of its steps.",
    "suggest": "Suggest steps for a notebook.",
    "verify": "Compare a notebook's pipelines with the notebook, by running both.",
}


class ExitCode(IntEnum):
    """What the exit code of every command means; click itself gives USAGE for wrong usage."""

    FINE = 0
    FAILED = 1  # a diagnostic that stops (with --strict a warning, too), or a step that failed
    USAGE = 2
    BUG = 3  # nb2pipe's own fault
    INTERRUPTED = 130  # Ctrl-C, as in a shell
    BROKEN_PIPE = 141  # the reader of the output went away, as in a shell


class _Commands(click.Group):
    """The commands, each imported when it is used, and the last resort for what they raise."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        if cmd_name not in _COMMANDS:
            return None
        module = importlib.import_module(f"nb2pipe.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in _COMMANDS and not name.startswith("-"):
            close = difflib.get_close_matches(name, _COMMANDS, n=1)
            hint = f"did you mean `{close[0]}`?" if close else f"commands: {', '.join(_COMMANDS)}"
            ctx.fail(f"there is no command `{name}` ({hint})")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, click.Abort, EOFError):
            raise
        except KeyboardInterrupt:
            ctx.exit(ExitCode.INTERRUPTED)
        except BrokenPipeError:
            # What Python flushes at its end must not meet the closed pipe again.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            ctx.exit(ExitCode.BROKEN_PIPE)
        except Exception as error:  # noqa: BLE001 -- the last resort
            _report_bug(error, debug=ctx.params["debug"])
            ctx.exit(ExitCode.BUG)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  nb2pipe check train.ipynb
  nb2pipe compile train.ipynb
  nb2pipe run train.ipynb -p epochs=5 -o executed.ipynb

\b
Completion in bash (zsh and fish likewise), in ~/.bashrc:
  eval "$(_NB2PIPE_COMPLETE=bash_source nb2pipe)"

\b
Exit codes: 0 fine, 1 errors in the notebook or a failed step, 2 wrong usage,
3 a bug in nb2pipe.""",
)
@click.version_option(__version__, prog_name="nb2pipe")
@click.option(
    "--debug", is_flag=True, envvar="NB2PIPE_DEBUG", help="Show the traceback of a bug in nb2pipe."
)
def root(debug: bool) -> None:  # noqa: FBT001 -- click's way
    """Turn a tagged Jupyter notebook into a pipeline that gives the same results."""
    del debug


def main() -> None:
    """Run the command line with the arguments of this process."""
    for stream in (sys.stdout, sys.stderr):
        # Drawings and names may hold what the terminal's encoding has not.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    root(prog_name="nb2pipe")


def _report_bug(error: Exception, *, debug: bool) -> None:
    if debug:
        traceback.print_exception(error)
    click.echo(f"nb2pipe: internal error: {type(error).__name__}: {error}", err=True)
    click.echo("This is a bug in nb2pipe, not in your notebook. Please report it with", err=True)
    click.echo(
        f"  * nb2pipe {__version__}, Python {sys.version.split()[0]}, {sys.platform}", err=True
    )
    click.echo("  * the command, and the notebook if you may share it", err=True)
    if not debug:
        click.echo("  * what `nb2pipe --debug …` prints for the same command", err=True)
