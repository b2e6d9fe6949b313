"""What one machine has run, another one takes from the store that they share."""

import json
import os
import shutil
import subprocess
import sys
import uuid
import venv
from pathlib import Path

import pytest

import nb2pipe
from nb2pipe.engine import RunOptions
from nb2pipe.engine.keys import environment, shared_environment
from tests.conftest import notebook_document

LOAD, FIT, SHOW = (
    ("x = [1, 2]\nprint('loading')", "step:load"),
    ("y = sum(x)\nprint('fitting')", "step:fit"),
    ("print(y)", "step:show"),
)
ALL = ["load", "fit", "show"]


@pytest.fixture
def machine(tmp_path):
    """Run cells in the folder of a machine, by its name; return which steps ran, and the result."""

    def run(name, *cells, store, metadata=None):
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        document = notebook_document(*cells, metadata=metadata)
        (folder / "notebook.ipynb").write_text(json.dumps(document))
        result = nb2pipe.run(folder / "notebook.ipynb", options=RunOptions(store=store))
        assert result.status == "succeeded"
        return [step.step for step in result.steps if step.reused is None], result

    return run


@pytest.fixture(params=["file", "path", "memory"])
def store(request, tmp_path):
    """The URL of a new store."""
    if request.param == "memory":
        return f"memory://{uuid.uuid4().hex}/results"
    return ("file://" if request.param == "file" else "") + str(tmp_path / "shared")


@pytest.fixture
def folder_store(tmp_path):
    return tmp_path / "shared"


def texts(result):
    cells = [cell for cell in result.notebook["cells"] if cell["cell_type"] == "code"]
    return ["".join(output["text"] for output in cell["outputs"]) for cell in cells]


def objects(folder):
    return [path for path in (folder / "objects").rglob("*") if path.is_file()]


def test_what_another_machine_has_run_does_not_run_again(machine, store):
    ran, first = machine("a", LOAD, FIT, SHOW, store=store)
    assert ran == ALL
    ran, second = machine("b", LOAD, FIT, SHOW, store=store)
    assert ran == []
    assert texts(second) == texts(first) == ["loading\n", "fitting\n", "3\n"]
    assert second.diagnostics == ()
    assert {step.reused for step in second.steps} == {first.id}
    # From then on it is the machine's own.
    assert machine("b", LOAD, FIT, SHOW, store="")[0] == []


def test_only_what_differs_runs_and_goes_back(machine, store):
    machine("a", LOAD, FIT, SHOW, store=store)
    other = ("y = sum(x) * 2", "step:fit")
    ran, result = machine("b", LOAD, other, SHOW, store=store)
    assert (ran, texts(result)[-1]) == (["fit", "show"], "6\n")
    ran, result = machine("a", LOAD, other, SHOW, store=store)
    assert (ran, texts(result)[-1]) == ([], "6\n")


def test_files_that_differ_between_machines_matter(machine, store, tmp_path):
    cells = [("print(open('n.txt').read())", "step:read"), ("print(1)", "step:other")]
    for name, text in (("a", "1"), ("b", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "n.txt").write_text(text)
    machine("a", *cells, store=store)
    ran, result = machine("b", *cells, store=store)
    assert (ran, texts(result)[0]) == (["read"], "2\n")


def test_modules_that_are_not_installed_matter(machine, folder_store, tmp_path, monkeypatch):
    (tmp_path / "lib").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "lib"))
    cells = [("import mine\nprint(mine.x)", "step:use"), ("print(1)", "step:other")]
    seen = []
    for name, text in (("a", "x = 1"), ("b", "x = 1"), ("c", "x = 22")):
        # As on another machine, where it is in the same place.
        (tmp_path / "lib" / "mine.py").write_text(text)
        ran, result = machine(name, *cells, store=str(folder_store))
        seen.append((ran, texts(result)[0]))
    assert seen == [(["use", "other"], "1\n"), ([], "1\n"), (["use", "other"], "22\n")]


def test_what_was_run_before_there_was_a_store_is_put_there(machine, folder_store):
    machine("a", LOAD, FIT, SHOW, store="")
    assert machine("a", LOAD, FIT, SHOW, store=str(folder_store))[0] == []
    assert machine("b", LOAD, FIT, SHOW, store=str(folder_store))[0] == []


def test_artifacts_that_were_removed_here_are_fetched(machine, folder_store, tmp_path):
    machine("a", LOAD, FIT, SHOW, store=str(folder_store))
    shutil.rmtree(tmp_path / "a" / ".nb2pipe" / "store")
    assert machine("a", LOAD, FIT, SHOW, store=str(folder_store))[0] == []


@pytest.mark.parametrize("damage", [lambda c: c[:-70] + b"?" + c[-69:], lambda c: c[:100]])
def test_damaged_files_are_made_again(machine, folder_store, damage):
    machine("a", LOAD, FIT, SHOW, store=str(folder_store))
    contents = {path: path.read_bytes() for path in objects(folder_store)}
    artifacts = [path for path in contents if contents[path].startswith(b"nb2pipe artifact")]
    (stored,) = [path for path in artifacts if b'"names": ["x"]' in contents[path]]
    whole = contents[stored]
    stored.write_bytes(damage(whole))
    ran, result = machine("b", LOAD, FIT, SHOW, store=str(folder_store))
    assert (ran, texts(result)[-1]) == (["load"], "3\n")
    assert stored.read_bytes() == whole
    assert machine("c", LOAD, FIT, SHOW, store=str(folder_store))[0] == []


def test_damaged_records_are_not_believed(machine, folder_store):
    machine("a", LOAD, FIT, SHOW, store=str(folder_store))
    for path in (folder_store / "steps").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b'"peak"', b'"paek"'))
    assert machine("b", LOAD, FIT, SHOW, store=str(folder_store))[0] == ALL
    assert machine("c", LOAD, FIT, SHOW, store=str(folder_store))[0] == []


def test_nothing_is_seen_before_it_is_whole(machine, folder_store):
    machine("a", LOAD, FIT, SHOW, store=str(folder_store))
    names = {path.name for path in objects(folder_store)}
    assert all(len(name) == 32 for name in names), names


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("nosuch://user:secret@host/place", "`nosuch://host/place` cannot be used: "),
        ("{file}/in/a/file", "/in/a/file` cannot be used: "),
    ],
)
def test_a_store_that_cannot_be_used_is_a_warning(machine, tmp_path, url, text):
    (tmp_path / "file").touch()
    url = url.format(file=tmp_path / "file")
    ran, result = machine("a", LOAD, FIT, SHOW, store=url)
    assert (ran, texts(result)[-1]) == (ALL, "3\n")
    (found,) = result.diagnostics
    assert (found.code.number, found.severity) == ("NB517", "warning")
    assert text in found.message
    assert "secret" not in found.message
    assert "--store ''" in found.hint
    assert machine("a", LOAD, FIT, SHOW, store=url)[0] == []


def test_without_fsspec_the_warning_says_what_to_install(machine, monkeypatch, folder_store):
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    ran, result = machine("a", LOAD, FIT, SHOW, store=str(folder_store))
    assert ran == ALL
    assert "pip install 'nb2pipe[store]'" in result.diagnostics[0].message


def test_the_setting_names_the_store_and_the_option_wins(machine, folder_store):
    setting = {"nb2pipe": {"store": str(folder_store)}}
    machine("a", LOAD, FIT, SHOW, store=None, metadata=setting)
    assert machine("b", LOAD, FIT, SHOW, store=None, metadata=setting)[0] == []
    assert machine("c", LOAD, FIT, SHOW, store="", metadata=setting)[0] == ALL


def test_the_command_line(machine, folder_store, tmp_path):
    machine("a", LOAD, FIT, SHOW, store=str(folder_store))
    (tmp_path / "b").mkdir()
    shutil.copy(tmp_path / "a" / "notebook.ipynb", tmp_path / "b")
    words = ["run", "notebook.ipynb", "--store", str(folder_store), "--explain"]
    done = subprocess.run(
        [sys.executable, "-m", "nb2pipe", *words],
        cwd=tmp_path / "b",
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"nothing that it depends on is other than in `{folder_store}`" in done.stderr


# --- what machines have in common


@pytest.fixture
def python(tmp_path):
    """Make a Python, in an environment of this name, that has a package with this code."""

    def make(name, code="x = 1\n", *, record=True):
        venv.create(tmp_path / name, with_pip=False, symlinks=True)
        (site,) = (tmp_path / name).glob("lib/python3*/site-packages")
        about = site / "mine-1.0.dist-info"
        about.mkdir()
        (site / "mine.py").write_text(code)
        if record:
            digest = "sha256=" + str(abs(hash(code)))
            lines = [
                f"mine.py,{digest},{len(code)}",
                f"../../../bin/mine,sha256={name},9",
                f"mine-1.0.dist-info/INSTALLER,sha256={name},4",
                "mine-1.0.dist-info/RECORD,,",
            ]
            (about / "RECORD").write_text("\n".join(lines))
        return str(tmp_path / name / "bin" / "python")

    return make


def test_equal_environments_are_the_same_wherever_they_are(python):
    one, other = python("one"), python("other")
    assert environment(one) != environment(other)
    assert shared_environment(one) == shared_environment(other)


def test_another_code_of_the_same_version_is_another_environment(python):
    assert shared_environment(python("one")) != shared_environment(python("two", "x = 2\n"))


def test_a_package_of_which_nothing_is_known_is_another_one(python):
    one, other = python("one", record=False), python("other", record=False)
    assert shared_environment(one) != shared_environment(other)


def test_a_machine_in_another_time_zone_is_another_one(python, monkeypatch):
    one, other = python("one"), python("other")
    here = shared_environment(one)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert shared_environment(other) != here


def test_a_python_that_is_not_there_is_none(tmp_path):
    missing = os.fspath(Path(tmp_path / "nothing"))
    assert shared_environment(missing) == environment(missing)
