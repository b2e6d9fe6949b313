"""The sample notebooks: runnable, tagged, with outputs that are those of a run."""

import base64
import io
import json
import re

import networkx as nx  # noqa: TID253 -- start-up time does not matter here
import numpy as np
import pytest
from PIL import Image

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
    made = [normalise(cell["outputs"]) for cell in code_cells(whole(notebook))]
    assert [without_pictures(outputs) for outputs in made] == [
        without_pictures(outputs) for outputs in stored
    ]
    for first, second in zip(pictures(made), pictures(stored), strict=True):
        assert first.shape == second.shape
        # Processors round the last digit in ways of their own, which shades an edge otherwise.
        assert np.abs(first - second).max() < 5  # of 255


def without_pictures(outputs):
    return [
        {**output, "data": {k: v for k, v in output["data"].items() if k != "image/png"}}
        if "data" in output
        else output
        for output in outputs
    ]


def pictures(cells):
    texts = [
        output["data"]["image/png"]
        for outputs in cells
        for output in outputs
        if "image/png" in output.get("data", {})
    ]
    return [np.asarray(Image.open(io.BytesIO(base64.b64decode(text))), int) for text in texts]
