"""Which notebooks `check` takes for the paths, folders and patterns that it is given."""

import click
import pytest

from nb2pipe.cli.search import find_notebooks

TREE = [
    "a.ipynb",
    "sub/b.ipynb",
    "sub/deep/c.ipynb",
    "sub/notes.txt",
    "sub/script.py",
    ".ipynb_checkpoints/a-checkpoint.ipynb",
    "sub/.nb2pipe/runs/1/executed.ipynb",
    ".venv/lib/x.ipynb",
    "env/pyvenv.cfg",
    "env/share/y.ipynb",
    "node_modules/z.ipynb",
    "sub/._b.ipynb",
    "empty/readme.md",
]
ALL = ["a.ipynb", "sub/b.ipynb", "sub/deep/c.ipynb"]


@pytest.fixture
def tree(nb, tmp_path):
    for name in TREE:
        if name.endswith(".ipynb"):
            nb(("x = 1", "step:a"), name=name)
        else:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text("# %%\nx = 1\n")
    return tmp_path


@pytest.fixture
def found(tree, monkeypatch):
    monkeypatch.chdir(tree)
    return lambda *paths: [path.as_posix() for path in find_notebooks(paths)]


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["."], ALL),
        (["sub"], ALL[1:]),
        (["sub/"], ALL[1:]),
        (["*.ipynb"], ALL[:1]),
        (["**/*.ipynb"], ALL),
        (["sub/*"], ALL[1:]),
        (["s?b/**/[bc].ipynb"], ALL[1:]),
        (["sub/*.py"], ["sub/script.py"]),
        (["a.ipynb", "."], ALL),
        (["./a.ipynb", "a.ipynb"], ALL[:1]),
        ([".venv/lib/x.ipynb"], [".venv/lib/x.ipynb"]),
        (["env/share"], ["env/share/y.ipynb"]),
        (["env/share/*"], ["env/share/y.ipynb"]),
        ([".ipynb_checkpoints"], [".ipynb_checkpoints/a-checkpoint.ipynb"]),
        ([".venv/*/*.ipynb"], [".venv/lib/x.ipynb"]),
    ],
)
def test_files_folders_and_patterns(found, paths, expected):
    assert found(*paths) == expected


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(found, nb):
    nb(("x = 1", "step:a"), name="data[1].ipynb")
    assert found("data[1].ipynb") == ["data[1].ipynb"]


@pytest.mark.parametrize("path", ["empty", "nothing/*.ipynb", "**/x*.ipynb", "[.ipynb"])
def test_a_path_without_any_notebook_is_wrong(found, path):
    with pytest.raises(click.UsageError) as raised:
        found("a.ipynb", path)
    assert f"`{path}`" in raised.value.message


def test_the_command_says_so(tree, run_command):
    done = run_command("check", "a.ipynb", "empty")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.endswith("Error: there are no notebooks in the folder `empty`\n")


def test_a_file_that_is_not_there_is_a_diagnostic(tree, run_command):
    done = run_command("check", "b.ipynb")
    assert done.returncode == 1
    assert "error[NB001]" in done.stderr
    assert "did you mean `a.ipynb`?" in done.stderr


def test_links_to_folders_above_end(found, tree):
    (tree / "sub" / "loop").symlink_to(tree)
    assert found("sub") == ALL[1:]
    assert "a.ipynb" in found("**/*.ipynb")
