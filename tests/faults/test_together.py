"""Runs at once in one folder, also while it is cleaned, do not disturb each other."""

import json
import subprocess
import sys
from pathlib import Path

import nb2pipe
from tests.faults.checks import torn_files

CELLS = [
    ("import numpy as np, time\nbig = np.arange(3_000_000) * 3", "step:load"),
    ("time.sleep(0.1)\ntotal = int(big.sum())\nprint(total)", "step:total"),
    ("time.sleep(0.1)\nhalf = big[::2].copy()\nprint(len(half))", "step:half"),
    ("print(total, half.sum())", "step:end"),
]
PRINTED = ["", "13499995500000\n", "1500000\n", "13499995500000 6749995500000\n"]


def texts(notebook) -> list[str]:
    return ["".join(item["text"] for item in cell["outputs"]) for cell in notebook["cells"]]


def test_runs_at_once_in_one_folder_while_it_is_cleaned(nb, tmp_path: Path):
    path = nb(*CELLS)
    command = [sys.executable, "-m", "nb2pipe"]
    runs = [
        subprocess.Popen(
            [*command, "run", str(path), "-o", str(tmp_path / f"{number}.ipynb"), *options],
            stderr=subprocess.PIPE,
            text=True,
        )
        for number, options in enumerate([[], ["--isolated"], []])
    ]
    while any(run.poll() is None for run in runs):
        done = subprocess.run(
            [*command, "clean", str(tmp_path), "--keep", "0"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert torn_files(tmp_path) == []
    said = [run.communicate()[1] for run in runs]
    assert [run.returncode for run in runs] == [0, 0, 0], said
    for number in range(3):
        assert texts(json.loads((tmp_path / f"{number}.ipynb").read_text())) == PRINTED
    # The last cleaning may have ended after the last of the runs.
    assert texts(nb2pipe.run(path).notebook) == PRINTED
    again = nb2pipe.run(path)
    assert all(step.reused for step in again.steps)
    assert texts(again.notebook) == PRINTED
