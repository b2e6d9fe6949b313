import os
import subprocess
import sys

import pytest

from nb2pipe import __version__
from nb2pipe.cli import _COMMANDS, root


def test_help_lists_the_commands_and_the_exit_codes(run_command):
    done = run_command("--help")
    assert done.returncode == 0
    for name, summary in _COMMANDS.items():
        assert name in done.stdout
        assert summary in done.stdout
    assert "3 a bug" in done.stdout


@pytest.mark.parametrize("name", _COMMANDS)
def test_each_command_has_help_with_examples(run_command, name):
    done = run_command(name, "--help")
    assert done.returncode == 0
    assert f"  nb2pipe {name} " in done.stdout


@pytest.mark.parametrize("name", _COMMANDS)
def test_the_summary_is_the_command_s_own(name):
    command = root.get_command(None, name)
    assert command.short_help == _COMMANDS[name]


def test_version(run_command):
    assert run_command("--version").stdout == f"nb2pipe, version {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["chek"], "did you mean `check`"),
        ([""], "no command"),
        (["check"], "PATH"),
        (["check", "--fromat", "json", "a.ipynb"], "--format"),
        (["check", "--format", "xml", "a.ipynb"], "xml"),
        (["run", "a.ipynb", "--workers", "0"], "--workers"),
        (["graph", "a.ipynb", "b.ipynb"], "unexpected"),
        (["explain", "NB2O3"], "did you mean `NB2"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(run_command, arguments, said):
    done = run_command(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_completion_knows_commands_and_targets(run_command):
    def complete(words, position):
        env = {"_NB2PIPE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": position}
        return subprocess.run(
            [sys.executable, "-c", "from nb2pipe.cli import main; main()"],
            env={**os.environ, **env},
            capture_output=True,
            text=True,
            check=False,
        ).stdout

    assert "plain,compile" in complete("nb2pipe com", "1")
    assert "plain,kfp" in complete("nb2pipe compile --to k", "3")


BUG = """
import sys
import nb2pipe.cli.explain as explain
def broken(code):
    raise ValueError("unexpected")
explain.page = broken
from nb2pipe.cli import main
sys.argv = ["nb2pipe", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize(
    ("options", "env", "traced"),
    [([], {}, False), (["--debug"], {}, True), ([], {"NB2PIPE_DEBUG": "1"}, True)],
)
def test_a_bug_of_ours_is_said_to_be_one(options, env, traced):
    done = subprocess.run(
        [sys.executable, "-c", BUG, *options, "explain", "NB203"],
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3
    assert "ValueError: unexpected" in done.stderr
    assert "This is a bug in nb2pipe" in done.stderr
    assert ("Traceback" in done.stderr) is traced


def test_a_reader_that_goes_away_is_no_error():
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; '{sys.executable}' -m nb2pipe explain --all | true"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 141}
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "never"),
    [
        (["--help"], {"nb2pipe.compiler", "nbformat", "kfp", "rich", "IPython", "networkx"}),
        (["explain", "NB203"], {"nb2pipe.compiler", "nbformat", "kfp", "rich", "IPython"}),
        (["check", "train.ipynb"], {"kfp", "nbformat", "rich", "jupytext", "grandalf", "networkx"}),
        (["graph", "train.ipynb"], {"kfp", "nbformat", "rich", "jupytext", "grandalf", "networkx"}),
        (["compile", "train.ipynb"], {"rich", "nbformat", "jupytext", "grandalf", "networkx"}),
    ],
)
def test_commands_import_only_what_they_need(train, arguments, never):
    code = (
        "import runpy, sys\n"
        "try: runpy.run_module('nb2pipe', run_name='__main__', alter_sys=True)\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        f"print('loaded:', *sorted({never!r} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=train.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines()[-1] == "loaded:"
