import subprocess
import sys
import textwrap

import pytest
import yaml
from google.protobuf.json_format import ParseDict

from nb2pipe.backends.kfp import KfpBackend
from nb2pipe.backends.kfp.protobuf import pipeline_spec_pb2
from nb2pipe.ir import ArtifactType, StepOptions
from tests.backends.pipelines import Draft


def rich_draft():
    return (
        Draft(
            "Iris Study",
            "work/iris.ipynb",
            n=3,
            rate=-1.5,
            title="Größe",
            fast=False,
            sizes=[1, 2.5, "x", None, [True]],
            settings={"a": {"b": [1]}},
            nothing=[],
            empty={},
            blank="",
        )
        .step("load_data", "df = n", makes=["df"], parameters=["n", "settings"])
        .step(
            "train",
            "model = df",
            reads={"df": "load_data"},
            makes=["model", "π"],
            types={"model": ArtifactType.MODEL},
            metrics=["accuracy"],
            parameters=["rate"],
        )
        .step("train2", "model = df", reads={"df": "load_data"}, makes=["model"])
        .step("report", "print(model)", reads={"model": "train"}, after=["load_data", "train2"])
    )


@pytest.fixture
def spec(compiled):
    return yaml.safe_load(compiled(rich_draft().pipeline(description="About irises\n\nand more")))


def test_protobuf_and_kfp_read_the_file(compiled):
    from kfp import components

    text = compiled(rich_draft().pipeline())

    message = ParseDict(yaml.safe_load(text), pipeline_spec_pb2.PipelineSpec())
    assert message.schema_version == "2.1.0"
    assert message.sdk_version.startswith("kfp-2.")
    component = components.load_component_from_text(text)
    assert component.component_spec.name == "iris-study"
    assert set(component.component_spec.inputs) == {
        *("n", "rate", "title", "fast", "sizes", "settings", "nothing", "empty", "blank")
    }


def test_kfp_writes_the_same_pipeline_back(compiled, tmp_path):
    from kfp import compiler, components

    text = compiled(rich_draft().pipeline())
    component = components.load_component_from_text(text)
    compiler.Compiler().compile(component, str(tmp_path / "again.yaml"))

    again = yaml.safe_load((tmp_path / "again.yaml").read_text(encoding="utf-8"))
    assert again == yaml.safe_load(text)


def test_parameters_have_types_and_defaults(spec):
    parameters = spec["root"]["inputDefinitions"]["parameters"]
    assert {name: value["parameterType"] for name, value in parameters.items()} == {
        "n": "NUMBER_INTEGER",
        "rate": "NUMBER_DOUBLE",
        "title": "STRING",
        "fast": "BOOLEAN",
        "sizes": "LIST",
        "settings": "STRUCT",
        "nothing": "LIST",
        "empty": "STRUCT",
        "blank": "STRING",
    }
    defaults = {name: value["defaultValue"] for name, value in parameters.items()}
    assert defaults == {
        "n": 3,
        "rate": -1.5,
        "title": "Größe",
        "fast": False,
        "sizes": [1, 2.5, "x", None, [True]],
        "settings": {"a": {"b": [1]}},
        "nothing": [],
        "empty": {},
        "blank": "",
    }


def test_a_step_gets_only_the_parameters_that_it_needs(spec):
    tasks = spec["root"]["dag"]["tasks"]
    assert set(tasks["load-data"]["inputs"]["parameters"]) == {"n", "settings"}
    assert set(tasks["train"]["inputs"]["parameters"]) == {"rate"}
    assert "parameters" not in tasks["report"]["inputs"]


def test_each_variable_is_an_artifact_of_its_type(spec):
    outputs = spec["components"]["comp-train"]["outputDefinitions"]["artifacts"]
    assert {name: value["artifactType"] for name, value in outputs.items()} == {
        "model": {"schemaTitle": "system.Model", "schemaVersion": "0.0.1"},
        "variable": {"schemaTitle": "system.Artifact", "schemaVersion": "0.0.1"},
        "metrics": {"schemaTitle": "system.Metrics", "schemaVersion": "0.0.1"},
        "report": {"schemaTitle": "system.HTML", "schemaVersion": "0.0.1"},
    }


def test_edges_are_exactly_those_of_the_pipeline(spec):
    tasks = spec["root"]["dag"]["tasks"]
    assert {name: task.get("dependentTasks", []) for name, task in tasks.items()} == {
        "load-data": [],
        "train": ["load-data"],
        "train2": ["load-data"],
        "report": ["load-data", "train", "train2"],
    }
    assert tasks["report"]["inputs"]["artifacts"] == {
        "model": {"taskOutputArtifact": {"producerTask": "train", "outputArtifactKey": "model"}}
    }


def test_names_and_description(spec):
    assert spec["pipelineInfo"] == {
        "name": "iris-study",
        "displayName": "Iris Study",
        "description": "About irises\n\nand more",
    }
    assert {
        name: task["taskInfo"]["name"] for name, task in spec["root"]["dag"]["tasks"].items()
    } == {name: name for name in ("load-data", "train", "train2", "report")}


def test_identical_steps_have_different_containers(compiled):
    draft = Draft().step("a", "x = 1", makes=["x"]).step("b", "x = 1", makes=["x"])
    executors = yaml.safe_load(compiled(draft.pipeline()))["deploymentSpec"]["executors"]
    assert executors["exec-a"]["container"] != executors["exec-b"]["container"]


def test_a_step_says_how_it_is_run(compiled):
    options = StepOptions(image="mine:1", env=(("A", "b"),), cache=False, retry=2, report=False)
    text = compiled(
        Draft().step("a", "x = 1", options=options).step("b", "y = 1").pipeline(image="all:1")
    )
    spec = yaml.safe_load(text)
    executors, tasks = spec["deploymentSpec"]["executors"], spec["root"]["dag"]["tasks"]

    assert executors["exec-a"]["container"]["image"] == "mine:1"
    assert executors["exec-b"]["container"]["image"] == "all:1"
    seed = {"name": "PYTHONHASHSEED", "value": "0"}
    assert executors["exec-a"]["container"]["env"] == [seed, {"name": "A", "value": "b"}]
    assert executors["exec-b"]["container"]["env"] == [seed]
    assert tasks["a"]["cachingOptions"] == {}
    assert tasks["b"]["cachingOptions"] == {"enableCache": True}
    assert tasks["a"]["retryPolicy"]["maxRetryCount"] == 2
    assert "retryPolicy" not in tasks["b"]
    assert "outputDefinitions" not in spec["components"]["comp-a"]


def test_the_file_is_named_after_the_notebook():
    assert list(KfpBackend().emit(rich_draft().pipeline())) == ["iris.pipeline.yaml"]


def test_the_same_pipeline_gives_the_same_bytes():
    first, second = (KfpBackend().emit(rich_draft().pipeline()) for _ in range(2))
    assert first == second


def test_a_pipeline_of_two_hundred_steps_is_less_than_a_megabyte(compiled):
    draft = Draft().step("s0", "x = 1", makes=["x"])
    for number in range(1, 200):
        draft.step(f"s{number}", "x = x + 1", reads={"x": f"s{number - 1}"}, makes=["x"])
    assert len(compiled(draft.pipeline()).encode()) < 1_000_000


def test_compiling_does_not_import_kfp_and_does_not_stand_in_its_way():
    code = """
        import os, sys
        before = dict(os.environ)
        from nb2pipe.backends.kfp import KfpBackend
        from tests.backends.pipelines import Draft
        KfpBackend().emit(Draft().step("a", "x = 1").pipeline())
        assert "kfp" not in sys.modules and "kubernetes" not in sys.modules
        assert dict(os.environ) == before
        import kfp
        from kfp import dsl
        from kfp.pipeline_spec import pipeline_spec_pb2
        from nb2pipe.backends.kfp.protobuf import pipeline_spec_pb2 as ours
        assert kfp.Client and dsl.pipeline and ours.PipelineSpec is pipeline_spec_pb2.PipelineSpec
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)], check=True)
