"""The sample notebooks: runnable, tagged, with outputs that are those of a run."""

import json
import re

import networkx as nx  # noqa: TID253 -- start-up time does not matter here
import pytest

import nb2pipe
from nb2pipe.verify.outputs import normalise
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


@pytest.mark.parametrize(
    ("name", "groups"),
    [
        ("classification", [{"logistic", "forest"}]),
        ("particle_physics", [{"signal", "background"}, {"fit_barrel", "fit_endcap"}]),
        ("time_series", [{"naive", "harmonic", "holt_winters"}]),
    ],
)
def test_steps_run_side_by_side_as_its_text_says(name, groups):
    compiled = nb2pipe.compile_notebook(SAMPLES / f"{name}.ipynb")
    assert [str(diagnostic) for diagnostic in compiled.diagnostics] == []
    graph = nx.DiGraph((edge.source, edge.target) for edge in compiled.pipeline.edges)
    for group in groups:
        for step in group:
            assert not nx.ancestors(graph, step) & group
        assert set.intersection(*(nx.descendants(graph, step) for step in group)), "no join"
    assert compiled.pipeline.parameters
    assert any(step.metrics for step in compiled.pipeline.steps)


@pytest.mark.notebooks
@samples
def test_its_stored_outputs_are_those_of_a_run(path, whole):
    (notebook,) = [RealNotebook(root=SAMPLES, path=path.relative_to(SAMPLES))]
    stored = [normalise(cell["outputs"]) for cell in code_cells(json.loads(path.read_text()))]
    assert [normalise(cell["outputs"]) for cell in code_cells(whole(notebook))] == stored
