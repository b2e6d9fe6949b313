"""State outside variables: a pipeline prints what the notebook prints, or is refused; never anything else."""

import json
from pathlib import Path

import nbformat  # noqa: TID253 -- start-up time does not matter here
import pytest

import nb2pipe
from nb2pipe.diagnostics import CompileError

CASES = json.loads(Path(__file__).with_name("hidden_state.json").read_text(encoding="utf-8"))


def outputs(cells, steps, folder, files):
    """Return what each cell printed or showed, beside `files`; None when the notebook is refused."""
    folder.mkdir()
    for name, text in files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    path = folder / "case.ipynb"
    written = [
        nbformat.v4.new_code_cell(
            source, id=f"cell-{position}", metadata={"tags": [f"step:{step}"]}
        )
        for position, (source, step) in enumerate(zip(cells, steps, strict=True))
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=written), path)
    try:
        result = nb2pipe.run(path)
    except CompileError:
        return None
    assert [str(d) for d in result.diagnostics if d.is_error] == []
    return [
        [output.get("text") or output["data"] for output in cell["outputs"]]
        for cell in result.notebook["cells"]
    ]


def splits(count):
    """Each cell a step; steps in turn; every place to cut."""
    yield "abcdefgh"[:count]
    yield "".join("ab"[position % 2] for position in range(count))
    for cut in range(1, count):
        yield "a" * cut + "b" * (count - cut)


@pytest.mark.notebooks
@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_every_split_gives_the_same_or_is_refused(case, tmp_path):
    cells = case["cells"]
    files = case.get("files", {})
    whole = outputs(cells, "a" * len(cells), tmp_path / "whole", files)
    assert any(whole)
    refused = set()
    for steps in dict.fromkeys(splits(len(cells))):
        found = outputs(cells, steps, tmp_path / steps, files)
        assert found in (None, whole), steps
        if found is None:
            refused.add(steps)
    assert refused == set(case.get("refused", ()))
