"""`nb2pipe graph`."""

from pathlib import Path

import click

from nb2pipe.api import write_output
from nb2pipe.cli.output import (
    failing_on_errors,
    say,
    show_diagnostics,
    sources_of,
    stop_if_failed,
    style_for,
)
from nb2pipe.compiler import compile_pipeline
from nb2pipe.diagnostics import Code
from nb2pipe.frontend import Settings
from nb2pipe.ir import Pipeline

_FORMATS = ("text", "mermaid", "dot", "json", "svg")


@click.command(
    short_help="Show the steps of a notebook and what flows between them.",
    epilog="""\b
Examples:
  nb2pipe graph train.ipynb
  nb2pipe graph train.ipynb --format svg -o train.svg
  nb2pipe graph train.ipynb --format json | jq '.edges[].variables'""",
)
@click.argument("notebook", type=click.Path())
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMATS),
    default="text",
    show_default=True,
    help="A drawing in the terminal, a language for diagrams, data, or a picture.",
)
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    default="-",
    type=click.Path(allow_dash=True),
    help="The file to write.  [default: standard output]",
)
def command(*, notebook: str, form: str, output: str) -> None:
    """Show the steps of a notebook and the variables that flow between them.

    Edges that only caution makes are told with the statement behind them and the tag that ends them.
    """
    path = Path(notebook)
    compilation = compile_pipeline(path, Settings())
    errors = [item for item in compilation.diagnostics if item.is_error]
    avoidable = [i for i in compilation.diagnostics if i.code is Code.CAUTIOUS_EDGE]
    show_diagnostics([*errors, *avoidable], sources_of(compilation))
    stop_if_failed(errors)
    assert compilation.pipeline is not None  # noqa: S101 -- there are no errors
    text = _render(compilation.pipeline, form, coloured=output == "-")
    if output == "-":
        click.echo(text, nl=False, color=True)
        return
    with failing_on_errors(sources_of(compilation)):
        write_output(Path(output), text, notebook=path)
    say(f"wrote {output}", "title")


def _render(pipeline: Pipeline, form: str, *, coloured: bool) -> str:
    if form == "svg":
        from nb2pipe.reporting.graph_svg import graph_to_svg  # noqa: PLC0415 -- one of many

        return graph_to_svg(pipeline)
    if form == "text":
        from nb2pipe.reporting.graph_text import draw_graph  # noqa: PLC0415 -- one of many

        return draw_graph(pipeline, style_for(err=False)) if coloured else draw_graph(pipeline)
    from nb2pipe.reporting import graph_formats  # noqa: PLC0415 -- one of many

    renderers = {
        "mermaid": graph_formats.graph_to_mermaid,
        "dot": graph_formats.graph_to_dot,
        "json": graph_formats.graph_to_json,
    }
    return renderers[form](pipeline)
