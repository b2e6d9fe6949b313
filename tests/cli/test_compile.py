import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from nb2pipe.ir import pipeline_from_json


def test_the_yaml_lies_beside_the_notebook_and_one_line_says_so(run_command, train):
    done = run_command("compile", "train.ipynb", "--image", "python:3.12")
    assert done.returncode == 0
    assert done.stdout == ""
    assert "wrote train.pipeline.yaml: 3 steps, 2 edges\n" in done.stderr
    assert (
        "kfp run create --experiment-name train --package-file train.pipeline.yaml" in done.stderr
    )
    document = next(yaml.safe_load_all((train.parent / "train.pipeline.yaml").read_text()))
    assert set(document["root"]["dag"]["tasks"]) == {"load", "add", "show"}


def test_two_compilations_give_the_same_bytes(run_command, train):
    first, second = (run_command("compile", "train.ipynb", "-o", "-").stdout for _ in range(2))
    assert first == second != ""


def test_the_notebook_is_never_changed(run_command, train):
    before = train.read_bytes(), train.stat().st_mtime_ns
    run_command("compile", "train.ipynb")
    assert (train.read_bytes(), train.stat().st_mtime_ns) == before


def test_standard_output_holds_only_the_pipeline(run_command, train):
    done = run_command("compile", "train.ipynb", "--to", "json", "-o", "-")
    pipeline = pipeline_from_json(json.loads(done.stdout))
    assert [step.name for step in pipeline.steps] == ["load", "add", "show"]
    assert "3 steps" in done.stderr


def test_a_folder_and_a_file_as_output(run_command, train):
    (train.parent / "out").mkdir()
    assert run_command("compile", "train.ipynb", "-o", "out").returncode == 0
    assert (train.parent / "out" / "train.pipeline.yaml").is_file()
    assert run_command("compile", "train.ipynb", "-o", "other.yaml").returncode == 0
    assert (train.parent / "other.yaml").is_file()


def test_a_device_is_written_to_and_not_replaced(run_command, train):
    assert run_command("compile", "train.ipynb", "-o", "/dev/null").returncode == 0
    assert stat.S_ISCHR(Path("/dev/null").stat().st_mode)


def test_a_link_stays_a_link(run_command, train):
    target = train.parent / "target.yaml"
    target.write_text("old")
    (train.parent / "link.yaml").symlink_to(target)
    assert run_command("compile", "train.ipynb", "-o", "link.yaml").returncode == 0
    assert (train.parent / "link.yaml").is_symlink()
    assert target.read_text() != "old"


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("train.ipynb", "notebook itself"),
        ("./sub/../train.ipynb", "notebook itself"),
        ("other.ipynb", "it is a notebook"),
        ("missing/train.yaml", "there is no folder `missing`"),
    ],
)
def test_outputs_that_are_refused(run_command, train, output, said):
    (train.parent / "sub").mkdir()
    (train.parent / "other.ipynb").write_bytes(train.read_bytes())
    before = train.read_bytes()
    done = run_command("compile", "train.ipynb", "-o", output)
    assert done.returncode == 1
    assert "error[NB507]" in done.stderr
    assert said in done.stderr
    assert train.read_bytes() == before
    assert (train.parent / "other.ipynb").read_bytes() == before


def test_a_full_disk_leaves_the_old_file(run_command, train):
    old = train.parent / "train.pipeline.yaml"
    old.write_text("old")
    command = f"ulimit -f 1; trap '' XFSZ; exec '{sys.executable}' -m nb2pipe compile train.ipynb"
    done = subprocess.run(
        ["bash", "-c", command], cwd=train.parent, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    assert "error[NB507]" in done.stderr
    assert old.read_text() == "old"
    assert [path.name for path in train.parent.iterdir() if ".yaml." in path.name] == []


def test_an_unknown_target(run_command, train):
    done = run_command("compile", "train.ipynb", "--to", "kpf")
    assert done.returncode == 1
    assert "error[NB404]" in done.stderr
    assert "did you mean `kfp`" in done.stderr


def test_a_wrong_image_on_the_command_line(run_command, train):
    done = run_command("compile", "train.ipynb", "--image", "not an image")
    assert done.returncode == 1
    assert "error[NB008]" in done.stderr
    assert "the command line" in done.stderr


def test_strict_writes_nothing_when_there_is_a_warning(run_command, train):
    fine = run_command("compile", "train.ipynb")
    assert "warning[NB402]" in fine.stderr
    (train.parent / "train.pipeline.yaml").unlink()
    strict = run_command("compile", "train.ipynb", "--strict")
    assert strict.returncode == 1
    assert "warning[NB402]" in strict.stderr
    assert not (train.parent / "train.pipeline.yaml").exists()


def test_name_and_image_of_the_command_line_win(run_command, nb):
    nb(("x = 1", "step:a"), name="n.ipynb", metadata={"nb2pipe": {"name": "one", "image": "a:1"}})
    done = run_command("compile", "n.ipynb", "--to", "json", "-o-", "--name", "two", "--image=b:2")
    document = json.loads(done.stdout)
    assert (document["name"], document["image"]) == ("two", "b:2")


def test_errors_are_shown_once_and_nothing_is_written(run_command, nb):
    path = nb(("print(x)", "step:a"), name="n.ipynb")
    done = run_command("compile", "n.ipynb")
    assert done.returncode == 1
    assert done.stderr.count("NB203") == 1
    assert not path.with_suffix(".pipeline.yaml").exists()


def test_names_from_the_notebook_are_quoted_in_the_command_to_submit(run_command, nb):
    nb(("x = 1", "step:a"), name="a; rm -rf b.ipynb")
    done = run_command("compile", "a; rm -rf b.ipynb")
    assert "--package-file 'a; rm -rf b.pipeline.yaml'" in done.stderr
