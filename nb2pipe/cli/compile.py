"""`nb2pipe compile`."""

import shlex
from pathlib import Path

import click
from click.shell_completion import CompletionItem

from nb2pipe.api import CompiledNotebook, emit, overrides, write
from nb2pipe.cli.output import (
    failing_on_errors,
    say,
    show_diagnostics,
    sources_of,
    stop_if_failed,
)
from nb2pipe.compiler import compile_pipeline

_SUBMIT = {"kfp": "kfp run create --experiment-name {experiment} --package-file {file}"}


def _complete_target(
    _ctx: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from nb2pipe.backends.registry import backend_names  # noqa: PLC0415 -- only for completion

    return [CompletionItem(name) for name in backend_names() if name.startswith(incomplete)]


@click.command(
    short_help="Compile a notebook to a pipeline.",
    epilog="""\b
Examples:
  nb2pipe compile train.ipynb
  nb2pipe compile train.ipynb --image registry.example/train:1 --strict
  nb2pipe compile train.ipynb --to json -o - | less""",
)
@click.argument("notebook", type=click.Path())
@click.option(
    "-o",
    "--output",
    metavar="PATH",
    type=click.Path(allow_dash=True),
    help="Where to write: a file, a folder, or - for standard output."
    "  [default: NOTEBOOK.pipeline.yaml beside the notebook]",
)
@click.option(
    "--to",
    "target",
    metavar="TARGET",
    default="kfp",
    show_default=True,
    shell_complete=_complete_target,
    help="The kind of pipeline: kfp (Kubeflow Pipelines), json, or another that is installed.",
)
@click.option("--image", metavar="REF", help="The container image of steps that name none.")
@click.option("--name", help="The name of the pipeline.")
@click.option("--strict", is_flag=True, help="Write nothing when there are warnings.")
def command(
    *,
    notebook: str,
    output: str | None,
    target: str,
    image: str | None,
    name: str | None,
    strict: bool,
) -> None:
    """Compile a notebook to a pipeline. Nothing is executed, no cluster is asked."""
    path = Path(notebook)
    with failing_on_errors({}):
        settings = overrides(path, image=image, name=name)
    compilation = compile_pipeline(path, settings)
    with failing_on_errors(sources_of(compilation)):
        compiled = emit(compilation, target)
        show_diagnostics(compiled.diagnostics, sources_of(compilation))
        stop_if_failed(compiled.diagnostics, strict=strict)
        if output == "-":
            _print(compiled)
        else:
            compiled = write(compiled, path, path.parent if output is None else Path(output))
    _say_what_was_written(compiled, target)


def _print(compiled: CompiledNotebook) -> None:
    if len(compiled.files) > 1:
        names = ", ".join(compiled.files)
        raise click.UsageError(f"several files cannot go to standard output: {names}")
    click.echo("".join(compiled.files.values()), nl=False)


def _say_what_was_written(compiled: CompiledNotebook, target: str) -> None:
    pipeline = compiled.pipeline
    written = ", ".join(map(str, compiled.written)) or "the pipeline to standard output"
    say(
        f"wrote {written}: {_count(len(pipeline.steps), 'step')},"
        f" {_count(len(pipeline.edges), 'edge')}",
        "title",
    )
    if compiled.written and target in _SUBMIT:
        experiment = pipeline.experiment or pipeline.name
        say(
            "submit it with: "
            + _SUBMIT[target].format(
                experiment=shlex.quote(experiment), file=shlex.quote(str(compiled.written[0]))
            )
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
