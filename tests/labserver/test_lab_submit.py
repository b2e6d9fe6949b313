"""Submitting, through Kubeflow's real client, to a server that answers as Kubeflow Pipelines does."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.conftest import notebook_document

# Kubeflow's client warns whenever it is made.
pytestmark = pytest.mark.filterwarnings("ignore:This client only works:FutureWarning")

PATH = "work/train.ipynb"
RUN = "0a1b2c3d-0000-4000-8000-000000000001"


class Kubeflow(BaseHTTPRequestHandler):
    """The part of the API that starting a run takes."""

    def answer(self, document, status=200):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path.endswith("/healthz"):
            self.answer({"multi_user": False})
        elif path.endswith("/experiments"):
            self.answer({"experiments": []})
        elif path.endswith(f"/runs/{RUN}"):
            self.answer({"run_id": RUN, "state": "SUCCEEDED"})
        else:
            self.answer({"error": "there is no such thing"}, 404)

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.posted.append((self.path, body))
        if self.path.endswith("/experiments"):
            self.answer({"experiment_id": "e1", "display_name": body["display_name"]})
        else:
            self.answer({"run_id": RUN, "state": "PENDING"})

    def log_message(self, *_):
        pass


@pytest.fixture
def kubeflow():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Kubeflow)
    server.posted = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


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
