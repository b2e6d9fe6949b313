"""Names that Kubeflow accepts, for the names of a notebook.

A name becomes part of Kubernetes labels, of Argo template names and of object paths. Names that are
acceptable stay as they are; the others are spelt out in ASCII and numbered where they meet another.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from nb2pipe.ir import Input, Load, Operation, Output, Pipeline, Step, Store

_LONGEST = 63
# Argo runs a task `NAME-driver` before each task NAME.
_DRIVER = "-driver"
_PARAMETER = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class StepNames:
    """What a step's component calls things; each is None where it has none.

    `runtime` is the output in which it hands the runtime on, `receives` the input in which it gets it.
    """

    task: str
    report: str | None
    metrics: str | None
    runtime: str | None = None
    receives: Input | None = None

    @property
    def component(self) -> str:
        """The component's key."""
        return f"comp-{self.task}"

    @property
    def executor(self) -> str:
        """The executor's label."""
        return f"exec-{self.task}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """The names of a whole pipeline: `steps` and `parameters` by their names in the notebook."""

    pipeline: str
    steps: Mapping[str, StepNames]
    parameters: Mapping[str, str]


def name_pipeline(pipeline: Pipeline) -> tuple[Pipeline, Names]:
    """Return `pipeline` with acceptable artifact keys, and the names of everything else."""
    tasks = _safe_names([step.name for step in pipeline.steps], separator="-", fallback="step")
    outputs = {
        step.name: _safe_names([output.key for output in step.outputs]) for step in pipeline.steps
    }
    names = Names(
        pipeline=_spell(pipeline.name, "-") or "pipeline",
        steps={
            step.name: _name_step(step, tasks[step.name], outputs[step.name])
            for step in pipeline.steps
        },
        parameters=_parameter_names([parameter.name for parameter in pipeline.parameters]),
    )
    steps = tuple(_rename_artifacts(step, outputs) for step in pipeline.steps)
    return replace(pipeline, steps=steps), names


def _name_step(step: Step, task: str, outputs: Mapping[str, str]) -> StepNames:
    used = set(outputs.values())
    metrics = free_name("metrics", used, "_") if step.metrics else None
    report = None if step.options.report is False else free_name("report", used, "_")
    return StepNames(task=task, report=report, metrics=metrics)


def _rename_artifacts(step: Step, outputs: Mapping[str, Mapping[str, str]]) -> Step:
    made = outputs[step.name]
    needed = _safe_names([need.key for need in step.inputs])
    return replace(
        step,
        inputs=tuple(_rename_input(need, needed, outputs) for need in step.inputs),
        outputs=tuple(_rename_output(output, made) for output in step.outputs),
        program=tuple(_rename_operation(operation, needed, made) for operation in step.program),
    )


def _rename_input(
    need: Input, needed: Mapping[str, str], outputs: Mapping[str, Mapping[str, str]]
) -> Input:
    return replace(need, key=needed[need.key], output=outputs[need.step][need.output])


def _rename_output(output: Output, made: Mapping[str, str]) -> Output:
    return replace(output, key=made[output.key])


def _rename_operation(
    operation: Operation, needed: Mapping[str, str], made: Mapping[str, str]
) -> Operation:
    match operation:
        case Load():
            return replace(operation, input=needed[operation.input])
        case Store():
            return replace(operation, output=made[operation.output])
        case _:
            return operation


def _parameter_names(names: list[str]) -> dict[str, str]:
    """Parameters keep their case: people type them."""
    kept = {name: name for name in names if _PARAMETER.fullmatch(name)}
    others = _safe_names(
        [name for name in names if name not in kept], fallback="parameter", taken=kept.values()
    )
    return {name: kept.get(name) or others[name] for name in names}


def _safe_names(
    names: Iterable[str],
    *,
    separator: str = "_",
    fallback: str = "variable",
    taken: Iterable[str] = (),
) -> dict[str, str]:
    """Return an acceptable name for each name; no two are the same."""
    spelt = {name: _spell(name, separator) or fallback for name in names}
    used = {*taken, *(name for name, spelling in spelt.items() if spelling == name)}
    return {
        name: name if spelling == name else free_name(spelling, used, separator)
        for name, spelling in spelt.items()
    }


def free_name(name: str, used: set[str], separator: str) -> str:
    """Return `name`, numbered when it is in `used`, and add it there."""
    candidate, number = name, 2
    while candidate in used:
        suffix = f"{separator}{number}"
        candidate = name[: _LONGEST - len(suffix)] + suffix
        number += 1
    used.add(candidate)
    return candidate


def _spell(name: str, separator: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    spelt = re.sub(rf"[^a-z0-9{separator}]+", separator, plain).strip("-_")[:_LONGEST].strip("-_")
    return f"{spelt}-step" if spelt.endswith(_DRIVER) else spelt
