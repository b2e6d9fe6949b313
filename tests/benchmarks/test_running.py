"""The benchmark of runs: steps by headings, and its tables."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import notebook_document

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

from headings import tagged_by_headings

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "running.py"


def test_each_heading_that_has_code_begins_a_step():
    def text(source):
        return {"cell_type": "markdown", "source": source}

    document = notebook_document(
        text("# Title\nwords"), text("## Load the data"), "a = 1", "b = 2", text("no heading"), "c = 3",
        text("## Nothing below"), text("### Fit: *twice*"), "", ("d = 4", "step:old"),
    )  # fmt: skip
    cells = tagged_by_headings(document)["cells"]
    tags = {
        cell["source"]: cell["metadata"]["tags"] or [""] for cell in cells if "=" in cell["source"]
    }
    begun = {source: tag for source, (tag,) in tags.items() if tag}
    assert begun == {"a = 1": "step:1-load-the-data", "d = 4": "step:2-fit-twice"}


def test_what_a_step_costs_is_printed():
    words = ["--no-peers", "--steps", "2", "--few", "2", "--runs", "1", "steps"]
    done = subprocess.run(
        [sys.executable, SCRIPT, *words],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    rows = {line.split(" | ")[0].strip("| ") for line in done.stdout.splitlines()}
    assert {"nb2pipe", "nb2pipe --isolated", "a step"} <= rows, done.stderr
