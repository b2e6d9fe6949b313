"""The sample notebooks: runnable, tagged, with outputs that are those of a run."""

import json
import re

import pytest

import nb2pipe
from tests.kfp.compare import normalise
from tests.notebooks.documents import code_cells
from tests.notebooks.selection import SAMPLES, RealNotebook

samples = pytest.mark.parametrize(
    "path", sorted(SAMPLES.glob("*.ipynb")), ids=lambda path: path.stem
)


def test_there_are_three():
    assert len(list(SAMPLES.glob("*.ipynb"))) >= 3


@samples
def test_its_form_is_current_and_free_of_its_machine(path):
    text = path.read_text(encoding="utf-8")
    document = json.loads(text)
    assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
    assert all(re.fullmatch(r"[a-z][a-z-]+", cell["id"]) for cell in document["cells"])
    assert all(set(cell["metadata"]) <= {"tags"} for cell in document["cells"])
    assert not re.search(r"/(home|root|tmp|usr|Users|work|site-packages)/", text)


@samples
def test_it_compiles_without_a_warning_to_a_fork_and_a_join(path):
    compiled = nb2pipe.compile_notebook(path)
    assert [str(diagnostic) for diagnostic in compiled.diagnostics] == []
    sources = [edge.source for edge in compiled.pipeline.edges]
    targets = [edge.target for edge in compiled.pipeline.edges]
    assert len(sources) > len(set(sources)), "no fork"
    assert len(targets) > len(set(targets)), "no join"
    assert compiled.pipeline.parameters
    assert any(step.metrics for step in compiled.pipeline.steps)


@pytest.mark.notebooks
@samples
def test_its_stored_outputs_are_those_of_a_run(path, whole):
    (notebook,) = [RealNotebook(root=SAMPLES, path=path.relative_to(SAMPLES))]
    stored = [normalise(cell["outputs"]) for cell in code_cells(json.loads(path.read_text()))]
    assert [normalise(cell["outputs"]) for cell in code_cells(whole(notebook))] == stored
