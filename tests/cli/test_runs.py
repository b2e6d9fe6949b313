import json

import nb2pipe


def test_runs_are_listed_the_newest_first(run_command, failed, train):
    newer = nb2pipe.run(train)
    done = run_command("runs")
    assert done.returncode == 0, done.stderr
    _, first, second = done.stdout.splitlines()
    assert first.split()[:3] == [newer.id, "train.ipynb", "succeeded"]
    assert second.split()[:3] == [failed.id, "train.ipynb", "failed"]
    assert "3/3" in first
    assert "1/3" in second


def test_runs_of_one_notebook(run_command, failed, nb):
    nb2pipe.run(nb(("y = 1", "step:only"), name="other.ipynb"))
    (shown,) = json.loads(run_command("runs", "train.ipynb", "--format", "json").stdout)
    assert (shown["id"], shown["status"]) == (failed.id, "failed")
    assert shown["bytes"] > 1000
    assert [step["status"] for step in shown["steps"]] == ["succeeded", "failed", "not run"]
    assert len(json.loads(run_command("runs", ".", "--format", "json").stdout)) == 2


def test_a_run_without_a_result_is_running_or_killed(run_command, failed):
    (failed.folder / "result.json").unlink()
    done = run_command("runs")
    assert f"{failed.id}  train.ipynb  running or killed" in done.stdout
    assert "1/3" in done.stdout
    (shown,) = json.loads(run_command("runs", "--format", "json").stdout)
    assert [step["status"] for step in shown["steps"]] == ["succeeded", "failed", "not run"]
    assert shown["parameters"] == {"n": 4}


def test_where_nothing_ran(run_command, tmp_path, train):
    done = run_command("runs")
    assert (done.returncode, done.stdout) == (0, "")
    assert "nb2pipe run" in done.stderr
    done = run_command("runs", "trian.ipynb")
    assert done.returncode == 1
    assert "error[NB511]" in done.stderr
    assert "did you mean `train.ipynb`" in done.stderr
