"""The benchmark of edges tells needless ones from needed ones."""

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import notebook_document

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "edges.py"
TAGGING = '[[notebook]]\npath = "small.ipynb"\ntags = { 1 = "step:make", 2 = "step:call", 3 = "step:show" }\n'


def try_edges(folder, helper):
    """Run the benchmark on a step that calls a function of a module beside the notebook."""
    cells = ["xs = [1, 2]", "from helper import use\nuse(xs)", "print(sum(xs))"]
    (folder / "small.ipynb").write_text(json.dumps(notebook_document(*cells)))
    (folder / "helper.py").write_text(helper)
    (folder / "taggings.toml").write_text(TAGGING)
    command = [
        sys.executable,
        SCRIPT,
        "--taggings",
        folder / "taggings.toml",
        "--notebooks",
        folder,
    ]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_an_edge_of_caution_alone_is_needless(tmp_path):
    run = try_edges(tmp_path, "def use(xs):\n    exec(input.__name__[:0] + 'print(len(xs))')\n")
    assert (
        "small: `call` → `show`. `xs`, cell 2 line 2: this call may change it (caution)"
        in run.stdout
    )
    assert "`make` → `call`" not in run.stdout
    assert run.returncode == 1


def test_an_edge_of_a_real_change_is_needed(tmp_path):
    run = try_edges(tmp_path, "def use(xs):\n    xs.append(3)\n")
    assert "→" not in run.stdout
    assert run.returncode == 0, run.stderr
