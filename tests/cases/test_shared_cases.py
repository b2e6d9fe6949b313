"""Tricky notebooks with the right answer: each runs as a pipeline and gives it, or is refused."""

import json
from pathlib import Path

import nbformat  # noqa: TID253 -- start-up time does not matter here
import pytest

import nb2pipe
from nb2pipe.diagnostics import CompileError

SHARED = Path(__file__).parents[3] / "shared" / "cases" / "cases.json"
CASES = json.loads(SHARED.read_text(encoding="utf-8")) if SHARED.exists() else []
# What cannot be kept across steps, and is said so.
REFUSED = {
    "T66_interleaved_cycle": "NB301",
    "T83_lru_cache_state": "NB212",
}


def is_told(output, case):
    """Whether the case holds what is shown: only those of IPython hold results."""
    kind = output["output_type"]
    return kind == "stream" or (kind == "execute_result" and case.get("ipython"))


def shown(output):
    """What an output looks like in IPython's terminal."""
    if output["output_type"] == "stream":
        return output["text"]
    return f"Out[{output['execution_count']}]: {output['data']['text/plain']}\n"


@pytest.mark.skipif(not CASES, reason="../shared/cases is not there")
def test_every_refusal_is_of_a_case_that_is_there():
    assert REFUSED.keys() <= {case["id"] for case in CASES}


@pytest.mark.notebooks
@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_the_pipeline_gives_the_notebooks_results(case, tmp_path):
    path = tmp_path / "case.ipynb"
    cells = [
        nbformat.v4.new_code_cell(
            cell["source"], id=f"cell-{position}", metadata={"tags": [f"step:{cell['step']}"]}
        )
        for position, cell in enumerate(case["cells"])
    ]
    nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
    if case["id"] in REFUSED:
        with pytest.raises(CompileError) as refused:
            nb2pipe.run(path)
        codes = {d.code.number for d in refused.value.diagnostics if d.is_error}
        assert codes == {REFUSED[case["id"]]}
        return
    result = nb2pipe.run(path)
    assert result.diagnostics == ()
    for position, whole in case["whole"].items():
        outputs = result.notebook["cells"][int(position)]["outputs"]
        printed = "".join(shown(output) for output in outputs if is_told(output, case))
        assert printed.strip() == whole["stdout"].strip()
