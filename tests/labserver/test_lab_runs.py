import asyncio
import json
import signal
import sys
import time

import pytest

from tests.conftest import notebook_document

PATH = "work/train.ipynb"
WAITS = "import pathlib, time\nwhile not pathlib.Path('go').exists():\n    time.sleep(0.05)"


@pytest.fixture
def start(ask, lab_folder):
    async def start(*cells, **parameters):
        order = {"path": PATH, "notebook": notebook_document(*cells), "parameters": parameters}
        status, answer = await ask("POST", "runs", order=order)
        assert status == 200
        return answer["run"]

    return start


@pytest.fixture
def wait_for(ask):
    """Wait until the state of a run fulfils a condition, and return that state."""

    async def wait_for(run, condition):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            status, state = await ask("GET", "runs", run, path=PATH)
            assert status == 200
            if condition(state):
                return state
            await asyncio.sleep(0.1)
        raise AssertionError(state)

    return wait_for


def statuses(state):
    return {step["name"]: step["status"] for step in state["steps"]}


def is_over(state):
    return state["status"] not in {"running", "running or killed"}


async def test_a_run_is_watched_to_its_executed_notebook_and_report(
    ask, start, wait_for, lab_folder
):
    run = await start(
        ("n = 2", "pipeline-parameters"),
        ("x = n + 1\nprint('made', x)", "step:make"),
        (WAITS + "\ny = x", "step:wait"),
        ("print(y)", "step:show"),
        n=40,
    )
    state = await wait_for(run, lambda state: statuses(state)["wait"] == "running")
    assert state["status"] == "running"
    assert statuses(state) == {"make": "succeeded", "wait": "running", "show": "waiting"}
    _, step = await ask("GET", "runs", run, "step", path=PATH, step="make")
    assert step["log_tail"] == ["made 41"]
    assert step["cells"][-1]["outputs"][0]["text"] == "made 41\n"
    (lab_folder / "go").touch()
    state = await wait_for(run, is_over)
    assert state["status"] == "succeeded"
    status, answer = await ask("POST", "runs", run, "notebook", order={"path": PATH})
    assert (status, answer) == (200, {"path": "work/train.executed.ipynb"})
    executed = json.loads((lab_folder / "train.executed.ipynb").read_text())
    assert executed["cells"][-1]["outputs"][0]["text"] == "41\n"
    status, page = await ask("GET", "runs", run, "report", path=PATH)
    assert status == 200
    assert "made 41" in page
    _, listed = await ask("GET", "runs", path=PATH)
    assert [item["id"] for item in listed["runs"]] == [run]


async def test_a_run_is_cancelled(ask, start, wait_for):
    run = await start(("x = 1", "step:a"), (WAITS + "\ny = x", "step:b"), ("print(y)", "step:c"))
    await wait_for(run, lambda state: statuses(state)["b"] == "running")
    assert await ask("DELETE", "runs", run, path=PATH) == (200, {"cancelled": True})
    state = await wait_for(run, is_over)
    assert state["status"] == "interrupted"
    assert statuses(state) == {"a": "succeeded", "b": "interrupted", "c": "not run"}
    assert await ask("DELETE", "runs", run, path=PATH) == (200, {"cancelled": False})


async def test_a_server_in_the_background_of_a_shell_can_cancel_too(ask, start, wait_for):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        run = await start((WAITS, "step:a"))
    finally:
        signal.signal(signal.SIGINT, before)
    await wait_for(run, lambda state: statuses(state)["a"] == "running")
    await ask("DELETE", "runs", run, path=PATH)
    state = await wait_for(run, is_over)
    assert state["status"] == "interrupted"


async def test_the_server_s_end_ends_its_runs(jp_serverapp, start, wait_for):
    run = await start((WAITS, "step:a"))
    await wait_for(run, lambda state: statuses(state)["a"] == "running")
    await jp_serverapp.extension_manager.stop_all_extensions()
    state = await wait_for(run, is_over)
    assert state["status"] == "interrupted"


async def test_a_failure_tells_its_cell_and_line(start, wait_for):
    run = await start(("x = 0", "step:a"), ("y = 1\nz = y / x", "step:b"))
    state = await wait_for(run, is_over)
    assert statuses(state) == {"a": "succeeded", "b": "failed"}
    (found,) = state["diagnostics"]
    assert (found["cell"], found["line"], found["step"]) == (2, 2, "b")


async def test_a_failure_comes_with_the_repair_that_its_hint_names(start, wait_for):
    run = await start(
        ("import ctypes\nimport numpy as np\na = np.zeros(4)\na[0] = 1", "step:load"),
        ("ctypes.memset(a.ctypes.data, 0, a.nbytes)", "step:clear"),
        ("print(a)", "step:show"),
    )
    state = await wait_for(run, is_over)
    (found,) = state["diagnostics"]
    assert found["code"] == "NB508"
    (fix,) = found["fixes"]
    assert fix["changes"] == [{"cell": 2, "add": "mutates:a", "remove": None}]


async def test_what_cannot_run_says_why(ask, lab_folder):
    order = {"path": PATH, "notebook": notebook_document("print(missing)")}
    _, answer = await ask("POST", "runs", order=order)
    assert "run" not in answer
    assert "NB203" in [item["code"] for item in answer["diagnostics"]]
    order = {"path": PATH, "notebook": notebook_document("x = 1"), "parameters": {"y": 2}}
    _, answer = await ask("POST", "runs", order=order)
    assert [item["code"] for item in answer["diagnostics"]] == ["NB502"]


async def test_steps_run_with_the_kernel_s_python(ask, start, wait_for, jp_serverapp, tmp_path):
    python = tmp_path / "other" / "python3"
    python.parent.mkdir()
    python.symlink_to(sys.executable)
    kernel = tmp_path / "data" / "kernels" / "other"
    kernel.mkdir(parents=True)
    kernel.joinpath("kernel.json").write_text(
        json.dumps({"argv": [str(python), "-m", "ipykernel"], "display_name": "Other"})
    )
    jp_serverapp.kernel_spec_manager.kernel_dirs.append(str(kernel.parent))
    document = notebook_document(
        "import sys\nprint(sys.executable)",
        metadata={"kernelspec": {"name": "other", "language": "python", "display_name": "Other"}},
    )
    _, answer = await ask("POST", "runs", order={"path": PATH, "notebook": document})
    state = await wait_for(answer["run"], is_over)
    assert state["python"] == f"{python}" or state["status"] == "succeeded"
    _, step = await ask("GET", "runs", answer["run"], "step", path=PATH, step="notebook")
    assert step["log_tail"] == [str(python)]


@pytest.mark.parametrize("run", ["20200101-000000-000000-abcd", "x"])
async def test_a_run_that_is_not_there_is_not_found(ask, lab_folder, run):
    for route in ((run,), (run, "report")):
        assert (await ask("GET", "runs", *route, path=PATH))[0] == 404
    assert (await ask("DELETE", "runs", run, path=PATH))[0] == 404
    assert (await ask("POST", "runs", run, "notebook", order={"path": PATH}))[0] == 404


async def test_a_report_may_load_and_run_nothing(jp_fetch, start, wait_for):
    run = await start(("from IPython.display import HTML\nHTML('<script>1</script>')", "step:a"))
    await wait_for(run, is_over)
    answer = await jp_fetch("nb2pipe", "api", "runs", run, "report", params={"path": PATH})
    policy = answer.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "default-src 'none'" in policy
    assert answer.headers["Content-Type"].startswith("text/html")
