import json
import os
import signal
import subprocess
import sys
import time


def outputs(path):
    cells = json.loads(path.read_text())["cells"]
    return ["".join(output.get("text", "")) for cell in cells for output in cell["outputs"]]


def test_a_run_writes_the_executed_notebook(run_command, train):
    done = run_command("run", "train.ipynb", "-o", "out.ipynb")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "the executed notebook is out.ipynb" in done.stderr
    assert outputs(train.parent / "out.ipynb") == ["total 3\n"]
    import nbformat

    nbformat.validate(nbformat.read(train.parent / "out.ipynb", as_version=4))


def test_without_output_it_says_where_the_executed_notebook_is(run_command, train):
    done = run_command("run", "train.ipynb")
    (said,) = [line for line in done.stderr.splitlines() if "executed notebook" in line]
    assert outputs(train.parent / said.split(" is ")[1]) == ["total 3\n"]


def test_parameters(run_command, train):
    done = run_command("run", "train.ipynb", "-p", "n=5", "-o", "out.ipynb")
    assert done.returncode == 0, done.stderr
    assert outputs(train.parent / "out.ipynb") == ["total 10\n"]


def test_wrong_parameters_are_all_reported_and_nothing_runs(run_command, train):
    done = run_command("run", "train.ipynb", "-p", "m=5", "-p", "n=five", "-p", "n")
    assert done.returncode == 1
    assert "error[NB502]" in done.stderr
    assert "did you mean `n`" in done.stderr or "its parameters are `n`" in done.stderr
    assert "error[NB503]" in done.stderr
    assert not (train.parent / ".nb2pipe").exists()


def test_a_failed_step_shows_its_cell_and_ends_with_1(run_command, nb):
    path = nb(
        ("x = 1", "step:load"),
        ("y = x\nz = 1 / (y - 1)", "step:fail"),
        ("print('fine', x)", "step:other"),
        ("print(z)", "step:after"),
        name="n.ipynb",
    )
    done = run_command("run", "n.ipynb", "-o", "out.ipynb")
    assert done.returncode == 1
    assert "error[NB501]" in done.stderr
    assert "n.ipynb:cell 2:2" in done.stderr
    assert "z = 1 / (y - 1)" in done.stderr
    assert "ZeroDivisionError" in done.stderr
    assert 'File "' not in done.stderr.split("the last lines")[0]
    assert "fine 1\n" in outputs(path.parent / "out.ipynb")


def test_an_output_that_cannot_be_written_is_refused_before_anything_runs(run_command, train):
    for output in ("train.ipynb", "missing/out.ipynb", "."):
        done = run_command("run", "train.ipynb", "-o", output)
        assert done.returncode == 1
        assert "error[NB507]" in done.stderr
    assert not (train.parent / ".nb2pipe").exists()


def test_a_python_that_does_not_exist(run_command, train):
    done = run_command("run", "train.ipynb", "--python", "./no-such-python")
    assert done.returncode == 1
    assert "cannot be started" in done.stderr
    assert "Traceback" not in done.stderr


def test_logs_shows_what_steps_print(run_command, train):
    assert "show | total 3" in run_command("run", "train.ipynb", "--logs").stderr


def test_interrupting_ends_with_130(nb):
    path = nb(("import time\nprint('go', flush=True)\ntime.sleep(60)", "step:wait"), name="n.ipynb")
    process = subprocess.Popen(
        [sys.executable, "-m", "nb2pipe", "run", "n.ipynb"],
        cwd=path.parent,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    while "running" not in process.stderr.readline():
        pass
    while not list((path.parent / ".nb2pipe").glob("runs/*/steps/wait/log.txt")):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "interrupted" in rest
    assert "Traceback" not in rest
