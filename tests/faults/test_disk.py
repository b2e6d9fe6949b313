"""Disks that are full or read-only: a diagnostic, or results that are only not kept; nothing is torn."""

from pathlib import Path

import pytest

from tests.faults.checks import torn_files
from tests.faults.conftest import PRINTED, nb2pipe, printed, write_notebook

_NO_SPACE = "No space left on device"


@pytest.mark.parametrize(
    ("free", "options"),
    [
        (0, []),  # for nothing at all
        (24, ["--isolated"]),  # for the run's folder
        (88, []),  # for the step's manifest, but not for its result
        (200, ["--isolated"]),  # for all but the first artifact
        (1000, []),  # for the first artifact, but not for the second one
    ],
)
def test_a_full_disk_is_said_and_the_next_run_goes_on(
    tmp_path: Path, mount, free: int, options: list[str]
):
    mount("-t", "tmpfs", "-o", "size=12m", "tmpfs", str(tmp_path))
    write_notebook(tmp_path)
    fill = tmp_path / "fill"
    fill.write_bytes(bytes((12 * 1024 - 8 - free) * 1024))
    done = nb2pipe(tmp_path, "run", "notebook.ipynb", *options)
    assert done.returncode == 1
    assert "error[NB507]" in done.stderr
    assert "free some space" in done.stderr
    assert torn_files(tmp_path) == []
    assert [path.name for path in tmp_path.rglob("*~")] == []
    assert nb2pipe(tmp_path, "runs").returncode == 0
    fill.unlink()
    done = nb2pipe(tmp_path, "run", "notebook.ipynb", *options)
    assert done.returncode == 0, done.stderr
    assert printed(tmp_path) == PRINTED


def test_results_that_find_no_place_in_the_store_are_only_not_kept(tmp_path: Path, mount):
    # Between two file systems there are no links: the store gets copies, or parts of them.
    store = tmp_path / ".nb2pipe" / "store"
    store.mkdir(parents=True)
    mount("-t", "tmpfs", "-o", "size=600k", "tmpfs", str(store))
    write_notebook(tmp_path)
    done = nb2pipe(tmp_path, "run", "notebook.ipynb")
    assert done.returncode == 0, done.stderr
    assert f"the results of b are not kept for later runs: {_NO_SPACE}" in done.stderr
    assert printed(tmp_path) == PRINTED
    assert torn_files(tmp_path) == []
    done = nb2pipe(tmp_path, "run", "notebook.ipynb")
    assert "a: not run again" in done.stderr
    assert "b: running" in done.stderr
    assert printed(tmp_path) == PRINTED


def test_a_folder_that_cannot_be_written_is_said_but_what_is_there_can_be_looked_at(
    tmp_path: Path, read_only
):
    write_notebook(tmp_path)
    assert nb2pipe(tmp_path, "run", "notebook.ipynb").returncode == 0
    read_only(tmp_path)
    done = nb2pipe(tmp_path, "run", "notebook.ipynb")
    assert done.returncode == 1
    assert "error[NB507]: the run's files cannot be written: Read-only file system" in done.stderr
    assert "copy the notebook to a folder that you may write to" in done.stderr
    assert "executed notebook" not in done.stderr
    done = nb2pipe(tmp_path, "clean", "--keep", "0")
    assert done.returncode == 1
    assert "error[NB507]: run `" in done.stderr
    assert "removed 0 of 1 runs, freed 0 B" in done.stderr
    for words in (["runs"], ["show", "last", "b"], ["check", "notebook.ipynb"]):
        assert nb2pipe(tmp_path, *words).returncode == 0
    assert printed(tmp_path) == PRINTED


def test_a_store_that_cannot_be_written_gives_what_it_has(tmp_path: Path, read_only):
    write_notebook(tmp_path)
    assert nb2pipe(tmp_path, "run", "notebook.ipynb").returncode == 0
    read_only(tmp_path / ".nb2pipe" / "store")
    done = nb2pipe(tmp_path, "run", "notebook.ipynb", "--from", "b")
    assert done.returncode == 0, done.stderr
    assert "a: not run again" in done.stderr
    assert "the results of b are not kept for later runs: Read-only file system" in done.stderr
    assert printed(tmp_path) == PRINTED
    assert torn_files(tmp_path) == []


@pytest.mark.parametrize("options", [[], ["--isolated"]])
def test_steps_need_no_home_that_can_be_written(tmp_path: Path, mount, options: list[str]):
    home = tmp_path / "home"
    home.mkdir()
    mount("-t", "tmpfs", "-o", "ro", "tmpfs", str(home))
    write_notebook(tmp_path)
    names = ("HOME", "IPYTHONDIR", "MPLCONFIGDIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")
    places = {name: str(home / name) for name in names}
    done = nb2pipe(tmp_path, "run", "notebook.ipynb", *options, **places)
    assert done.returncode == 0, done.stderr
    assert "fresh interpreter" not in done.stderr
    assert printed(tmp_path) == PRINTED
