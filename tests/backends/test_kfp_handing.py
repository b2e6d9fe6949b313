"""Steps hand the runtime on where a copy in each is more than Kubeflow takes."""

import pytest
import yaml

from nb2pipe.backends.kfp.budget import SPEC_BYTES, spec_size
from nb2pipe.bundle import runtime_blob
from tests.backends.pipelines import Draft


def executors_of(text):
    return yaml.safe_load(text)["deploymentSpec"]["executors"]


def tasks_of(text):
    return yaml.safe_load(text)["root"]["dag"]["tasks"]


def crowd(draft, count):
    """Add so many steps that hang on `a` that the runtime has no room in each."""
    for number in range(count):
        draft.step(f"more{number}", "print(x)", reads={"x": "a"})
    return draft


def test_a_short_pipeline_has_the_runtime_in_every_step(compiled):
    text = compiled(crowd(Draft().step("a", "x = 1", makes=["x"]), 5).pipeline())
    assert all(
        each["container"]["args"][0] == runtime_blob() for each in executors_of(text).values()
    )
    assert set(yaml.safe_load(text)["components"]["comp-a"]["outputDefinitions"]["artifacts"]) == {
        "x",
        "report",
    }


def test_only_steps_that_wait_for_no_other_have_the_runtime_of_a_long_pipeline(compiled):
    draft = Draft().step("a", "x = 1", makes=["x"]).step("other", "y = 2", makes=["y"])
    text = compiled(crowd(draft, 30).pipeline())
    executors = executors_of(text)
    carry = {
        name for name, each in executors.items() if runtime_blob() in each["container"]["args"]
    }
    assert carry == {"exec-a", "exec-other"}
    assert spec_size(text) < SPEC_BYTES


def test_no_step_waits_for_another_because_of_the_runtime(compiled):
    pipeline = (
        crowd(Draft().step("a", "x = 1", makes=["x"]), 30)
        .step("first", "y = 2", makes=["y"])
        .step("last", "print(x, y)", reads={"x": "a", "y": "first"}, after=["more1"])
        .pipeline()
    )
    waits = {
        (source, name)
        for name, task in tasks_of(compiled(pipeline)).items()
        for source in task.get("dependentTasks", ())
    }
    assert waits == {(edge.source, edge.target) for edge in pipeline.edges}


def test_the_runtime_comes_from_a_step_that_gives_something_else_too(compiled):
    """Kubeflow reuses what a step made only if its inputs are the same: those of an earlier run."""
    draft = Draft().step("before", "print(1)").step("a", "x = 1", makes=["x"], after=["before"])
    draft = crowd(draft, 30).step("b", "print(x)", reads={"x": "a"}, after=["before"])
    artifacts = tasks_of(compiled(draft.pipeline()))["b"]["inputs"]["artifacts"]
    assert {given["taskOutputArtifact"]["producerTask"] for given in artifacts.values()} == {"a"}


@pytest.mark.parametrize("count", [20, 70])
def test_a_long_line_of_steps_fits(compiled, count):
    draft = Draft().step("s0", "x = 1", makes=["x"])
    for number in range(1, count):
        draft.step(f"s{number}", "x = 1", reads={"x": f"s{number - 1}"}, makes=["x"])
    assert spec_size(compiled(draft.pipeline())) < SPEC_BYTES
