"""A run that is killed at any moment can be gone on with, and gives the same results."""

import json
import random
import signal
import subprocess
import sys
import time

import psutil
import pytest

import nb2pipe

STEPS = 6


def cells():
    yield "import time\nxs = [0]", "step:s0"
    for n in range(1, STEPS):
        yield f"xs = xs + [xs[-1] + {n}]\ntime.sleep(0.05)\nprint(xs)", f"step:s{n}"


def printed(result):
    return [
        output["text"] for step in result.steps for cell in step.cells for output in cell.outputs
    ]


@pytest.mark.parametrize("seed", range(6))
def test_a_killed_run_is_gone_on_with(nb, seed):
    path = nb(*cells())
    process = subprocess.Popen(
        [sys.executable, "-m", "nb2pipe", "run", str(path)], stderr=subprocess.DEVNULL
    )
    time.sleep(random.Random(seed).uniform(0.3, 2.5))
    family = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGKILL)
    process.wait()
    _, alive = psutil.wait_procs(family, timeout=5)
    assert alive == []
    result = nb2pipe.run(path)
    assert [str(d) for d in result.diagnostics] == []
    sums = [sum(range(n + 1)) for n in range(STEPS)]
    assert printed(result) == [f"{sums[: n + 1]}\n" for n in range(1, STEPS)]
    assert json.loads((result.folder / "result.json").read_text())["status"] == "succeeded"


def test_two_runs_at_once_do_not_disturb_each_other(nb):
    path = nb(*cells())
    command = [sys.executable, "-m", "nb2pipe", "run", str(path)]
    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate()[1] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    again = nb2pipe.run(path)
    assert all(step.reused for step in again.steps)
    assert len(printed(again)) == STEPS - 1
