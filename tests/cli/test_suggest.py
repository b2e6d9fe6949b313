import json

import nb2pipe
from nb2pipe.suggest import suggest_steps
from tests.conftest import notebook_document


def markdown(source):
    return {"cell_type": "markdown", "source": source}


CELLS = [
    markdown("# A study\n\n```sh\n# not a heading\n```"),
    "import math",
    markdown("## 1. Load the data"),
    "raw = [float(n) for n in range(40)]\nscale = 2.0",
    "rows = [r * scale for r in raw]",
    markdown("## Fit"),
    "total = sum(rows)\nmean = total / len(rows)",
    "spread = math.sqrt(sum((r - mean) ** 2 for r in rows))",
    markdown("## Show"),
    "print(mean)\nprint(spread)",
]


def test_headings_name_the_steps(run_command, nb):
    nb(*CELLS, name="study.ipynb")
    done = run_command("suggest", "study.ipynb")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["step:load-data", "step:fit", "step:show"]
    assert "needs rows" in lines[1]
    assert "“Fit”" in lines[1]


def test_write_changes_only_tags_and_the_pipeline_is_as_suggested(run_command, nb):
    path = nb(*CELLS, name="study.ipynb")
    document = json.loads(path.read_text())
    document["cells"][1]["metadata"] = {"tags": ["hide-input"], "kept": 1}
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    path.write_text(text)
    assert run_command("suggest", "study.ipynb", "--write").returncode == 0
    pipeline = nb2pipe.load(path)
    assert [step.name for step in pipeline.steps] == ["load-data", "fit", "show"]
    written = json.loads(path.read_text())
    assert written["cells"][1]["metadata"] == {"tags": ["hide-input", "step:load-data"], "kept": 1}
    assert {line for line in text.splitlines() if "source" in line} <= set(
        path.read_text().splitlines()
    )
    again = run_command("suggest", "study.ipynb", "--write")
    assert "tags of 0 cells" in again.stderr


def test_json_has_the_tags_of_each_cell(run_command, nb):
    nb(*CELLS, name="study.ipynb")
    document = json.loads(run_command("suggest", "study.ipynb", "--format", "json").stdout)
    assert document["tags"] == {"2": ["step:load-data"], "7": ["step:fit"], "10": ["step:show"]}
    assert document["steps"][0]["cells"] == [2, 4, 5]


def test_without_headings_it_cuts_where_little_is_stored(tmp_path):
    work = [f"{letter} = [n for n in range(9)]" for letter in "abcdef"]
    total = "total = sum(a + b + c + d + e + f)"
    later = [f"total_{n} = total + {n}" for n in range(4)]
    document = notebook_document(*work, total, *later)
    suggestion = suggest_steps(document, tmp_path / "flat.ipynb")
    starts = [step.cells[0] for step in suggestion.steps]
    assert len(starts) > 1
    assert not {5, 6, 7} & set(starts), "there, four lists or more would be stored"


def test_durations_move_the_cuts(tmp_path):
    cells = ["x = 0", *(f"x{n} = x + {n}" for n in range(8))]
    document = notebook_document(*cells)
    path = tmp_path / "timed.ipynb"
    seconds = {f"c{n}": 0.01 for n in range(1, 10)} | {"c5": 100.0, "c8": 100.0}
    timed = suggest_steps(document, path, seconds)
    slow = [step for step in timed.steps if step.seconds > 50]
    assert len(slow) == 2, "each of the two slow cells has a step of its own"


def test_a_kept_run_tells_how_long_cells_took(run_command, nb):
    path = nb(*CELLS, name="study.ipynb")
    nb2pipe.run(path)
    document = json.loads(run_command("suggest", "study.ipynb", "--format", "json").stdout)
    assert all(step["seconds"] is not None for step in document["steps"])


def test_cuts_that_could_not_be_compiled_are_not_suggested(tmp_path):
    document = notebook_document(
        markdown("# Read"),
        "lines = (n for n in range(3))\nfirst = 1\nsecond = 2",
        markdown("# Use"),
        "for line in lines:\n    print(line)\nthird = 3",
        markdown("# Sum"),
        "print(first + second + third)\nprint(1)\nprint(2)",
    )
    suggestion = suggest_steps(document, tmp_path / "lines.ipynb")
    together = next(step for step in suggestion.steps if 2 in step.cells)
    assert 4 in together.cells
    assert len(suggestion.steps) == 2


def test_roles_stay_and_old_steps_go(tmp_path):
    document = notebook_document(
        ("n = 3", "pipeline-parameters"),
        ("a = n + 1", "step:old", "limit:memory:1Gi"),
        ("print('left out')", "skip"),
        ("b = a + 1", "step:older", "prev:old"),
    )
    suggestion = suggest_steps(document, tmp_path / "old.ipynb")
    tags = suggestion.tags
    assert "limit:memory:1Gi" in tags[2]
    assert not any("old" in tag for texts in tags.values() for tag in texts)
    assert 3 not in tags


def test_a_text_notebook_is_not_written(run_command, tmp_path):
    (tmp_path / "a.py").write_text("# %%\nx = 1\n")
    done = run_command("suggest", "a.py", "--write")
    assert done.returncode == 1
    assert "NB507" in done.stderr


def test_a_notebook_that_cannot_be_read_is_an_error(run_command):
    done = run_command("suggest", "missing.ipynb")
    assert done.returncode == 1
    assert "NB001" in done.stderr
