"""The harness itself: it must be at least as strict as the launcher that it stands for."""

import json

import pytest
import yaml

from nb2pipe.verify.outputs import compare_outputs
from tests.kfp.environment import arithmetic
from tests.kfp.launcher import Launcher, LaunchError, as_go_writes

PRINT_ARGUMENTS = "import sys, json; json.dump(sys.argv[1:], open('arguments.json', 'w'))"


def spec_of(*arguments, env=(), code=PRINT_ARGUMENTS):
    container = {
        "image": "any",
        "command": ["python3", "-c", code],
        "args": list(arguments),
        "env": [{"name": name, "value": value} for name, value in env],
    }
    return {
        "components": {
            "comp-a": {
                "executorLabel": "exec-a",
                "inputDefinitions": {"parameters": {"n": {"parameterType": "NUMBER_INTEGER"}}},
                "outputDefinitions": {
                    "artifacts": {"out": {"artifactType": {"schemaTitle": "system.Dataset"}}}
                },
            }
        },
        "deploymentSpec": {"executors": {"exec-a": {"container": container}}},
        "root": {
            "dag": {
                "tasks": {
                    "a": {
                        "componentRef": {"name": "comp-a"},
                        "inputs": {"parameters": {"n": {"componentInputParameter": "n"}}},
                    }
                }
            },
            "inputDefinitions": {"parameters": {"n": {"defaultValue": 3.0}}},
        },
    }


@pytest.fixture
def run(bare_path, tmp_path):
    def launch(spec, parameters=None, **options):
        launcher = Launcher(path=bare_path, **options)
        return launcher.run(yaml.safe_dump(spec), tmp_path / "run", parameters).tasks["a"]

    return launch


def arguments_of(task):
    assert task.returncode == 0, task.log
    return json.loads((task.folder / "arguments.json").read_text(encoding="utf-8"))


def test_the_executor_input_names_every_place(run):
    task = run(spec_of("{{$}}"))
    (text,) = arguments_of(task)
    given = json.loads(text)
    assert given == task.executor_input
    assert given["inputs"]["parameterValues"] == {"n": 3}
    (out,) = given["outputs"]["artifacts"]["out"]["artifacts"]
    assert out["type"] == {"schemaTitle": "system.Dataset"}
    assert str(task.artifacts["out"]) == out["uri"]


def test_the_kubelet_expands_references(run):
    task = run(spec_of("$(A) $(MISSING) $$(A) $$ $ $A", env=[("A", "b")]))
    assert arguments_of(task) == ["b $(MISSING) $(A) $ $ $A"]


@pytest.mark.parametrize("text", ["{{x}}", "a {{$}}", "{{$.inputs.parameters['n']}}"])
def test_what_argo_would_expand_is_refused(run, text):
    with pytest.raises(LaunchError, match="Argo would expand"):
        run(spec_of(text))


def test_an_argument_that_linux_refuses_is_refused(run):
    with pytest.raises(OSError, match="too long"):
        run(spec_of("x" * 2**17))


def test_the_environment_is_bare(run, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", ".")
    monkeypatch.setenv("SECRET_OF_MINE", "x")
    code = "import os, json; json.dump(sorted(os.environ), open('arguments.json', 'w'))"
    names = set(arguments_of(run(spec_of(code=code))))
    assert names <= {"PATH", "HOME", "LC_CTYPE", *arithmetic()}


def test_files_can_be_put_into_the_working_directory(run, tmp_path):
    (tmp_path / "seed").mkdir()
    (tmp_path / "seed" / "data.csv").write_text("1,2")
    code = "import os, json; json.dump(os.listdir(), open('arguments.json', 'w'))"
    assert "data.csv" in arguments_of(run(spec_of(code=code), files=tmp_path / "seed"))


def test_unknown_parameters_and_broken_graphs_are_refused(run):
    with pytest.raises(LaunchError, match="no parameter"):
        run(spec_of(), {"m": 1})
    spec = spec_of()
    spec["components"] = {}
    with pytest.raises(LaunchError, match="no component"):
        run(spec)


def test_numbers_are_written_as_go_does():
    values = [3, 3.0, 2.5, True, 1e21, [1.0, {"a": -0.0}]]
    assert json.dumps(as_go_writes(values)) == '[3, 3, 2.5, true, 1e+21, [1, {"a": 0}]]'


def test_steps_do_not_see_nb2pipe(steps_path, bare_path, tmp_path):
    for path in (steps_path, bare_path):
        assert (path / "python3").exists()
        spec = spec_of(code="import nb2pipe")
        task = Launcher(path=path).run(yaml.safe_dump(spec), tmp_path / path.parent.name).tasks["a"]
        assert "No module named 'nb2pipe'" in task.log
    spec = spec_of(code="import numpy, IPython")
    task = Launcher(path=steps_path).run(yaml.safe_dump(spec), tmp_path / "packages").tasks["a"]
    assert task.returncode == 0, task.log


def outputs(*texts):
    return [{"output_type": "stream", "name": "stdout", "text": text} for text in texts]


def whole(*cells):
    return {"cells": [{"cell_type": "code", "outputs": cell} for cell in cells]}


def test_equal_outputs_have_no_differences():
    executed = whole(outputs("a\n", "b\n"), outputs("<f at 0x7f12345678>\n"))
    cells = [
        {"cell": 0, "outputs": outputs("a\nb\n")},
        {"cell": 1, "outputs": outputs("<f at 0x7faaaaaaaa>\n")},
    ]
    assert compare_outputs(executed, cells) == []


def test_different_outputs_are_named():
    (found,) = compare_outputs(whole(outputs("1")), [{"cell": 0, "outputs": outputs("2")}])
    assert "code cell 0" in found


def test_a_missing_image_is_a_difference():
    image = {"output_type": "display_data", "data": {"image/png": "AA==\n"}, "metadata": {}}
    same = {"output_type": "display_data", "data": {"image/png": "AA=="}, "metadata": {}}
    assert compare_outputs(whole([image]), [{"cell": 0, "outputs": [same]}]) == []
    assert compare_outputs(whole([image]), [{"cell": 0, "outputs": []}])
