"""Submitting, through Kubeflow's real client, to a stand-in for its server."""

import json

import pytest

from tests.conftest import notebook_document
from tests.kubeflow import RUN

# Kubeflow's client warns whenever it is made.
pytestmark = pytest.mark.filterwarnings("ignore:This client only works:FutureWarning")

PATH = "work/train.ipynb"


async def test_a_pipeline_is_submitted_with_its_parameters(ask, kubeflow, lab_folder):
    host = f"http://127.0.0.1:{kubeflow.server_port}"
    document = notebook_document(
        ("n = 2", "pipeline-parameters"),
        ("print(n)", "step:show"),
        metadata={"nb2pipe": {"name": "shown"}},
    )
    order = {"path": PATH, "notebook": document, "host": host, "parameters": {"n": 5}}
    status, answer = await ask("POST", "submit", order=order)
    assert status == 200, answer
    assert answer == {"id": RUN, "url": f"{host}/#/runs/details/{RUN}"}
    (path, run) = kubeflow.posted[-1]
    assert path.endswith("/runs")
    assert run["runtime_config"]["parameters"] == {"n": 5}
    assert "exec-show" in json.dumps(run["pipeline_spec"])
    status, answer = await ask("GET", "submitted", RUN, host=host)
    assert (status, answer["state"]) == (200, "SUCCEEDED")
    assert not list(lab_folder.iterdir()), "nothing is left in the notebook's folder"


async def test_a_kubeflow_that_is_not_there_is_said(ask, lab_folder):
    order = {"path": PATH, "notebook": notebook_document("x = 1"), "host": "http://127.0.0.1:9"}
    status, answer = await ask("POST", "submit", order=order)
    assert status == 502
    assert "Kubeflow at `http://127.0.0.1:9` cannot be used" in answer["message"]


async def test_a_notebook_with_errors_is_not_submitted(ask, kubeflow, lab_folder):
    host = f"http://127.0.0.1:{kubeflow.server_port}"
    order = {"path": PATH, "notebook": notebook_document("print(missing)"), "host": host}
    _, answer = await ask("POST", "submit", order=order)
    assert "NB203" in [item["code"] for item in answer["diagnostics"]]
    assert not kubeflow.posted
