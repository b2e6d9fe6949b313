import json

import nbclient
import pytest

import nb2pipe


@pytest.fixture
def debug(run_command, tmp_path):
    """Write the debug notebook of a step of the last run, run it, and return its code cells."""

    import nbformat

    def run(step, *options, probe=None):
        done = run_command("debug", "last", step, "-o", "why.ipynb", *options)
        assert done.returncode == 0, done.stderr
        notebook = nbformat.read(tmp_path / "why.ipynb", as_version=4)
        nbformat.validate(notebook)
        if probe:
            notebook.cells.append(nbformat.v4.new_code_cell(probe))
        (tmp_path / "elsewhere").mkdir(exist_ok=True)
        nbclient.NotebookClient(
            notebook,
            timeout=120,
            kernel_name="python3",
            allow_errors=True,
            resources={"metadata": {"path": str(tmp_path / "elsewhere")}},
        ).execute()
        return [cell for cell in notebook.cells if cell.cell_type == "code"]

    return run


def text(cell):
    return "".join(
        output.get("text") or output.get("data", {}).get("text/plain") or output["evalue"]
        for output in cell.outputs
    )


def test_the_failing_cell_fails_again_with_the_step_s_values(debug, failed):
    restore, extra, ratio, probe = debug(
        "fit",
        probe="print(p.x, extra, type(p).__module__, sorted(n for n in dir() if n[0] != '_'))",
    )
    assert restore.outputs == []
    assert extra.source == "extra = p.x * 2\nextra"
    assert text(extra) == "8"
    (error,) = [output for output in ratio.outputs if output.output_type == "error"]
    assert (error.ename, error.evalue) == ("ZeroDivisionError", "division by zero")
    assert failed.step("fit").error.ename == error.ename
    # What the step had, and IPython's own: nothing else.
    names = "['In', 'Out', 'Point', 'exit', 'extra', 'get_ipython', 'n', 'open', 'p', 'quit']"
    assert text(probe) == f"4 8 __main__ {names}\n"


def test_what_is_loaded_between_two_cells_is_restored_there(debug, nb):
    nb2pipe.run(
        nb(
            ("x = 1", "step:a"),
            ("y = x + 1", "step:b"),
            ("x = x + 10", "step:a"),
            ("z = x + y", "step:b"),
            ("assert z == 0, (x, y, z)", "step:b"),
            name="between.ipynb",
        )
    )
    cells = debug("b")
    assert [cell.source.startswith("# Restores") for cell in cells] == [
        True,
        False,
        True,
        False,
        False,
    ]
    assert text(cells[-1]) == "(11, 2, 13)"


def test_open_files_are_where_they_were(debug, nb, tmp_path):
    (tmp_path / "x.txt").write_text("1\n2\n")
    nb2pipe.run(
        nb(
            ("f = open('x.txt')\nprint(f.readline())", "step:a"),
            ("assert 0, f.read()", "step:b"),
            name="open.ipynb",
        )
    )
    assert text(debug("b")[-1]) == "2\n"


def test_a_set_keeps_its_order(debug, nb, monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", "0")  # for the kernel: steps have it
    made = "s = {'b', 'c', 'a'}; s.discard('c'); s.add('d')"
    result = nb2pipe.run(nb((made, "step:a"), ("print([*s])", "step:b")))
    (shown,) = result.step("b").cells
    _, cell = debug("b")
    assert text(cell) == shown.outputs[0]["text"]


def test_parameters_random_state_files_and_definitions_are_those_of_the_step(debug, nb):
    path = nb(
        ("n = 3", "pipeline-parameters"),
        ("import random\nrandom.seed(n)\nfirst = random.random()", "step:draw"),
        ("open('note.txt', 'w').write('from the run')", "step:draw"),
        ("def double(v, factor=[2]):\n    return v * factor[0]\ndouble.calls = n", "step:draw"),
        ("second = random.random()\nprint(second, open('note.txt').read())", "step:use"),
        ("m = 5 * n", "step:use"),
        ("assert not first, (double(m), double.calls, second)", "step:use"),
        name="state.ipynb",
    )
    result = nb2pipe.run(path, parameters={"n": 7})
    (path.parent / "note.txt").write_text("changed since")
    cells = debug("use")
    assert text(cells[1]) == result.step("use").cells[0].outputs[0]["text"]
    assert "from the run" in text(cells[1])
    assert text(cells[-1]) == result.step("use").error.evalue
    assert text(cells[-1]).startswith("(70, 7, 0.")


def test_a_parameter_that_stands_in_the_step_s_own_cell(debug, nb):
    nb2pipe.run(
        nb(("n = 3", "pipeline-parameters", "step:a"), "assert n == 3, n", name="p.ipynb"),
        parameters={"n": 8},
    )
    assert text(debug("a")[-1]) == "8"


def test_a_step_that_succeeded_has_all_its_cells(debug, failed):
    cells = debug("load")
    assert text(cells[-1]) == "loaded 4\n"


def test_a_step_that_never_began(run_command, failed):
    done = run_command("debug", "last", "after")
    assert done.returncode == 1
    assert "error[NB513]" in done.stderr
    assert f"nb2pipe debug {failed.id} fit" in done.stderr


def test_artifacts_that_are_gone(run_command, failed):
    (failed.folder / "steps" / "load" / "artifacts" / "p").unlink()
    done = run_command("debug", "last", "fit")
    assert done.returncode == 1
    assert "error[NB513]" in done.stderr
    assert "run the notebook again" in done.stderr


def test_only_its_own_notebooks_are_replaced(run_command, failed, tmp_path):
    for output in ("train.ipynb", "mine.ipynb"):
        (tmp_path / "mine.ipynb").write_text("{}")
        before = (tmp_path / output).read_text()
        done = run_command("debug", "last", "fit", "-o", output)
        assert done.returncode == 1
        assert "error[NB507]" in done.stderr
        assert (tmp_path / output).read_text() == before
    assert run_command("debug", "last", "fit").returncode == 0
    assert run_command("debug", "last", "load").returncode == 0
    shown = json.loads((tmp_path / "debug.ipynb").read_text())
    assert shown["metadata"]["nb2pipe"]["run"]["debug"]["step"] == "load"


def test_a_step_that_was_not_run_again_has_what_it_began_with(debug, nb):
    path = nb(("x = [1, 2]", "step:a"), ("y = sum(x)\nprint(y)", "step:b"))
    nb2pipe.run(path)
    assert all(step.reused for step in nb2pipe.run(path).steps)
    _, cell = debug("b")
    assert text(cell) == "3\n"
