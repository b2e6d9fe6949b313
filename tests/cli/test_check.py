import json

import pytest

from nb2pipe.diagnostics import Code


def test_a_fine_notebook_is_silent(run_command, train):
    done = run_command("check", "train.ipynb")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_on_a_terminal_a_line_says_that_all_is_fine(on_terminal, nb, train):
    assert on_terminal("check", "train.ipynb", env={"NO_COLOR": "1"}) == "train.ipynb: fine\r\n"
    nb(("x = 1", "step:a"), name="b.ipynb")
    assert on_terminal("check", ".", env={"NO_COLOR": "1"}) == "2 notebooks: fine\r\n"


def test_notebooks_without_tags_get_a_hint_and_never_fail(run_command, nb):
    for name in ("a.ipynb", "b.ipynb"):
        nb("x = 1", name=name)
    done = run_command("check", "--strict", ".")
    assert done.returncode == 0
    assert "\n2 notebooks: 2 hints\n" in done.stderr


def test_an_error_shows_cell_line_and_help(run_command, nb):
    nb(("x = 1", "step:load"), ("y = 2\nprint(xx)", "step:fit"), name="train.ipynb")
    done = run_command("check", "train.ipynb")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "error[NB203]: `xx`" in done.stderr
    assert "  --> train.ipynb:cell 2:2:7 (step `fit`)\n" in done.stderr
    assert " 2 | print(xx)\n   |       ^^\n" in done.stderr
    assert "train.ipynb: 1 error" in done.stderr


BROKEN = {
    "missing": (None, "NB001"),
    "empty": (b"", "NB002"),
    "cut off": (b'{"cells": [', "NB002"),
    "binary": (b"\x89PNG\r\n\x1a\n\xff\xfe\x00", "NB001"),
    "a list": (b"[1, 2]", "NB003"),
    "an object": (b"{}", "NB003"),
    "format 2": (
        b'{"nbformat": 2, "nbformat_minor": 0, "metadata": {}, "worksheets": []}',
        "NB004",
    ),
    "format 9": (b'{"nbformat": 9, "nbformat_minor": 0, "metadata": {}, "cells": []}', "NB004"),
    "no cells": (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}', "NB006"),
    "deep": (b"[" * 100_000, "NB002"),
}


@pytest.mark.parametrize(("content", "code"), BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("command", ["check", "compile", "graph", "run"])
def test_a_broken_file_is_a_diagnostic_of_every_command(
    run_command, tmp_path, command, content, code
):
    if content is not None:
        (tmp_path / "bad.ipynb").write_bytes(content)
    before = set(tmp_path.iterdir())
    done = run_command(command, "bad.ipynb")
    assert done.returncode == 1
    assert f"error[{code}]" in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""
    assert set(tmp_path.iterdir()) == before


@pytest.mark.parametrize("command", ["compile", "graph", "run"])
def test_a_folder_is_no_notebook(run_command, tmp_path, command):
    (tmp_path / "notebooks").mkdir()
    done = run_command(command, "notebooks")
    assert done.returncode == 1
    assert "error[NB001]" in done.stderr


def test_json_goes_to_standard_output_with_every_notebook(run_command, nb, train):
    nb(("print(y)", "step:a"), name="bad.ipynb")
    done = run_command("check", "--format", "json", "train.ipynb", "bad.ipynb")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert document["notebooks"] == ["train.ipynb", "bad.ipynb"]
    (found,) = document["diagnostics"]
    assert (found["code"], found["notebook"], found["cell"]) == ("NB203", "bad.ipynb", 1)
    assert document["summary"]["errors"] == 1
    assert done.stderr == ""


def test_the_last_line_sums_up_all_notebooks(run_command, nb, train):
    for name in ("a.ipynb", "b.ipynb"):
        nb(("x = 1", "step:a"), ("print(y, x)", "step:b"), name=name)
    done = run_command("check", "a.ipynb", "train.ipynb", "b.ipynb")
    assert done.stderr.endswith("\n2 notebooks: 2 errors\n")


def test_strict_fails_on_warnings(run_command, nb):
    nb(("x = 1", "step:a"), name="n.ipynb", metadata={"nb2pipe": {"imagge": "python:3.12"}})
    fine = run_command("check", "n.ipynb")
    assert fine.returncode == 0
    assert f"warning[{Code.UNKNOWN_SETTING.number}]" in fine.stderr
    assert run_command("check", "--strict", "n.ipynb").returncode == 1


def test_colours_only_on_a_terminal(run_command, nb):
    nb(("print(y)", "step:a"), name="bad.ipynb")
    assert "\x1b[" not in run_command("check", "bad.ipynb").stderr


@pytest.mark.parametrize(("env", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_colours_on_a_terminal_unless_told_not_to(on_terminal, nb, env, coloured):
    nb(("print(y)", "step:a"), name="bad.ipynb")
    assert ("\x1b[31m" in on_terminal("check", "bad.ipynb", env=env)) is coloured
