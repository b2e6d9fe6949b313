"""What the examples of the rule files say is what really happens, with the libraries that are here.

The last statement of each example runs, with fingerprints of all variables before and after it.
"""

import ast
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from nb2pipe.analysis.knowledge import RULES

RUNNER = Path(__file__).parent / "run_examples.py"
TABLE = "a,b,k,t\n1,2.5,1,Ab c\n2,3.5,2,b\n2,,3,c\n4,5.5,4,d\n"
# Without these the test would say nothing: the development environment has them.
EXPECTED = {"numpy": 30, "pandas": 30, "sklearn": 20, "plots": 10, "science": 12, "builtins": 40}


def modules(code):
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module.partition(".")[0]


def runnable(path):
    """Return the examples of a rule file that can run here."""
    _, tests = yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return [
        example
        for example in tests["examples"]
        if "cannot_run" not in example
        and all(importlib.util.find_spec(name) is not None for name in modules(example["code"]))
    ]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    (folder / "x.csv").write_text(TABLE)
    (folder / "y.csv").write_text(TABLE)
    (folder / "f.json").write_text('[{"a": 1}]')
    if importlib.util.find_spec("PIL") is not None:
        from PIL import Image  # noqa: PLC0415 -- only where it is installed

        Image.new("RGB", (20, 20)).save(folder / "a.png")
    return folder


@pytest.mark.parametrize("path", sorted(RULES.glob("*.yaml")), ids=lambda path: path.stem)
def test_examples_really_change_what_they_say(path, files, tmp_path):
    examples = runnable(path)
    assert len(examples) >= EXPECTED.get(path.stem, 0)
    completed = subprocess.run(
        [sys.executable, RUNNER, tmp_path / "results.json"],
        input=json.dumps([example["code"] for example in examples]),
        cwd=files,
        env={**os.environ, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert completed.returncode == 0, completed.stderr
    results = json.loads((tmp_path / "results.json").read_text())

    wrong = []
    for example, result in zip(examples, results, strict=True):
        if "error" in result:
            wrong.append((example["code"], result["error"]))
            continue
        changed, unclear = set(result["changed"]), set(result["unclear"])
        wrong += [
            (example["code"], name, "does not change")
            for name in set(example.get("changes", ())) - unclear - changed
        ]
        wrong += [
            (example["code"], name, "changes") for name in set(example.get("keeps", ())) & changed
        ]
    assert wrong == []
