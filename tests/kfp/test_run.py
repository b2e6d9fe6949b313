"""Compiled files do what the notebook does, in a process that knows nothing of nb2pipe."""

import hashlib

import pytest

from nb2pipe.backends.kfp import KfpBackend
from nb2pipe.bundle import runtime_blob
from nb2pipe.ir import ArtifactType, StepOptions
from tests.backends.pipelines import Draft


def streams(run):
    """What each cell printed; IPython itself warns about rare line ends, on the other stream."""
    return [
        "".join(output["text"] for output in cell["outputs"] if output.get("name") == "stdout")
        for cell in run.cells
    ]


def succeeded(run):
    assert not run.failed, run.failed[0].log
    return run


def test_variables_travel_along_the_edges(launch):
    draft = (
        Draft()
        .step("load", "data = {'a': [1, 2, 3]}", makes=["data"])
        .step(
            "double",
            "data['a'] = [2 * x for x in data['a']]",
            reads={"data": "load"},
            makes=["data"],
        )
        .step("show", "print(data)", reads={"data": "double"})
        .step("before", "print(data)", reads={"data": "load"})
    )
    run = succeeded(launch(draft.pipeline()))
    assert streams(run)[2:] == ["{'a': [2, 4, 6]}\n", "{'a': [1, 2, 3]}\n"]


def test_names_that_kubeflow_refuses_arrive(launch):
    names = ["report", "LR", "lr", "metrics"]
    source = "report = LR = metrics = π\nlr = _n"
    draft = (
        Draft(π=3.14, _n=2)
        .step("Load Data", source, makes=names, parameters=["π", "_n"], metrics=["lr"])
        .step("zeigen", "print(report, LR, lr, metrics)", reads=dict.fromkeys(names, "Load Data"))
    )
    run = succeeded(launch(draft.pipeline()))
    assert streams(run) == ["", "3.14 3.14 2 3.14\n"]
    assert run.tasks["load-data"].metrics["lr"] == 2


def test_parameters_whose_name_kubeflow_refuses_can_be_given(launch):
    draft = Draft(π=3.14, n=1).step("s", "print(π, n)", parameters=["π", "n"])
    assert streams(succeeded(launch(draft.pipeline(), {"parameter": 3, "n": 2}))) == ["3.0 2\n"]


DEFAULTS = {
    "n": 3,
    "big": 2**53,
    "rate": 1.0,
    "tiny": -1e-300,
    "text": "é $(HOME) $$",
    "flag": True,
    "numbers": [1, 2.0, "3", None, []],
    "mapping": {"a": {"b": [1, 2.0]}},
    "empty": {},
}


def show(draft):
    return draft.step(
        "show", "\n".join(f"print(repr({name}))" for name in DEFAULTS), parameters=list(DEFAULTS)
    )


def test_defaults_keep_value_and_type(launch):
    run = succeeded(launch(show(Draft(**DEFAULTS)).pipeline()))
    assert streams(run)[0].splitlines() == [repr(value) for value in DEFAULTS.values()]


def test_given_parameters_have_the_declared_type(launch):
    given = {"n": 7, "rate": 2, "text": "other", "flag": False, "numbers": [4], "empty": {"k": 1.5}}
    run = succeeded(launch(show(Draft(**DEFAULTS)).pipeline(), given))
    lines = dict(zip(DEFAULTS, streams(run)[0].splitlines(), strict=True))
    assert {name: lines[name] for name in given} == {
        "n": "7",
        "rate": "2.0",
        "text": "'other'",
        "flag": "False",
        "numbers": "[4]",
        "empty": "{'k': 1.5}",
    }


NASTY = [
    "print('{{$}} {{$.inputs.parameters[\"x\"]}} {{workflow.name}} {{=1+1}}')",
    "print('$(HOME) $$HOME $$(X) $')",
    "print('''triple \"\"\" and''' \"\"\" the ''' other\"\"\")",
    "print('\\N{BULLET} \\x00 \\\\N')",
    "print('😀 é π ␛ \u2028 \x85')",
    "print('trailing') \nif True:\n\tprint('tab')\t\n",
    "print('crlf')\r\nprint('more')\r\n",
    "print('&id001 *id001')\n'''\n---\n...\n'''",
    "x = '" + "0123456789" * 10_000 + "'\nprint(len(x))",
    "x = '" + "é😀" * 25_000 + "'\nprint(len(x), ascii(x[-2:]))",
]  # fmt: skip


@pytest.mark.parametrize("source", NASTY, ids=range(len(NASTY)))
def test_any_code_arrives_unchanged(launch, source, capsys):
    exec(source, {})  # noqa: S102
    expected = capsys.readouterr().out

    run = succeeded(launch(Draft().step("s", source).pipeline()))

    assert streams(run) == [expected]


def test_metrics_are_an_artifact_that_kubeflow_shows(launch):
    run = succeeded(
        launch(
            Draft().step("s", "accuracy = 0.75\nloss = 3", metrics=["accuracy", "loss"]).pipeline()
        )
    )
    assert run.tasks["s"].metrics == {"accuracy": 0.75, "loss": 3}


def test_the_report_shows_the_cells(launch):
    run = succeeded(launch(Draft().step("s", "print('<b>bold</b>')").pipeline()))
    page = run.tasks["s"].artifacts["report"].read_text(encoding="utf-8")
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert streams(run) == ["<b>bold</b>\n"]


def test_a_step_may_do_without_a_report(launch):
    run = succeeded(
        launch(Draft().step("s", "print(1)", options=StepOptions(report=False)).pipeline())
    )
    assert run.tasks["s"].artifacts == {}
    assert run.cells == []


def test_a_failed_step_stops_what_needs_it(launch):
    draft = (
        Draft()
        .step("bad", "x = 1\nraise ValueError('no good')", makes=["x"])
        .step("next", "print(x)", reads={"x": "bad"})
        .step("other", "print('here')")
    )
    run = launch(draft.pipeline())
    (failed,) = run.failed
    assert failed.task == "bad"
    assert "ValueError: no good" in failed.log
    assert set(run.tasks) == {"bad", "other"}


def test_environment_variables_are_set(launch):
    options = StepOptions(env=(("NAME", "x"), ("GREETING", "hello $HOME $(NAME) $$")))
    source = "import os\nprint(os.environ['GREETING'])"
    run = succeeded(launch(Draft().step("s", source, options=options).pipeline()))
    assert streams(run) == ["hello $HOME $(NAME) $$\n"]


def test_steps_start_in_an_empty_folder_of_their_own(launch):
    source = "import os\nprint(os.listdir())\nopen('left', 'w').close()"
    run = succeeded(launch(Draft().step("a", source).step("b", source, after=["a"]).pipeline()))
    assert streams(run) == ["[]\n", "[]\n"]


def test_artifacts_have_the_type_that_was_asked_for(launch):
    draft = Draft().step("s", "df = [1]", makes=["df"], types={"df": ArtifactType.DATASET})
    task = succeeded(launch(draft.pipeline())).tasks["s"]
    artifact = task.executor_output["artifacts"]["df"]["artifacts"][0]
    assert artifact["type"]["schemaTitle"] == "system.Dataset"
    assert task.artifacts["df"].stat().st_size > 0


def long_line(last="print(x, runtime)"):
    """More steps than have room for the runtime in each; variables are called like what it travels in."""
    draft = Draft().step("s0", "x, runtime = 0, [0]", makes=["x", "runtime"])
    for number in range(1, 15):
        source, before = f"x += 1; runtime.append({number})", f"s{number - 1}"
        reads = {"x": before, "runtime": before}
        draft.step(f"s{number}", source, reads=reads, makes=["x", "runtime"])
    return draft.step("last", last, reads={"x": "s14", "runtime": "s3"}).pipeline()


def test_the_runtime_is_handed_on_along_a_long_line(launch):
    run = succeeded(launch(long_line()))
    assert streams(run)[-1] == "14 [0, 1, 2, 3]\n"
    given = [
        task
        for task in run.tasks.values()
        if "runtime_2" in task.executor_input["inputs"]["artifacts"]
    ]
    assert len(given) == 15


def test_another_runtime_than_that_of_the_compiler_is_not_run(launcher, tmp_path):
    (text,) = KfpBackend().emit(long_line()).values()
    digest = hashlib.sha256(runtime_blob().encode()).hexdigest()
    other = hashlib.sha256(b"something else").hexdigest()
    assert text.count(digest) == 15
    run = launcher.run(text.replace(digest, other), tmp_path / "run")
    (failed,) = run.failed
    assert failed.task == "s1"
    assert "error[NB505]: the runtime that this step was given is not the one" in failed.log
    assert "Traceback" not in failed.log
