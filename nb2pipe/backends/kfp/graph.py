"""Our own check of an emitted pipeline's graph.

Protobuf and kfp's loader accept a task without a component, a producer that does not exist, and a
cycle.
"""

import json
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any

_Spec = Mapping[str, Any]


def check_spec(spec: _Spec) -> tuple[str, ...]:
    """Return what is wrong with the graph of `spec`, a pipeline specification as plain values.

    Finds missing components and executors, producers and outputs that do not exist, cycles, inputs
    that a component does not declare or a task does not give, and executors with equal containers
    (Kubeflow keeps one interface for all of them).
    """
    return tuple(_problems(spec))


def task_order(spec: _Spec) -> list[str]:
    """Return the task names of `spec`, each after those that it depends on.

    Raises:
        graphlib.CycleError: there is no such order.
    """
    tasks = _tasks(spec)
    return list(
        TopologicalSorter(
            {name: sorted(_upstream(tasks[name])) for name in sorted(tasks)}
        ).static_order()
    )


def _problems(spec: _Spec) -> Iterator[str]:
    tasks = _tasks(spec)
    components = spec.get("components", {})
    for name, task in tasks.items():
        yield from _task_problems(name, task, tasks, components)
        yield from _parameter_problems(name, task, spec)
    for name, component in components.items():
        if component["executorLabel"] not in _executors(spec):
            yield f"component {name} has no executor {component['executorLabel']}"
    try:
        task_order(spec)
    except CycleError as error:
        yield f"tasks depend on each other: {' -> '.join(error.args[1])}"
    yield from _equal_containers(_executors(spec))


def _task_problems(name: str, task: _Spec, tasks: _Spec, components: _Spec) -> Iterator[str]:
    component = components.get(task["componentRef"]["name"])
    if component is None:
        yield f"task {name} has no component {task['componentRef']['name']}"
        return
    for upstream in task.get("dependentTasks", ()):
        if upstream not in tasks:
            yield f"task {name} depends on {upstream}, which does not exist"
    for key, source in task.get("inputs", {}).get("artifacts", {}).items():
        yield from _producer_problems(f"input {key} of task {name}", source, tasks, components)
        producer = source["taskOutputArtifact"]["producerTask"]
        if producer not in task.get("dependentTasks", ()):
            yield f"task {name} reads from {producer} without depending on it"
    for kind in ("artifacts", "parameters"):
        declared = set(component.get("inputDefinitions", {}).get(kind, {}))
        given = set(task.get("inputs", {}).get(kind, {}))
        for key in sorted(declared ^ given):
            what = "is not given" if key in declared else "is not declared"
            yield f"input {key} of task {name} {what}"


def _producer_problems(where: str, source: _Spec, tasks: _Spec, components: _Spec) -> Iterator[str]:
    output = source["taskOutputArtifact"]
    producer, key = output["producerTask"], output["outputArtifactKey"]
    if producer not in tasks:
        yield f"{where} comes from {producer}, which does not exist"
        return
    component = components.get(tasks[producer]["componentRef"]["name"], {})
    if key not in component.get("outputDefinitions", {}).get("artifacts", {}):
        yield f"{where} is {key} of {producer}, which makes no such output"


def _parameter_problems(name: str, task: _Spec, spec: _Spec) -> Iterator[str]:
    known = spec.get("root", {}).get("inputDefinitions", {}).get("parameters", {})
    for key, source in task.get("inputs", {}).get("parameters", {}).items():
        if source["componentInputParameter"] not in known:
            yield f"input {key} of task {name} is no parameter of the pipeline"


def _equal_containers(executors: _Spec) -> Iterator[str]:
    seen: dict[str, str] = {}
    for name, executor in executors.items():
        other = seen.setdefault(json.dumps(executor["container"], sort_keys=True), name)
        if other != name:
            yield f"executors {other} and {name} have equal containers"


def _upstream(task: _Spec) -> set[str]:
    artifacts = task.get("inputs", {}).get("artifacts", {}).values()
    return {
        *task.get("dependentTasks", ()),
        *(source["taskOutputArtifact"]["producerTask"] for source in artifacts),
    }


def _tasks(spec: _Spec) -> _Spec:
    tasks: _Spec = spec.get("root", {}).get("dag", {}).get("tasks", {})
    return tasks


def _executors(spec: _Spec) -> _Spec:
    executors: _Spec = spec.get("deploymentSpec", {}).get("executors", {})
    return executors
