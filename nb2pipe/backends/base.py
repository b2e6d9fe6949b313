"""What a backend is, and what is lost where it cannot express what a step asks for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import PurePath
from typing import Protocol

from nb2pipe.diagnostics import Code, Diagnostic, Span
from nb2pipe.ir import Pipeline, Step, StepOptions

_DEFAULTS = StepOptions()
ALL_OPTIONS = frozenset(field.name for field in fields(StepOptions))


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a target can express.

    `options` are fields of `StepOptions`. `requests` and `limits` are the resources that those two
    may name, None for any; `accelerators` is how many others (such as `nvidia.com/gpu`) a step may
    ask for besides.
    """

    options: frozenset[str] = ALL_OPTIONS
    requests: frozenset[str] | None = None
    limits: frozenset[str] | None = None
    accelerators: int = 0
    read_only_volumes: bool = True
    parameters: bool = True
    metrics: bool = True


class Backend(Protocol):
    """A target: turns a pipeline into the text of files.

    Third-party packages register theirs under the entry point group `nb2pipe.backends`.
    """

    @property
    def name(self) -> str:
        """What the user types after `--to`."""

    @property
    def capabilities(self) -> Capabilities:
        """What the target can express."""

    def check(
        self, pipeline: Pipeline, files: Mapping[str, str], spans: Mapping[str, Span]
    ) -> tuple[Diagnostic, ...]:
        """Return what only this target objects to.

        Args:
            pipeline: the pipeline that `emit` was given.
            files: what `emit` returned.
            spans: where diagnostics about a step point.
        """

    def emit(self, pipeline: Pipeline) -> Mapping[str, str]:
        """Return the text of each file by its relative path.

        The same pipeline gives the same text; nothing is read, written or executed. Options
        that the target cannot express are left out.
        """


def output_stem(pipeline: Pipeline) -> str:
    """Return the first part of output file names: the notebook's file name without its suffix."""
    return PurePath(pipeline.notebook).stem


def notebook_span(pipeline: Pipeline) -> Span:
    """Return the span of the whole notebook."""
    return Span(notebook=pipeline.notebook)


def check_target(
    backend: Backend, pipeline: Pipeline, files: Mapping[str, str], spans: Mapping[str, Span]
) -> tuple[Diagnostic, ...]:
    """Return everything that there is to say about `pipeline` as emitted for `backend`.

    Args:
        backend: the target.
        pipeline: the pipeline that was emitted.
        files: what the target emitted.
        spans: where diagnostics about a step point.
    """
    return (
        *check_capabilities(backend, pipeline, spans),
        *backend.check(pipeline, files, spans),
    )


def check_capabilities(
    backend: Backend, pipeline: Pipeline, spans: Mapping[str, Span]
) -> tuple[Diagnostic, ...]:
    """Return an NB403 for each thing that a step asks for and `backend` cannot express.

    Args:
        backend: the target.
        pipeline: the pipeline to emit.
        spans: where diagnostics about a step point.
    """
    whole = notebook_span(pipeline)
    lost = [
        _lost(backend, spans.get(step.name, whole), loss, step.name)
        for step in pipeline.steps
        for loss in _losses_of_step(backend.capabilities, step)
    ]
    if pipeline.parameters and not backend.capabilities.parameters:
        lost.append(_lost(backend, whole, "pipeline parameters"))
    return tuple(lost)


def check_image(
    pipeline: Pipeline, spans: Mapping[str, Span], *, named: bool
) -> tuple[Diagnostic, ...]:
    """Return an NB402 when steps would run in a default image that nobody chose.

    Args:
        pipeline: the pipeline; its `image` is the default one.
        spans: where diagnostics about a step point.
        named: whether the notebook, its settings or the command line name an image for all steps.
    """
    bare = [step for step in pipeline.steps if step.options.image is None]
    if named or not bare:
        return ()
    return (
        Diagnostic(
            code=Code.UNKNOWN_IMAGE,
            span=spans.get(bare[0].name, notebook_span(pipeline)),
            message=f"no container image is set, the steps run in `{pipeline.image}`",
            hint="set `image` in the notebook's `nb2pipe` metadata, tag a step `image:REF`, "
            "or give `--image REF`: an image with the packages that the notebook imports",
            step=bare[0].name,
        ),
    )


def _lost(backend: Backend, span: Span, loss: str, step: str | None = None) -> Diagnostic:
    return Diagnostic(
        code=Code.OPTION_LOST,
        span=span,
        message=f"the target `{backend.name}` cannot express {loss}",
        hint="remove it, or compile to a target that knows it",
        step=step,
    )


def _losses_of_step(capabilities: Capabilities, step: Step) -> Iterator[str]:
    for field in fields(StepOptions):
        asked = getattr(step.options, field.name)
        if asked != getattr(_DEFAULTS, field.name) and field.name not in capabilities.options:
            yield f"the option `{field.name}`"
    yield from _lost_resources(
        "request", step.options.requests, capabilities.requests, capabilities
    )
    yield from _lost_resources("limit", step.options.limits, capabilities.limits, capabilities)
    if not capabilities.read_only_volumes:
        for volume in step.options.volumes:
            if volume.read_only:
                yield f"that the volume `{volume.name}` is read-only"
    if step.metrics and not capabilities.metrics:
        yield "metrics"


def _lost_resources(
    kind: str,
    asked: tuple[tuple[str, str], ...],
    known: frozenset[str] | None,
    capabilities: Capabilities,
) -> Iterator[str]:
    if known is None:
        return
    others = [name for name, _ in asked if name not in known]
    accelerators = [name for name in others if is_accelerator(name)]
    kept = accelerators[: capabilities.accelerators]
    for name in others:
        if name not in kept:
            yield f"a {kind} of `{name}`"


def is_accelerator(resource: str) -> bool:
    """Whether `resource` is one that a vendor adds to Kubernetes, such as `nvidia.com/gpu`."""
    return "/" in resource
