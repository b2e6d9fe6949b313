"""The benchmark of the store measures what really comes back."""

import json
import subprocess
import sys
from pathlib import Path

WORKER = Path(__file__).parents[2] / "benchmarks" / "store_worker.py"


def work(*words):
    command = [sys.executable, WORKER, *map(str, words)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_all_ways_to_store_a_value_give_it_back(tmp_path):
    work("make", "-", "small arrays", 0.01, tmp_path / "source")
    results = set()
    for form in ("nb2pipe", "nb2pipe, no xxhash", "pickle 5"):
        written = work("write", form, "small arrays", tmp_path / "source", tmp_path / "target")
        assert written["bytes"] == (tmp_path / "target").stat().st_size > 1000 * 5 * 8
        results.add(work("read", form, "small arrays", "-", tmp_path / "target")["result"])
    assert results == {sum(range(1000))}
