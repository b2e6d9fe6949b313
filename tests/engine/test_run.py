"""Pipelines run as processes; what a user sees of it."""

import json
import sys
import threading
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

import nb2pipe
from nb2pipe.diagnostics import Code
from nb2pipe.engine import Observer, RunOptions, RunStatus, StepResult, run_pipeline
from nb2pipe.ir import Pipeline, StepOptions, pipeline_from_json
from tests.engine.pipelines import document_of, pipeline_of, run, step_of

# Returns when the other one is there too, so it ends only if both run at the same time.
MEET = """
import pathlib, time
pathlib.Path("{mine}").touch()
deadline = time.monotonic() + 60
while not pathlib.Path("{other}").exists():
    assert time.monotonic() < deadline, "the other one never came"
    time.sleep(0.01)
"""

# Fails when another one is in the same section.
ALONE = """
import pathlib, time
pathlib.Path("busy").mkdir()
time.sleep(0.05)
pathlib.Path("busy").rmdir()
"""


def meet(mine: str, other: str) -> str:
    return MEET.format(mine=mine, other=other)


def diamond(left: str = "y = x + 1", right: str = "z = x * 2") -> Pipeline:
    return pipeline_of(
        step_of("load", "x = 20", makes=("x",)),
        step_of("left", left, needs={"x": "load"}, makes=("y",)),
        step_of("right", right, needs={"x": "load"}, makes=("z",)),
        step_of("join", "y + z", needs={"y": "left", "z": "right"}),
    )


def statuses(result) -> dict[str, str]:
    return {step.step: step.status.value for step in result.steps}


def test_values_travel_through_a_diamond_whose_sides_run_at_the_same_time(tmp_path: Path):
    pipeline = diamond(
        left=meet("l", "r") + "y = x + 1",
        right=meet("r", "l") + "z = x * 2",
    )
    result = run(pipeline, tmp_path, workers=2)
    assert result.diagnostics == ()
    assert result.status is RunStatus.SUCCEEDED
    assert result.notebook["cells"][3]["outputs"][0]["data"] == {"text/plain": "61"}


def test_one_worker_runs_one_step_at_a_time(tmp_path: Path):
    steps = [step_of(name, ALONE) for name in "abcd"]
    assert run(pipeline_of(*steps), tmp_path, workers=1).status is RunStatus.SUCCEEDED


def test_a_declared_predecessor_is_waited_for(tmp_path: Path):
    pipeline = pipeline_of(
        step_of("first", "import time; time.sleep(0.3); open('made', 'w').close()"),
        step_of("second", "open('made').close()", after=("first",)),
    )
    assert run(pipeline, tmp_path, workers=2).diagnostics == ()


def test_a_failed_step_stops_only_those_that_need_it(tmp_path: Path):
    pipeline = pipeline_of(
        step_of("load", "x = 1", makes=("x",)),
        step_of(
            "bad", "print('before')", "1\nx / 0", "never = 1", needs={"x": "load"}, makes=("x",)
        ),
        step_of("after_bad", "x", needs={"x": "bad"}),
        step_of("good", "import time; time.sleep(0.5)", "y = x", needs={"x": "load"}, makes=("y",)),
        step_of("after_good", "y", needs={"y": "good"}),
    )
    result = run(pipeline, tmp_path, workers=2)
    assert result.status is RunStatus.FAILED
    assert statuses(result) == {
        "load": "succeeded",
        "bad": "failed",
        "after_bad": "not run",
        "good": "succeeded",
        "after_good": "succeeded",
    }
    (diagnostic,) = result.diagnostics
    assert diagnostic.code is Code.STEP_FAILED
    assert "ZeroDivisionError" in diagnostic.message
    assert str(diagnostic.span) == "notebook.ipynb:cell 3:2"
    assert diagnostic.step == "bad"
    error = result.step("bad").error
    assert error
    assert (error.ename, error.text) == ("ZeroDivisionError", "x / 0")
    outputs = [
        [item["output_type"] for item in cell["outputs"]] for cell in result.notebook["cells"]
    ]
    assert outputs == [[], ["stream"], ["error"], [], [], [], [], ["execute_result"]]


def test_a_step_that_is_killed_is_told_by_the_signals_name(tmp_path: Path):
    pipeline = pipeline_of(
        step_of(
            "greedy", "print('so far')", "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
        ),
        step_of("next", "1", after=("greedy",)),
    )
    result = run(pipeline, tmp_path)
    (diagnostic,) = result.diagnostics
    assert diagnostic.code is Code.STEP_KILLED
    assert "SIGKILL" in diagnostic.message
    assert diagnostic.span.cell == 2
    assert "memory" in (diagnostic.hint or "")
    assert statuses(result) == {"greedy": "failed", "next": "not run"}
    assert result.notebook["cells"][0]["outputs"][0]["text"] == "so far\n"


@pytest.mark.parametrize("code", [0, 3])
def test_a_process_that_ends_before_its_step_does_is_a_failure(tmp_path: Path, code: int):
    result = run(pipeline_of(step_of("quit", f"import os; os._exit({code})")), tmp_path)
    (diagnostic,) = result.diagnostics
    assert diagnostic.code is Code.STEP_FAILED
    assert f"exit code {code}" in diagnostic.message
    assert diagnostic.span.cell == 1


def test_what_a_step_leaves_running_ends_with_it(tmp_path: Path):
    source = "import subprocess\npid = subprocess.Popen(['sleep', '1000']).pid\nprint(pid)"
    result = run(pipeline_of(step_of("spawn", source)), tmp_path)
    assert result.status is RunStatus.SUCCEEDED
    pid = int(result.notebook["cells"][0]["outputs"][0]["text"])
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=30)
    assert not psutil.pid_exists(pid)


def test_steps_find_the_files_and_modules_beside_the_notebook(tmp_path: Path):
    (tmp_path / "numbers.csv").write_text("1,2,3")
    (tmp_path / "local_module.py").write_text("def double(x): return 2 * x")
    source = "import local_module\nlocal_module.double(open('numbers.csv').read())"
    result = run(pipeline_of(step_of("read", source)), tmp_path)
    assert result.diagnostics == ()
    assert result.notebook["cells"][0]["outputs"][0]["data"] == {"text/plain": "'1,2,31,2,3'"}


def test_a_step_that_asks_for_input_fails_instead_of_waiting(tmp_path: Path):
    result = run(pipeline_of(step_of("ask", "name = input('who? ')")), tmp_path)
    assert statuses(result) == {"ask": "failed"}


def test_environment_variables_of_a_step_are_its_own(tmp_path: Path):
    source = "import os; os.environ.get('COLOUR')"
    plain = pipeline_of(step_of("plain", source), step_of("red", source))
    red = replace(plain.step("red"), options=StepOptions(env=(("COLOUR", "red"),)))
    result = run(replace(plain, steps=(plain.step("plain"), red)), tmp_path)
    outputs = [cell["outputs"] for cell in result.notebook["cells"]]
    assert outputs[0] == []
    assert outputs[1][0]["data"] == {"text/plain": "'red'"}


def test_parameters_reach_the_steps_that_name_them(tmp_path: Path):
    pipeline = pipeline_of(
        step_of("a", "n, title", parameters=("n", "title")),
        step_of("b", "n", parameters=("n",)),
        parameters={"n": 3, "title": "ü"},
    )
    result = run(pipeline, tmp_path, parameters={"n": 7})
    texts = [
        output["data"]["text/plain"]
        for cell in result.notebook["cells"]
        for output in cell["outputs"]
    ]
    assert texts == ["(7, 'ü')", "7"]


# --- the run's folder


def test_the_runs_folder_holds_all_of_it_and_git_ignores_it(tmp_path: Path):
    pipeline = diamond()
    result = run(pipeline, tmp_path)
    assert (tmp_path / ".nb2pipe" / ".gitignore").read_text() == "*\n"
    assert result.folder == tmp_path / ".nb2pipe" / "runs" / result.id
    kept = json.loads((result.folder / "pipeline.json").read_text())
    assert pipeline_from_json(kept) == pipeline
    assert json.loads((result.folder / "executed.ipynb").read_text()) == result.notebook
    assert json.loads((result.folder / "result.json").read_text()) == result.to_json()
    files = {str(path.relative_to(result.folder)) for path in result.folder.rglob("*")}
    for name in ("manifest.json", "ports.json", "result.json", "report.html", "log.txt"):
        assert f"steps/left/{name}" in files
    assert "steps/left/artifacts/y" in files
    assert not [name for name in files if Path(name).name.startswith(".")]


def test_text_that_utf_8_does_not_have_is_kept(tmp_path: Path):
    result = run(pipeline_of(step_of("odd", "'\\ud800 \\0 🦉'", "chr(0xd800)")), tmp_path)
    assert result.diagnostics == ()
    assert json.loads((result.folder / "executed.ipynb").read_text("utf-8")) == result.notebook


def test_later_runs_sort_after_earlier_ones(tmp_path: Path):
    pipeline = pipeline_of(step_of("load", "1"))
    names = [run(pipeline, tmp_path).id for _ in range(3)]
    assert sorted(set(names)) == names


def test_two_runs_at_once_in_one_folder_do_not_meet(tmp_path: Path):
    results = {}

    def start(mine: str, other: str) -> None:
        pipeline = pipeline_of(
            step_of("load", meet(mine, other) + f"x = {mine!r}", makes=("x",)),
            step_of("use", "x", needs={"x": "load"}),
        )
        results[mine] = run(pipeline, tmp_path)

    threads = [threading.Thread(target=start, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results["a"].folder != results["b"].folder
    for name, result in results.items():
        assert result.diagnostics == ()
        output = result.notebook["cells"][1]["outputs"][0]
        assert output["data"] == {"text/plain": repr(name)}


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path):
    (tmp_path / ".nb2pipe").write_text("a file is in the way")
    result = run(diamond(), tmp_path)
    assert result.status is RunStatus.FAILED
    (diagnostic,) = result.diagnostics
    assert diagnostic.code is Code.CANNOT_WRITE
    assert ".nb2pipe" in diagnostic.message
    assert set(statuses(result).values()) == {"not run"}


def test_a_python_that_does_not_exist_is_said(tmp_path: Path):
    pipeline = diamond()
    result = run_pipeline(
        pipeline,
        notebook_document=document_of(pipeline),
        directory=tmp_path,
        parameters={},
        options=RunOptions(python="no-such-python"),
    )
    (diagnostic,) = result.diagnostics
    assert diagnostic.code is Code.STEP_FAILED
    assert "`no-such-python`" in diagnostic.message


# --- observers


class Recorded(Observer):
    """Keeps what it hears; a line `touch NAME` makes the file NAME."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.heard: list[tuple[str, ...]] = []

    def step_started(self, step: str) -> None:
        self.heard.append(("started", step))

    def step_logged(self, step: str, line: str) -> None:
        self.heard.append(("logged", step, line))
        if line.startswith("touch "):
            (self.directory / line.removeprefix("touch ")).touch()

    def step_ended(self, result: StepResult) -> None:
        self.heard.append(("ended", result.step, result.status.value))


def test_an_observer_hears_what_steps_print_while_they_run(tmp_path: Path):
    source = (
        "print('touch go', flush=True)"
        + meet("mine", "go")
        + "print('25%', end='\\r')\nprint('né')"
    )
    observer = Recorded(tmp_path)
    result = run(
        pipeline_of(step_of("talk", source), step_of("next", "1 / 0", after=("talk",)),
        step_of("last", "1", after=("next",))),
        tmp_path,
        observer=observer,
    )  # fmt: skip
    assert observer.heard[:6] == [
        ("started", "talk"),
        ("logged", "talk", "touch go"),
        ("logged", "talk", "25%"),
        ("logged", "talk", "né"),
        ("ended", "talk", "succeeded"),
        ("started", "next"),
    ]
    assert observer.heard[-2:] == [("ended", "next", "failed"), ("ended", "last", "not run")]
    log = result.step("talk").log
    assert log
    assert log.read_bytes().decode() == "touch go\n25%\rné\n"


def test_an_observer_that_fails_leaves_no_step_running(tmp_path: Path):
    class Broken(Observer):
        def step_logged(self, step: str, line: str) -> None:
            raise RuntimeError(line)

    source = "import os, time\nprint(os.getpid(), flush=True)\ntime.sleep(1000)"
    with pytest.raises(RuntimeError) as caught:
        run(pipeline_of(step_of("long", source)), tmp_path, observer=Broken())
    pid = int(str(caught.value))
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=30)
    assert not psutil.pid_exists(pid)


def test_steps_run_with_the_python_of_the_engine_unless_told_otherwise(tmp_path: Path):
    result = run(pipeline_of(step_of("which", "import sys; sys.executable")), tmp_path)
    data = result.notebook["cells"][0]["outputs"][0]["data"]
    assert data == {"text/plain": repr(sys.executable)}


def test_sets_of_texts_are_walked_in_the_same_order_in_every_step(nb):
    path = nb(
        ("words = {str(n) for n in range(1000)}\nfirst = list(words)", "step:a"),
        ("print([a for a in {str(n) for n in range(1000)}] == first)", "step:b"),
    )
    result = nb2pipe.run(path)
    assert result.notebook["cells"][1]["outputs"][0]["text"] == "True\n"


@pytest.mark.parametrize("isolated", [True, False])
def test_a_module_beside_the_notebook_does_not_hide_one_of_python(nb, tmp_path, isolated):
    (tmp_path / "colorsys.py").write_text("hidden = True")
    (tmp_path / "beside.py").write_text("here = True")
    path = nb(
        ("import colorsys, beside\nprint(colorsys.rgb_to_hsv(0, 0, 1)[2], beside.here)", "step:a")
    )

    result = nb2pipe.run(path, options=RunOptions(isolated=isolated))

    assert result.diagnostics == ()
    assert result.step("a").cells[0].outputs[0]["text"] == "1 True\n"
