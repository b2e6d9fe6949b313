"""A server that answers as Kubeflow Pipelines does, for its real client."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

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


@contextlib.contextmanager
def serving():
    """Serve while the block runs; `posted` of what it yields are the paths and bodies that came."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Kubeflow)
    server.posted = []
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
