"""A step's container: Python, with the runtime, the manifest and the code as arguments."""

from nb2pipe.backends.kfp.handing import unpacking
from nb2pipe.backends.kfp.names import Names
from nb2pipe.backends.kfp.protobuf import pipeline_spec_pb2 as pb
from nb2pipe.backends.kfp.resources import resource_spec
from nb2pipe.bundle import STEP_ENVIRONMENT, command_line, manifest_of
from nb2pipe.ir import Pipeline, Step

EXECUTOR_INPUT = "{{$}}"
"""What the launcher replaces by the place of each input and output, as JSON."""


def container_spec(
    pipeline: Pipeline, step: Step, names: Names
) -> pb.PipelineDeploymentConfig.PipelineContainerSpec:
    """Return the container that runs `step`.

    No two steps have equal containers, because the manifest names the step: Kubeflow
    would give the second one the interface of the first.
    """
    program, runtime = unpacking(names.steps[step.name])
    container = pb.PipelineDeploymentConfig.PipelineContainerSpec(
        image=step.options.image or pipeline.image,
        command=[pipeline.python, "-u", "-c", program],
        args=[runtime, *_arguments(pipeline, step, names), "--executor_input", EXECUTOR_INPUT],
    )
    for name, value in {**STEP_ENVIRONMENT, **dict(step.options.env)}.items():
        container.env.add(name=name, value=_literal(value))
    resources = resource_spec(step.options)
    if resources.ByteSize():
        container.resources.CopyFrom(resources)
    return container


def _arguments(pipeline: Pipeline, step: Step, names: Names) -> list[str]:
    manifest, sources = manifest_of(pipeline, step)
    step_names = names.steps[step.name]
    renamed = {name: names.parameters[name] for name in step.parameters}
    entries = {
        "report": step_names.report,
        "metrics": step_names.metrics,
        "runtime": step_names.runtime,
        "parameters": {name: other for name, other in renamed.items() if other != name},
    }
    manifest["kubeflow"] = {key: entry for key, entry in entries.items() if entry}
    return command_line(manifest, sources)


def _literal(value: str) -> str:
    """Keep the kubelet from replacing `$(NAME)` and `$$` in the value of a variable."""
    return value.replace("$", "$$") if "$(" in value or "$$" in value else value
