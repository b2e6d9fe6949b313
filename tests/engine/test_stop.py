"""Whatever ends a run, nothing of it keeps running: real signals to a real engine."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from nb2pipe.engine import RunOptions, run_pipeline
from nb2pipe.ir import pipeline_from_json
from tests.engine.pipelines import document_of, pipeline_of, step_of

ROOT = Path(__file__).parents[2]

# Writes its own number and its child's, then never ends.
ENDLESS = """
import os, pathlib, subprocess, time
child = subprocess.Popen(["sleep", "1000"]).pid
draft = pathlib.Path("pids.{name}.draft")
draft.write_text(f"{{os.getpid()}} {{child}}")
draft.rename("pids.{name}")
while True:
    time.sleep(0.1)
"""

STUBBORN = """
import signal
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
"""


def main(directory: Path) -> None:
    """Run the pipeline that the test has written, as the command line does."""
    # The tests themselves may run where these are ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    pipeline = pipeline_from_json(json.loads((directory / "pipeline.json").read_text()))
    result = run_pipeline(
        pipeline,
        notebook_document=document_of(pipeline),
        directory=directory,
        parameters={},
        options=RunOptions(workers=2),
    )
    print(json.dumps(result.to_json()))


@pytest.fixture
def engine(tmp_path: Path):
    """Start an engine with two endless steps, after one that ends, and before one that waits."""
    started = []

    def start(prelude: str = "") -> tuple[subprocess.Popen[str], list[psutil.Process]]:
        left, right = (prelude + ENDLESS.format(name=name) for name in ("left", "right"))
        pipeline = pipeline_of(
            step_of("load", "print('loaded')\nx = 1", makes=("x",)),
            step_of("left", "print('left began')", left, needs={"x": "load"}),
            step_of("right", right, needs={"x": "load"}),
            step_of("late", "1", after=("left",)),
        )
        (tmp_path / "pipeline.json").write_text(json.dumps(pipeline.to_json()))
        engine = subprocess.Popen(
            [sys.executable, "-m", "tests.engine.test_stop", str(tmp_path)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        numbers = []
        for name in ("left", "right"):
            path = tmp_path / f"pids.{name}"
            wait_until(path.exists)
            numbers += [int(number) for number in path.read_text().split()]
        processes = [psutil.Process(number) for number in numbers]
        started.extend([psutil.Process(engine.pid), *processes])
        return engine, processes

    yield start
    for process in started:
        if process.is_running():
            process.kill()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def all_gone(processes: list[psutil.Process]) -> bool:
    """Wait until no process runs any more; who has to take note of its end may take longer."""
    deadline = time.monotonic() + 30
    while left := [process for process in processes if is_running(process)]:
        if time.monotonic() > deadline:
            print([process.as_dict(["pid", "status", "cmdline"]) for process in left])
            return False
        time.sleep(0.02)
    return True


def is_running(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_the_run_and_leaves_what_was_done(
    engine, tmp_path: Path, number: signal.Signals
):
    process, steps = engine()
    process.send_signal(number)
    printed, _ = process.communicate(timeout=60)
    assert all_gone(steps)
    result = json.loads(printed)
    assert result["status"] == "interrupted"
    assert [(step["name"], step["status"]) for step in result["steps"]] == [
        ("load", "succeeded"),
        ("left", "interrupted"),
        ("right", "interrupted"),
        ("late", "not run"),
    ]
    # Being stopped is what the user asked for, not a problem.
    assert result["diagnostics"] == []
    executed = tmp_path / ".nb2pipe" / "runs" / result["id"] / "executed.ipynb"
    cells = json.loads(executed.read_text())["cells"]
    assert cells[0]["outputs"][0]["text"] == "loaded\n"
    assert cells[1]["outputs"][0]["text"] == "left began\n"
    assert cells[4]["outputs"] == []


def test_a_repeated_ctrl_c_ends_steps_that_do_not_listen(engine):
    process, steps = engine(prelude=STUBBORN)
    for _ in range(3):
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
    printed, _ = process.communicate(timeout=60)
    assert all_gone(steps)
    assert json.loads(printed)["status"] == "interrupted"


@pytest.mark.parametrize("kill", [os.kill, os.killpg], ids=["itself", "its group"])
def test_no_step_outlives_an_engine_that_is_killed(engine, kill: Callable[[int, int], None]):
    process, steps = engine()
    children = psutil.Process(process.pid).children(recursive=True)
    kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert all_gone(steps)
    assert all_gone(children)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
