"""`nb2pipe debug`."""

import json
from pathlib import Path

import click

from nb2pipe.api import cannot_write, write_output
from nb2pipe.cli.output import failing_on_errors, say
from nb2pipe.engine.debug_notebook import debug_notebook, is_debug_notebook
from nb2pipe.engine.history import find_run


@click.command(
    short_help="Write a notebook that stands where a step failed.",
    epilog="""\b
Examples:
  nb2pipe debug last train
  nb2pipe debug 4aaf train -o why.ipynb""",
)
@click.argument("run")
@click.argument("step")
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    default="debug.ipynb",
    show_default=True,
    type=click.Path(path_type=Path),
    help="The notebook to write.",
)
def command(*, run: str, step: str, output: Path) -> None:
    """Write a notebook that has the variables of a step, and the cell that failed at its end.

    RUN is named as in `nb2pipe show`. The notebook's kernel needs nb2pipe; files that other steps
    handed on to this one are written again to where the notebook wrote them.
    """
    with failing_on_errors({}):
        found = find_run(run, Path())
        document = debug_notebook(found, step)
        if output.exists() and not is_debug_notebook(output):
            raise cannot_write(output, "it exists, and `nb2pipe debug` did not make it", output)
        text = json.dumps(document, indent=1, ensure_ascii=False) + "\n"
        write_output(output, text, notebook=found.notebook)
    say(f"wrote {output}: open it and run all cells", "title")
