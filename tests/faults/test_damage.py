"""A byte that changes in what is kept is found before it becomes a wrong result, and the next run repairs it."""

import json
import random
import sqlite3
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner

import nb2pipe
from nb2pipe.cli import root
from nb2pipe.engine import RunOptions, RunResult
from nb2pipe.engine.debug import RestoreError, enter_step

# Small ones are compared before they are read, large ones while the step runs.
LOAD = (
    """\
import numpy as np
large = np.arange(3_000_000.)
many = [(n, str(n)) for n in range(900_000)]
small = {'a': [1, 2.5, 'x' * 50]}""",
    "step:load",
)
USE = ("print(large.sum(), len(many), many[-1], small['a'][1])", "step:use")
PRINTED = "4499998500000.0 900000 (899999, '899999') 2.5\n"
PARTS = {
    "the first line": lambda size: range(52),
    "the header": lambda size: range(52, 128),
    "the body": lambda size: range(128, size - 64),
    "the end": lambda size: range(size - 64, size),
}


def flip(path: Path, at: int, bit: int) -> None:
    """Change one bit of a file, in place: whoever has a link to it has the change, too."""
    content = bytearray(path.read_bytes())
    content[at] ^= 1 << bit
    with path.open("r+b") as file:
        file.write(content)


def text(result: RunResult, cell: int) -> str:
    return "".join(item["text"] for item in result.notebook["cells"][cell]["outputs"])


@pytest.fixture
def kept(nb):
    """Run a notebook; return its path and the run's folder."""
    path = nb(LOAD, USE)
    result = nb2pipe.run(path)
    assert text(result, 1) == PRINTED
    return path, result.folder


@pytest.mark.parametrize(
    ("name", "part"), [*product(["large", "small"], PARTS), ("many", "the body")]
)
def test_a_changed_byte_of_an_artifact_is_found_and_the_artifact_made_again(kept, name, part):
    path, folder = kept
    chance = random.Random(f"{name} {part}")
    artifact = folder / "steps" / "load" / "artifacts" / name
    flip(artifact, chance.choice(PARTS[part](artifact.stat().st_size)), chance.randrange(8))
    # Only the last step is run again.
    damaged = nb2pipe.run(path, options=RunOptions(start="use", isolated=part == "the end"))
    (found,) = damaged.diagnostics
    assert found.code.number == "NB505"
    assert f"`{name}`" in found.message
    assert "run again" in found.hint
    assert [step.status for step in damaged.steps] == ["succeeded", "failed"]
    repaired = nb2pipe.run(path, options=RunOptions(start="use"))
    assert repaired.diagnostics == ()
    assert [step.reused for step in repaired.steps] == [None, None]
    assert text(repaired, 1) == PRINTED


def test_a_cell_that_fails_over_a_damaged_value_is_not_blamed(nb):
    # The body of a large artifact is still being compared while the cell meets the changed value.
    cells = [
        ("import numpy as np\nlarge = np.zeros(40_000_000)", "step:load"),
        ("assert not large[5:10].any(), 'so the data are wrong'", "step:use"),
    ]
    path = nb(*cells)
    artifact = nb2pipe.run(path).folder / "steps" / "load" / "artifacts" / "large"
    flip(artifact, artifact.stat().st_size - 40_000_000 * 8 + 8 * 7, 3)
    (found,) = nb2pipe.run(path, options=RunOptions(start="use")).diagnostics
    assert found.code.number == "NB505"
    assert nb2pipe.run(path).diagnostics == ()


def test_debugging_a_step_says_that_its_input_is_damaged(kept):
    _, folder = kept
    flip(folder / "steps" / "load" / "artifacts" / "small", 200, 1)
    with pytest.raises(RestoreError, match="`small` of step `load` cannot be read back"):
        enter_step(folder / "steps" / "use", {})


@pytest.mark.parametrize("name", ["result.json", "report.html", "metrics.json", "log.txt"])
def test_what_a_step_displayed_comes_back_only_as_it_was(nb, name):
    path = nb(("print(12345)\nx = 1", "step:a"), ("print(x)", "step:b"))
    kept = nb2pipe.run(path).folder / "steps" / "a" / name
    at = kept.read_bytes().find(b"12345")
    flip(kept, max(at, 0), 0)
    again = nb2pipe.run(path)
    assert (again.status, text(again, 0)) == ("succeeded", "12345\n")
    assert again.step("a").reused is None
    assert nb2pipe.run(path).step("a").reused is not None


def test_a_changed_byte_of_the_index_only_makes_the_step_run(nb, tmp_path):
    path = nb(("print(12345)", "step:a"), ("print(2)", "step:b"))
    nb2pipe.run(path)
    with sqlite3.connect(tmp_path / ".nb2pipe" / "index.sqlite") as index:
        (record,) = index.execute("select record from steps where step = 'a'").fetchone()
        # A cell of this number is in another place.
        changed = record.replace('"cells": [[0,', '"cells": [[1,')
        assert changed != record
        index.execute("update steps set record = ? where step = 'a'", (changed,))
    index.close()
    again = nb2pipe.run(path)
    assert [step.reused is None for step in again.steps] == [True, False]
    assert [text(again, 0), text(again, 1)] == ["12345\n", "2\n"]


def test_damaged_files_of_a_run_do_not_keep_others_from_being_looked_at(nb, tmp_path, monkeypatch):
    path = nb(("x = 1\nprint(12345)", "step:a"), ("print(x)", "step:b"))
    folder = nb2pipe.run(path).folder
    monkeypatch.chdir(tmp_path)
    for damaged in [*folder.rglob("*.json"), folder / "executed.ipynb"]:
        content = damaged.read_bytes()
        names = sorted({f'"{name}":'.encode() for name in _names(json.loads(content))})
        for broken in [content[:-5], *(content.replace(name, b'"?":') for name in names)]:
            damaged.write_bytes(broken)
            for words in ("runs", "show last", "show last b", "report last", "debug last b"):
                done = CliRunner().invoke(root, words.split())
                assert done.exit_code in {0, 1}, (damaged.name, words, done.output[:300])
        damaged.write_bytes(content)


def _names(document) -> set[str]:
    parts = document.values() if isinstance(document, dict) else document
    own = set(document) if isinstance(document, dict) else set()
    return own.union(*(_names(part) for part in parts if isinstance(part, dict | list))) or {"x"}
