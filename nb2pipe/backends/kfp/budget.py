"""What Kubeflow has no room for, and what it would change."""

import json
from collections.abc import Iterator

from nb2pipe.backends.base import notebook_span
from nb2pipe.backends.kfp.document import expanded_size
from nb2pipe.backends.kfp.values import has_template, inexact_numbers
from nb2pipe.diagnostics import Code, Diagnostic, Span
from nb2pipe.ir import Parameter, Pipeline

SPEC_BYTES = 256 * 1024
"""A workflow much larger than this does not start (kubeflow/pipelines#10968)."""

PARAMETER_CHARACTERS = 10_000
"""A parameter's value may not be longer (kubeflow/pipelines#12510)."""


def spec_size(text: str) -> int:
    """Return the bytes of a compiled file as Kubeflow counts them: with what is shared repeated."""
    return expanded_size(text)


def is_too_large(text: str) -> bool:
    """Whether a compiled file is over the budget."""
    return spec_size(text) > SPEC_BYTES


def check_size(text: str, pipeline: Pipeline) -> tuple[Diagnostic, ...]:
    """Return an NB401 when the compiled file `text` is over the budget."""
    if not is_too_large(text):
        return ()
    return (
        Diagnostic(
            code=Code.SPEC_TOO_LARGE,
            span=notebook_span(pipeline),
            message=f"the compiled pipeline has {spec_size(text) // 1024} KiB in {len(pipeline.steps)} steps, "
            f"Kubeflow starts no workflow much larger than {SPEC_BYTES // 1024} KiB",
            hint="use fewer steps, above all of those that wait for no other: each of these carries "
            "its own copy of the runtime",
        ),
    )


def check_parameters(pipeline: Pipeline) -> tuple[Diagnostic, ...]:
    """Return an NB405 for each default that is too long, an NB112 for each that would change."""
    return tuple(
        problem for parameter in pipeline.parameters for problem in _problems(pipeline, parameter)
    )


def _problems(pipeline: Pipeline, parameter: Parameter) -> Iterator[Diagnostic]:
    cell = next(cell for cell in pipeline.cells if cell.position == parameter.cell)
    span = Span(notebook=cell.notebook, cell=cell.number, cell_id=cell.id)
    length = _length(parameter)
    if length > PARAMETER_CHARACTERS:
        yield Diagnostic(
            code=Code.PARAMETER_TOO_LONG,
            span=span,
            message=f"the default of `{parameter.name}` has {length} characters, "
            f"Kubeflow takes {PARAMETER_CHARACTERS}",
            hint="read it from a file in a step",
        )
    if has_template(parameter.default):
        yield Diagnostic(
            code=Code.BAD_PARAMETER,
            span=span,
            message=f"the default of `{parameter.name}` has `{{{{`, which Kubeflow expands",
            hint="set it in a cell of a step, where nothing is expanded",
        )
    for number in inexact_numbers(parameter.default):
        yield Diagnostic(
            code=Code.BAD_PARAMETER,
            span=span,
            message=f"`{parameter.name}` has the number {number}, "
            "which Kubeflow cannot pass on as it is",
            hint="keep it out of the parameter cell, or write it as text and convert it in a step",
        )


def _length(parameter: Parameter) -> int:
    default = parameter.default
    return len(default if isinstance(default, str) else json.dumps(default, ensure_ascii=False))
