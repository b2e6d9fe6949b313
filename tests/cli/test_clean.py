import os
import time

import pytest

import nb2pipe
from nb2pipe.engine.history import list_runs

OLD = "20200102-030405-000000-abcd"


@pytest.fixture
def three(train):
    return [nb2pipe.run(train) for _ in range(3)]


def kept(folder):
    return [run.id for run in list_runs(folder)]


def age(run):
    """Give a run a name, and so a start, of years ago."""
    return run.folder.rename(run.folder.with_name(OLD))


def test_keep(run_command, three, tmp_path):
    done = run_command("clean", "--keep", 1)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [three[1].id, three[0].id]
    assert "removed 2 of 3 runs, freed" in done.stderr
    assert "freed 0 B" not in done.stderr
    assert kept(tmp_path) == [three[2].id]


def test_without_options_ten_stay(run_command, nb, tmp_path):
    path = nb(("x = 1", "step:a"))
    made = [nb2pipe.run(path).id for _ in range(11)]
    assert run_command("clean").stdout.split() == made[:1]
    assert kept(tmp_path) == made[:0:-1]


def test_a_dry_run_removes_nothing(run_command, three, tmp_path):
    done = run_command("clean", "--keep", 0, "--dry-run")
    assert len(done.stdout.split()) == 3
    assert "would remove 3 of 3 runs and free" in done.stderr
    assert len(kept(tmp_path)) == 3


def test_older_and_larger_runs(run_command, three, tmp_path):
    (three[1].folder / "big").write_bytes(bytes(3_000_000))
    assert run_command("clean", "--older-than", "7d").stdout == ""
    assert run_command("clean", "--larger-than", "4MB").stdout == ""
    assert run_command("clean", "--larger-than", "2.5MB").stdout.split() == [three[1].id]
    document = three[0].folder / "result.json"
    document.write_text(
        document.read_text().replace(f'"started": "{time.gmtime().tm_year}', '"started": "2020')
    )
    assert run_command("clean", "--older-than", "7d", "--keep", 2).stdout == ""
    assert run_command("clean", "--older-than", "7d").stdout.split() == [three[0].id]


def test_what_may_be_running_stays(run_command, three, tmp_path):
    (three[2].folder / "result.json").unlink()
    (three[0].folder / "result.json").unlink()
    age(three[0])
    assert run_command("clean", "--keep", 0).stdout.split() == [three[1].id, OLD]
    assert kept(tmp_path) == [three[2].id]


def test_only_the_runs_of_the_notebook(run_command, three, nb, tmp_path):
    other = nb2pipe.run(nb(("x = 1", "step:a"), name="other.ipynb"))
    run_command("clean", "train.ipynb", "--keep", 0)
    assert kept(tmp_path) == [other.id]


def test_artifacts_that_no_run_has_any_more_leave_the_store(run_command, three, tmp_path):
    def put_into_store(name, size, *, hours, runs=()):
        path = tmp_path / ".nb2pipe" / "store" / "objects" / name[:2] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(bytes(size))
        os.utime(path, (time.time() - 3600 * hours,) * 2)
        for run in runs:
            os.link(path, run.folder / name)
        return path

    shared = put_into_store("aa1", 1_000_000, hours=2, runs=[three[0], three[2]])
    lonely = put_into_store("bb2", 2_000_000, hours=2, runs=three[:2])
    unused = put_into_store("cc3", 4_000_000, hours=2)
    young = put_into_store("dd4", 8_000_000, hours=0.5)
    said = run_command("clean", "--keep", 1, "--dry-run").stderr
    assert "free 6.0 MB" in said
    assert "freed 6.0 MB" in run_command("clean", "--keep", 1).stderr
    assert [path.exists() for path in (shared, lonely, unused, young)] == [True, False, False, True]


def test_results_are_reused_as_long_as_a_run_has_them(run_command, nb, tmp_path):
    def clean(*words):
        for path in (tmp_path / ".nb2pipe" / "store").rglob("*"):
            os.utime(path, (0, 0))
        return run_command("clean", *words).stderr

    def ran():
        result = nb2pipe.run(nb(("x = bytes(3_000_000)", "step:a"), ("print(len(x))", "step:b")))
        assert result.status == "succeeded"
        return [step.step for step in result.steps if step.reused is None]

    assert (ran(), ran()) == (["a", "b"], [])
    assert "removed 1 of 2 runs" in clean("--keep", 1)
    assert ran() == []
    assert "removed 2 of 2 runs, freed 3." in clean("--keep", 0)
    assert [path for path in (tmp_path / ".nb2pipe" / "store").rglob("*") if path.is_file()] == []
    assert ran() == ["a", "b"]


@pytest.mark.parametrize(
    "words", [("--older-than", "7x"), ("--larger-than", "big"), ("--keep", "-1")]
)
def test_wrong_values_remove_nothing(run_command, train, words):
    done = run_command("clean", *words)
    assert done.returncode == 2
    assert words[0] in done.stderr
