"""The `PipelineSpec` message of a pipeline: components, tasks and their connections."""

from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict

from nb2pipe.backends.kfp.container import container_spec
from nb2pipe.backends.kfp.handing import upstream
from nb2pipe.backends.kfp.names import Names, StepNames
from nb2pipe.backends.kfp.protobuf import pipeline_spec_pb2 as pb
from nb2pipe.backends.kfp.values import PARAMETER_TYPES, to_value
from nb2pipe.ir import ArtifactType, Input, Parameter, Pipeline, Step

_SCHEMA_VERSION = "2.1.0"
_ARTIFACT_SCHEMA_VERSION = "0.0.1"
# What kfp's `set_retry` gives.
_RETRY_BACKOFF_FACTOR = 2.0
_RETRY_LONGEST_BACKOFF = 3600


def spec_document(pipeline: Pipeline, names: Names) -> dict[str, Any]:
    """Return the pipeline specification as plain JSON values.

    Args:
        pipeline: a pipeline whose artifact keys Kubeflow accepts.
        names: the names of its steps and parameters there.
    """
    spec = pb.PipelineSpec(
        pipeline_info=_pipeline_info(pipeline, names),
        schema_version=_SCHEMA_VERSION,
        sdk_version=f"kfp-{version('kfp')}",
    )
    deployment = pb.PipelineDeploymentConfig()
    types = {parameter.name: parameter for parameter in pipeline.parameters}
    for parameter in pipeline.parameters:
        _declare(spec.root.input_definitions, names.parameters[parameter.name], parameter)
    for step in pipeline.steps:
        step_names = names.steps[step.name]
        needed = {names.parameters[name]: types[name] for name in step.parameters}
        _fill_component(spec.components[step_names.component], step, step_names, needed)
        _fill_task(spec.root.dag.tasks[step_names.task], step, names, upstream(pipeline, step))
        container = deployment.executors[step_names.executor].container
        container.CopyFrom(container_spec(pipeline, step, names))
    # The message keeps the deployment as an untyped Struct; its JSON form is the same.
    return {**MessageToDict(spec), "deploymentSpec": MessageToDict(deployment)}


def _pipeline_info(pipeline: Pipeline, names: Names) -> pb.PipelineInfo:
    info = pb.PipelineInfo(name=names.pipeline, description=pipeline.description)
    if pipeline.name != names.pipeline:
        info.display_name = pipeline.name
    return info


def _declare(inputs: pb.ComponentInputsSpec, name: str, parameter: Parameter) -> None:
    declared = inputs.parameters[name]
    declared.parameter_type = pb.ParameterType.ParameterTypeEnum.Value(
        PARAMETER_TYPES[parameter.type]
    )
    declared.is_optional = True
    declared.default_value.CopyFrom(to_value(parameter.default))


def _fill_component(
    component: pb.ComponentSpec, step: Step, names: StepNames, parameters: Mapping[str, Parameter]
) -> None:
    component.executor_label = names.executor
    for name, parameter in parameters.items():
        component.input_definitions.parameters[
            name
        ].parameter_type = pb.ParameterType.ParameterTypeEnum.Value(PARAMETER_TYPES[parameter.type])
    inputs, outputs = component.input_definitions.artifacts, component.output_definitions.artifacts
    for need in _inputs(step, names):
        inputs[need.key].artifact_type.CopyFrom(_artifact_type(need.type))
    for name, kind in _outputs(step, names):
        outputs[name].artifact_type.CopyFrom(_artifact_type(kind))


def _inputs(step: Step, names: StepNames) -> Iterable[Input]:
    return step.inputs if names.receives is None else (*step.inputs, names.receives)


def _outputs(step: Step, names: StepNames) -> Iterable[tuple[str, ArtifactType]]:
    for output in step.outputs:
        yield output.key, output.type
    if names.metrics is not None:
        yield names.metrics, ArtifactType.METRICS
    if names.report is not None:
        yield names.report, ArtifactType.HTML
    if names.runtime is not None:
        yield names.runtime, ArtifactType.ARTIFACT


def _artifact_type(kind: ArtifactType) -> pb.ArtifactTypeSchema:
    return pb.ArtifactTypeSchema(
        schema_title=f"system.{kind}", schema_version=_ARTIFACT_SCHEMA_VERSION
    )


def _fill_task(
    task: pb.PipelineTaskSpec, step: Step, names: Names, upstream: Iterable[str]
) -> None:
    step_names = names.steps[step.name]
    # Older backends look a producer up under this name, so it must be the task's key.
    task.task_info.name = step_names.task
    task.component_ref.name = step_names.component
    task.caching_options.enable_cache = step.options.cache is not False
    task.dependent_tasks.extend(names.steps[source].task for source in upstream)
    for name in step.parameters:
        parameter = names.parameters[name]
        task.inputs.parameters[parameter].component_input_parameter = parameter
    for need in _inputs(step, step_names):
        source = task.inputs.artifacts[need.key].task_output_artifact
        source.producer_task = names.steps[need.step].task
        source.output_artifact_key = need.output
    if step.options.retry is not None:
        task.retry_policy.CopyFrom(_retry_policy(step.options.retry))


def _retry_policy(count: int) -> pb.PipelineTaskSpec.RetryPolicy:
    return pb.PipelineTaskSpec.RetryPolicy(
        max_retry_count=count,
        backoff_duration=Duration(seconds=0),
        backoff_factor=_RETRY_BACKOFF_FACTOR,
        backoff_max_duration=Duration(seconds=_RETRY_LONGEST_BACKOFF),
    )
