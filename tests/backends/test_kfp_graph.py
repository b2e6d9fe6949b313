import copy

import pytest
import yaml

from nb2pipe.backends.kfp.graph import check_spec, task_order
from tests.backends.pipelines import Draft


@pytest.fixture
def spec(compiled):
    draft = (
        Draft(n=1)
        .step("a", "x = n", makes=["x"], parameters=["n"])
        .step("b", "y = x", reads={"x": "a"}, makes=["y"])
        .step("c", "print(x, y)", reads={"x": "a", "y": "b"})
    )
    return yaml.safe_load(compiled(draft.pipeline()))


def broken(spec, change):
    spec = copy.deepcopy(spec)
    change(spec, spec["root"]["dag"]["tasks"])
    return check_spec(spec)


def test_what_we_emit_is_sound(spec):
    assert check_spec(spec) == ()
    assert task_order(spec) == ["a", "b", "c"]


def point_at(tasks, task, **output):
    tasks[task]["inputs"]["artifacts"]["x"]["taskOutputArtifact"] |= output


def equal_containers(spec, tasks):
    executors = spec["deploymentSpec"]["executors"]
    executors["exec-b"] = executors["exec-a"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda spec, tasks: spec["components"].pop("comp-b"), "task b has no component comp-b"),
        (
            lambda spec, tasks: spec["deploymentSpec"]["executors"].pop("exec-c"),
            "component comp-c has no executor exec-c",
        ),
        (
            lambda spec, tasks: tasks["b"]["dependentTasks"].append("z"),
            "task b depends on z, which does not exist",
        ),
        (
            lambda spec, tasks: point_at(tasks, "b", producerTask="z"),
            "input x of task b comes from z, which does not exist",
        ),
        (
            lambda spec, tasks: point_at(tasks, "b", outputArtifactKey="q"),
            "input x of task b is q of a, which makes no such output",
        ),
        (
            lambda spec, tasks: tasks["c"]["dependentTasks"].remove("a"),
            "task c reads from a without depending on it",
        ),
        (
            lambda spec, tasks: tasks["a"].update(dependentTasks=["c"]),
            "tasks depend on each other: ",
        ),
        (
            lambda spec, tasks: tasks["b"]["inputs"]["artifacts"].pop("x"),
            "input x of task b is not given",
        ),
        (
            lambda spec, tasks: spec["components"]["comp-a"].pop("inputDefinitions"),
            "input n of task a is not declared",
        ),
        (
            lambda spec, tasks: spec["root"].pop("inputDefinitions"),
            "input n of task a is no parameter of the pipeline",
        ),
        (equal_containers, "executors exec-a and exec-b have equal containers"),
    ],
)
def test_what_protobuf_accepts_is_found(spec, change, problem):
    assert any(found.startswith(problem) for found in broken(spec, change))
