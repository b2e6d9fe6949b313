import json

import pytest

import nb2pipe


def test_a_run_shows_its_origin_its_steps_and_what_went_wrong(run_command, failed):
    done = run_command("show", "last")
    assert done.returncode == 0, done.stderr
    assert f"{failed.id}: failed" in done.stdout
    assert "n=4" in done.stdout
    assert "error[NB501]: cell 5, line 1: ZeroDivisionError: division by zero" in done.stdout
    assert "1 | ratio = 1 / (p.x - n)" in done.stdout
    rows = {line.split()[0]: line for line in done.stdout.splitlines() if line.strip()}
    assert "succeeded" in rows["load"]
    assert "MB" in rows["load"]
    assert " B" in rows["load"]
    assert "failed" in rows["fit"]
    assert "not run" in rows["after"]


def test_a_step_shows_its_cells_outputs_error_log_and_artifacts(run_command, failed):
    shown = run_command("show", "last", "fit").stdout
    assert "step fit: failed" in shown
    assert "| extra = p.x * 2" in shown
    assert "\n  8\n" in shown
    assert "ZeroDivisionError: division by zero" in shown
    assert f"the last lines of {failed.folder / 'steps' / 'fit' / 'log.txt'}" in shown
    shown = run_command("show", "last", "load").stdout
    assert "\n  loaded 4\n" in shown
    assert "__main__.Point" in shown


def test_json(run_command, failed):
    run = json.loads(run_command("show", failed.id, "--format", "json").stdout)
    assert run["folder"] == str(failed.folder)
    assert [step["name"] for step in run["steps"]] == ["load", "fit", "after"]
    step = json.loads(run_command("show", failed.id, "fit", "--format", "json").stdout)
    assert [(cell["number"], cell["status"]) for cell in step["cells"]] == [(4, "ok"), (5, "error")]
    assert step["error"]["ename"] == "ZeroDivisionError"
    assert step["log_tail"]


def test_the_ways_to_name_a_run(run_command, failed, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    for name, place in [
        (failed.id, "."),
        (failed.id[-4:], "."),
        ("last", "."),
        (failed.folder, "elsewhere"),
    ]:
        done = run_command("show", name, cwd=tmp_path / place)
        assert f"{failed.id}: failed" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("words", "code", "hint"),
    [
        (["lst"], "NB511", "did you mean `last`"),
        (["zzz"], "NB511", "there are `"),
        (["./zzz"], "NB511", "not the folder of a run"),
        (["2"], "NB511", "give more of the name"),
        (["last", "fitt"], "NB512", "did you mean `fit`"),
        (["last", "zzz"], "NB512", "its steps are `load`, `fit`, `after`"),
    ],
)
def test_a_run_or_step_that_is_not_there(run_command, failed, train, words, code, hint):
    nb2pipe.run(failed.folder.parents[2] / "train.ipynb")
    words = [failed.id, *words[1:]] if len(words) > 1 else words
    done = run_command("show", *words)
    assert done.returncode == 1
    assert f"error[{code}]" in done.stderr
    assert hint in done.stderr
    assert done.stdout == ""


def test_without_any_run(run_command):
    done = run_command("show", "last")
    assert done.returncode == 1
    assert "error[NB511]" in done.stderr
    assert "nb2pipe run" in done.stderr


def test_a_step_that_was_killed_shows_how_far_it_got(run_command, nb):
    nb2pipe.run(nb(("y = 1", "step:a"), "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"))
    shown = run_command("show", "last", "a").stdout
    assert "cell 2  did not end" in shown
    assert "error[NB506]" in shown
    assert "was ended by SIGKILL" in shown


def test_what_a_notebook_prints_cannot_steer_the_terminal(on_terminal, nb):
    nb2pipe.run(nb((r"print('\x1b[2Jgone\x1b]0;title\x07 [red]x[/red]')", "step:a")))
    shown = on_terminal("show", "last", "a")
    assert "gone [red]x[/red]" in shown
    assert "\x1b[2J" not in shown
    assert "\x1b]0" not in shown


def test_a_pipeline_of_another_version(run_command, failed):
    (failed.folder / "pipeline.json").write_text('{"schema_version": 1}')
    assert "fit" in run_command("show", "last").stdout
    done = run_command("show", "last", "fit")
    assert done.returncode == 1
    assert "error[NB511]" in done.stderr
    assert "run the notebook again" in done.stderr
