"""A step is run again when something that it depends on changed, and only then."""

import json
import os
import py_compile
import tempfile
import time
from pathlib import Path

import pytest

import nb2pipe
from nb2pipe.diagnostics import CompileError
from nb2pipe.engine import RunOptions

LOAD, FIT, SHOW = (
    ("x = [1, 2]\nprint('loading')", "step:load"),
    ("# fit\ny = sum(x)\nprint('fitting')", "step:fit"),
    ("print(y)", "step:show"),
)


@pytest.fixture
def run(nb):
    """Run cells beside the results of earlier runs; return which steps ran, and the result."""

    def run_cells(*cells, parameters=None, **options):
        result = nb2pipe.run(nb(*cells), parameters=parameters, options=RunOptions(**options))
        assert [str(d) for d in result.diagnostics if d.is_error] == []
        ran = [s.step for s in result.steps if s.status == "succeeded" and s.reused is None]
        return ran, result

    return run_cells


def texts(result):
    cells = [cell for cell in result.notebook["cells"] if cell["cell_type"] == "code"]
    return ["".join(output["text"] for output in cell["outputs"]) for cell in cells]


def test_nothing_runs_twice_and_what_was_displayed_comes_back(run):
    ran, first = run(LOAD, FIT, SHOW)
    assert ran == ["load", "fit", "show"]
    ran, again = run(LOAD, FIT, SHOW)
    assert ran == []
    assert texts(again) == texts(first) == ["loading\n", "fitting\n", "3\n"]
    assert {step.reused for step in again.steps} == {first.id}
    assert (again.folder / "steps" / "fit" / "artifacts" / "y").exists()


def test_comments_layout_and_cells_before_do_not_matter(run):
    run(LOAD, FIT, SHOW)
    changed = ("# another comment\ny  =  sum( x )\nprint('fitting')", "step:fit")
    ran, result = run(("print('new')", "step:new"), LOAD, changed, SHOW)
    assert ran == ["new"]
    assert texts(result) == ["new\n", "loading\n", "fitting\n", "3\n"]
    assert [cell["execution_count"] for cell in result.notebook["cells"]] == [1, 2, 3, 4]


def test_what_a_step_is_called_does_not_matter(run):
    run(LOAD, FIT, SHOW)
    ran, result = run(LOAD, (FIT[0], "step:add"), SHOW)
    assert ran == []
    assert texts(result) == ["loading\n", "fitting\n", "3\n"]
    assert [(step.step, step.status) for step in result.steps] == [
        ("load", "succeeded"),
        ("add", "succeeded"),
        ("show", "succeeded"),
    ]


def test_a_change_runs_the_step_and_what_depends_on_it(run):
    run(LOAD, FIT, SHOW)
    ran, result = run(LOAD, ("# fit\ny = sum(x) + 1\nprint('fitting')", "step:fit"), SHOW)
    assert ran == ["fit", "show"]
    assert result.step("fit").reasons == ("cell 2 line 2 changed",)
    assert result.step("show").reasons == ("input `y` from `fit` changed",)
    assert texts(result)[-1] == "4\n"


def test_what_comes_after_does_not_run_when_the_result_is_the_same(run):
    run(LOAD, FIT, SHOW)
    ran, _ = run(LOAD, ("y = sum(list(x))\nprint('fitting')", "step:fit"), SHOW)
    assert ran == ["fit"]


def test_a_function_of_another_cell_that_it_calls_matters(run):
    other = ("def g(): pass", "step:other")
    step = ("print(f(3))", "step:a")
    run(("def f(n):\n    return n", "step:f"), other, step)
    ran, result = run(("def f(n):\n    return n + 1", "step:f"), other, step)
    assert ran == ["f", "a"]
    assert texts(result)[-1] == "4\n"
    ran, _ = run(("def f(n):\n    return n + 1", "step:f"), ("def g(): 1", "step:other"), step)
    assert ran == ["other"]


def test_parameters_matter_to_the_steps_that_use_them(run):
    cells = [("n = 1", "pipeline-parameters"), ("print(n)", "step:a"), ("print(2)", "step:b")]
    run(*cells)
    ran, result = run(*cells, parameters={"n": 5})
    assert ran == ["a"]
    assert result.step("a").reasons == ("parameter `n` changed",)


def test_files_that_it_reads_matter(run, tmp_path):
    # One is read by name, one by a name that is put together, one through a list of the folder.
    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("1")
    (tmp_path / "folder").mkdir()
    cells = [
        ("print(open('a.txt').read())", "step:a"),
        ("print(open('b' + '.txt').read())", "step:b"),
        ("import os\nprint(len(os.listdir('folder')))", "step:c"),
    ]
    assert run(*cells)[0] == ["a", "b", "c"]
    assert run(*cells)[0] == []
    (tmp_path / "a.txt").write_text("2")
    ran, result = run(*cells)
    assert ran == ["a"]
    assert result.step("a").reasons == ("the file `a.txt` changed",)
    (tmp_path / "b.txt").write_text("2")
    (tmp_path / "folder" / "new").touch()
    assert run(*cells)[0] == ["b", "c"]


def test_a_file_that_it_wrote_is_written_again_when_it_is_gone_or_changed(run, tmp_path):
    cells = [("open('out.txt', 'w').write('7')", "step:a"), ("print(1)", "step:b")]
    run(*cells)
    assert run(*cells)[0] == []
    (tmp_path / "out.txt").unlink()
    assert run(*cells)[0] == ["a"]
    assert (tmp_path / "out.txt").read_text() == "7"
    (tmp_path / "out.txt").write_text("8")
    assert run(*cells)[0] == ["a"]


def test_a_file_that_another_step_opened_matters(run, tmp_path):
    path = tmp_path / "x.txt"
    path.write_text("1\n2\n")
    read = ("f = open('x.txt')\nprint(f.readline())", "step:a"), ("print(f.read())", "step:b")
    write = (
        ("g = open('y.txt', 'w')\nn = g.write('1')", "step:c"),
        ("g.write('2')\ng.close()\nprint(open('y.txt').read())", "step:d"),
    )
    assert run(*read, *write)[0] == ["a", "b", "c", "d"]
    ran, again = run(*read, *write)
    assert ran == []
    assert texts(again)[1::2] == ["2\n\n", "12\n"]
    path.write_text("1\n3\n")
    ran, changed = run(*read, *write)
    assert ran == ["a", "b"]
    assert changed.step("b").reasons == ("input `f` from `a` changed",)
    assert texts(changed)[1] == "3\n\n"
    (tmp_path / "y.txt").unlink()
    ran, gone = run(*read, *write)
    assert texts(gone)[3] == "12\n"
    assert (tmp_path / "y.txt").read_text() == "12"


def test_a_module_beside_the_notebook_matters(run, tmp_path):
    cells = [("import mine\nprint(mine.n)", "step:a"), ("print(2)", "step:b")]
    (tmp_path / "mine.py").write_text("n = 1\n")
    run(*cells)
    assert run(*cells)[0] == []
    time.sleep(0.01)
    (tmp_path / "mine.py").write_text("n = 22\n")
    ran, result = run(*cells)
    assert (ran, texts(result)[0]) == (["a"], "22\n")


@pytest.mark.parametrize("isolated", [False, True])
def test_a_module_that_is_found_elsewhere_but_not_installed_matters(
    run, tmp_path_factory, monkeypatch, isolated
):
    folder = tmp_path_factory.mktemp("library")
    monkeypatch.setenv("PYTHONPATH", str(folder))
    source = "import pathlib\ntext = pathlib.Path(__file__).with_name('n.txt').read_text()\nn = 1\n"
    (folder / "mine.py").write_text(source)
    (folder / "n.txt").write_text("a")
    cells = [("import mine\nprint(mine.n, mine.text)", "step:a")]
    run(*cells, isolated=isolated)
    assert run(*cells, isolated=isolated)[0] == []
    (folder / "n.txt").write_text("b")
    ran, result = run(*cells, isolated=isolated)
    assert (ran, texts(result)) == (["a"], ["1 b\n"])
    (folder / "mine.py").write_text(source + "n = 2\n")
    ran, result = run(*cells, isolated=isolated)
    assert (ran, texts(result)) == (["a"], ["2 b\n"])


SYSTEM = "/dev/shm"  # noqa: S108 -- each test has a folder of its own there


@pytest.mark.skipif(not os.access(SYSTEM, os.W_OK), reason="there is no such folder")
def test_a_module_beside_a_notebook_in_a_folder_of_the_system_matters(nb_document):
    with tempfile.TemporaryDirectory(dir=SYSTEM) as folder:
        notebook, module = Path(folder, "n.ipynb"), Path(folder, "mine.py")
        notebook.write_text(json.dumps(nb_document(("import mine\nprint(mine.n)", "step:a"))))
        for n in (1, 22):
            module.write_text(f"n = {n}\n")
            py_compile.compile(str(module))  # so that importing it does not open it
            assert texts(nb2pipe.run(notebook)) == [f"{n}\n"]


def test_the_environment_of_a_step_matters(run):
    run(("import os\nprint(os.environ['A'])", "step:a", "env:A=1"))
    ran, result = run(("import os\nprint(os.environ['A'])", "step:a", "env:A=2"))
    assert (ran, texts(result)) == (["a"], ["2\n"])


def test_a_step_that_is_not_to_be_cached_always_runs(run):
    cells = [("import time\nt = 1", "step:a", "cache:off"), ("print(t)", "step:b")]
    run(*cells)
    ran, result = run(*cells)
    assert ran == ["a"]
    assert result.step("a").reasons == ("it is tagged `cache:off`",)


def test_from_only_and_no_cache(run):
    run(LOAD, FIT, SHOW)
    assert run(LOAD, FIT, SHOW, start="fit")[0] == ["fit", "show"]
    ran, result = run(LOAD, FIT, SHOW, only="fit")
    assert ran == ["fit"]
    assert result.step("show").status == "not run"
    assert result.status == "succeeded"
    assert run(LOAD, FIT, SHOW, reuse=False)[0] == ["load", "fit", "show"]


@pytest.mark.parametrize("options", [{"start": "fitt"}, {"only": "fitt"}])
def test_a_step_that_does_not_exist_is_said(nb, options):
    with pytest.raises(CompileError) as raised:
        nb2pipe.run(nb(LOAD, FIT), options=RunOptions(**options))
    (found,) = raised.value.diagnostics
    assert (found.code.number, found.hint) == ("NB514", "did you mean `fit`?")


def test_after_a_failure_the_next_run_goes_on(nb, run):
    broken = nb2pipe.run(nb(LOAD, ("y = sum(x)\n1 / 0", "step:fit"), SHOW))
    assert broken.status == "failed"
    assert run(LOAD, FIT, SHOW)[0] == ["fit", "show"]


def test_a_step_that_fails_fails_again(nb):
    cells = [LOAD, ("1 / 0", "step:fit")]
    nb2pipe.run(nb(*cells))
    again = nb2pipe.run(nb(*cells))
    assert [step.status for step in again.steps] == ["succeeded", "failed"]


def test_a_damaged_artifact_is_said_and_made_again(nb, run):
    _, first = run(LOAD, FIT, SHOW)
    stored = first.folder / "steps" / "load" / "artifacts" / "x"
    content = bytearray(stored.read_bytes())
    content[-70] ^= 1
    stored.chmod(0o644)
    with stored.open("r+b") as file:
        file.write(content)
    fit = ("y = sum(x) * 2", "step:fit")
    damaged = nb2pipe.run(nb(LOAD, fit, SHOW))
    (found,) = damaged.diagnostics
    assert found.code.number == "NB505"
    assert "`x` of step `load`" in found.message
    ran, result = run(LOAD, fit, SHOW)
    assert ran == ["load", "fit", "show"]
    assert texts(result)[-1] == "6\n"


def test_a_broken_index_only_means_that_everything_runs(run, tmp_path):
    run(LOAD, FIT, SHOW)
    (tmp_path / ".nb2pipe" / "index.sqlite").write_bytes(b"nonsense" * 1000)
    assert run(LOAD, FIT, SHOW)[0] == ["load", "fit", "show"]


def test_equal_content_is_stored_once(run):
    _, first = run(
        ("x = bytes(100_000)", "step:a"), ("y = bytes(x)", "step:b"), ("print(x == y)", "step:c")
    )
    _, second = run(
        ("x = bytes(100_000)", "step:a"), ("y = bytes(x)", "step:b"), ("print(y == x)", "step:c")
    )
    one, other = (r.folder / "steps" / "a" / "artifacts" / "x" for r in (first, second))
    assert one.samefile(other)


def test_the_result_tells_what_was_run(run, tmp_path):
    _, result = run(LOAD, FIT, SHOW)
    document = json.loads((result.folder / "result.json").read_text())
    assert document["notebook"].endswith(".ipynb")
    assert document["git"] is None
    fit = document["steps"][1]
    assert fit["peak"] > 1_000_000
    assert fit["artifacts"]["y"]["bytes"] > 0
    assert fit["begin"] >= document["steps"][0]["begin"]
