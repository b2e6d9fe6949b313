"""The pre-commit hook and the GitHub action: valid, and doing what they say."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from identify import identify

ROOT = Path(__file__).parents[2]
HOOKS = ROOT / ".pre-commit-hooks.yaml"
ACTION = ROOT / "action.yml"


def run_tool(*command):
    return subprocess.run(
        [sys.executable, "-m", *map(str, command)], capture_output=True, text=True, check=False
    )


def test_the_hooks_are_a_valid_manifest():
    done = run_tool("pre_commit", "validate-manifest", HOOKS)
    assert done.returncode == 0, done.stdout


def test_the_hook_takes_notebooks_and_runs_the_command(nb):
    (hook,) = yaml.safe_load(HOOKS.read_text(encoding="utf-8"))
    path = nb(("print(x)", "step:a"))
    assert set(hook["types"]) <= identify.tags_from_path(str(path))
    program, *arguments = hook["entry"].split()
    done = subprocess.run(
        [Path(sys.executable).with_name(program), *arguments, path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "NB203" in done.stderr


def test_the_action_is_valid():
    done = run_tool("check_jsonschema", "--builtin-schema", "vendor.github-actions", ACTION)
    assert done.returncode == 0, done.stdout


def steps():
    return yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"]


def test_no_script_of_the_action_holds_an_expression():
    scripts = [step["run"] for step in steps() if "run" in step]
    assert len(scripts) == 2
    assert not any("${{" in script for script in scripts)


@pytest.fixture
def action(tmp_path):
    """Run the action's last script, as GitHub does, with these inputs."""
    step = steps()[-1]

    def run(**inputs):
        given = {
            name: inputs.get(name, declared.get("default", ""))
            for name, declared in yaml.safe_load(ACTION.read_text(encoding="utf-8"))[
                "inputs"
            ].items()
        }
        variables = {
            name: given[value.removeprefix("${{ inputs.").removesuffix(" }}")]
            for name, value in step["env"].items()
            if "inputs." in value
        }
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=tmp_path,
            env={**os.environ, **variables, "VENV": sys.prefix},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_the_action_annotates_what_is_wrong(action, nb):
    nb(("print(x)", "step:a"), name="sub/a b.ipynb")
    done = action()
    assert done.returncode == 1
    assert done.stdout.startswith("::error title=NB203")
    assert "file=sub/a b.ipynb," in done.stdout


def test_the_action_takes_several_paths_and_is_strict_if_told(action, nb):
    nb(("x = 1", "step:a"), name="a b.ipynb", metadata={"nb2pipe": {"imagge": "x:1"}})
    nb(("x = 1", "step:a"), name="c.ipynb")
    assert action(paths="a b.ipynb\nc.ipynb\n").returncode == 0
    assert action(paths="c.ipynb\n").stdout == ""
    assert action(paths="a*.ipynb", strict="true").returncode == 1


def test_the_action_writes_a_file(action, nb, tmp_path):
    nb(("x = 1", "step:a"), name="a.ipynb")
    done = action(format="sarif", output="out file.sarif")
    assert (done.returncode, done.stdout) == (0, "")
    assert '"version": "2.1.0"' in (tmp_path / "out file.sarif").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["paths", "strict", "format", "output"])
def test_no_input_becomes_code(action, nb, tmp_path, name):
    nb(("x = 1", "step:a"), name="a.ipynb")
    action(**{name: """$(touch made)`touch made`'; touch made; "; touch made; #"""})
    assert not (tmp_path / "made").exists()


def test_no_path_becomes_an_option(action, nb):
    nb(("x = 1", "step:a"), name="a.ipynb")
    assert "--help" in action(paths="--help\n").stdout
