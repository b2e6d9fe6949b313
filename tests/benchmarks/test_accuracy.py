"""The comparison of what the analysis says with what the cells of a notebook really change."""

import json
import subprocess
import sys
from pathlib import Path

ACCURACY = Path(__file__).parents[2] / "benchmarks" / "accuracy.py"
CELLS = [
    ("a = [1]\nb = a\nc = {}\nimport ours", "step:a"),
    ("b.append(2)", "step:b"),
    ("ours.look(c)", "step:c"),
    ("print(a, c)", "step:d"),
]


def test_misses_and_false_alarms_are_listed(nb, tmp_path):
    nb(*CELLS, name="team+repository/notebook.ipynb")
    (tmp_path / "team+repository" / "ours.py").write_text(
        "def look(x):\n    exec(input.__name__[:0] + 'len(x)')\n"
    )
    entry = {"repo": "team/repository", "path": "notebook.ipynb", "seconds": 1}
    (tmp_path / "index.jsonl").write_text(json.dumps(entry))

    command = [sys.executable, ACCURACY, "--notebooks", tmp_path, "--traces", tmp_path / "traces"]
    completed = subprocess.run(
        [*command, "--details"], capture_output=True, text=True, timeout=120, check=False
    )

    assert completed.returncode == 0, completed.stderr
    rows = [line.split() for line in completed.stdout.splitlines()]
    assert ["Python", "2", "2", "100.0", "%", "3", "2", "66.7", "%"] in rows
    (alarm,) = [row for row in rows if row[0] in {"MISS", "ALARM", "ALARM?"}]
    assert alarm[:6] == ["ALARM?", "repository:", "notebook.ipynb", "cell", "3:1", "c"]
