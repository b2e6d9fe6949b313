"""Run steps as an engine does: a process of its own, started with nothing but the command line."""

import functools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nb2pipe.bundle import BOOTSTRAP, command_line, runtime_blob
from nb2pipe.bundle.runtime import extra_source
from nb2pipe.bundle.states import state_code

# What a manifest has where the notebook imports `sqlite3`.
FOR_DATABASES = {"nb2pipe_databases": [None, extra_source("databases")]}
BARE = ("-I", "-S")  # neither the environment nor site-packages: no nb2pipe, no IPython


def manifest(program, *, inputs=None, outputs=None, parameters=None, metrics=(), **more):
    """A manifest; an input is a step's name, an output its names, a parameter its default."""
    return {
        "schema": 1,
        "pipeline": "test",
        "notebook": "test.ipynb",
        "step": "here",
        "program": program,
        "inputs": {
            key: {"kind": "variables", "step": "before", "output": key, **port}
            for key, port in (inputs or {}).items()
        },
        "outputs": {
            key: {"optional": [], "kind": "variables", "type": "Artifact", **port}
            for key, port in (outputs or {}).items()
        },
        "parameters": {
            name: {"type": type(default).__name__, "default": default}
            for name, default in (parameters or {}).items()
        },
        "metrics": list(metrics),
        **more,
    }


def cells(count, first=1):
    """Operations that run the first `count` sources, as cells numbered from `first`."""
    return [
        {"op": "run", "cell": i, "number": first + i, "id": f"id{i}", "count": 1 + i, "source": i}
        for i in range(count)
    ]


class Runner:
    """Runs steps in a folder with one Python."""

    def __init__(self, folder, python, flags):
        self.folder = folder
        self.command = [python, *flags, "-c", BOOTSTRAP, runtime_blob()]
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
        self.runs = 0

    def __call__(self, document, sources, *, parameters=None, inputs=None, outputs=None):
        """Run a step; return its result, with what the process said."""
        self.runs += 1
        home = self.folder / f"run{self.runs}"
        home.mkdir()
        ports = {
            "inputs": inputs or {key: str(self.folder / key) for key in document["inputs"]},
            "outputs": outputs or {key: str(self.folder / key) for key in document["outputs"]},
            "parameters": parameters or {},
            "metrics": str(home / "metrics.json"),
            "report": str(home / "report.html"),
            "result": str(home / "result.json"),
        }
        (home / "ports.json").write_text(json.dumps(ports))
        process = self.start(
            [*command_line(document, sources), "--ports", str(home / "ports.json")]
        )
        result = json.loads((home / "result.json").read_text())
        result["code"] = process.returncode
        result["stdout"], result["stderr"] = process.stdout, process.stderr
        result["report"] = (home / "report.html").read_text("utf-8")
        return result

    def start(self, arguments, locale="C.UTF-8"):
        """Start the runtime with arguments in an environment that has next to nothing."""
        return subprocess.run(
            [*self.command, *arguments],
            cwd=self.folder,
            env={**self.environment, "LC_ALL": locale},
            capture_output=True,
            text=True,
            encoding="utf-8",
            errors="surrogateescape",
            check=False,
        )

    def run(self, *sources, **ports):
        """Run cells as one step."""
        return self(manifest(cells(len(sources))), list(sources), **ports)

    def carry(self, names, before, after, *, kind="variables", replay=(), optional=(), **more):
        """Store `names` after the cell `before`; load them before the cell `after`. Both manifests have `more`."""
        replays = [
            {"op": "replay", "number": 1, "line": 1, "source": 1 + i} for i in range(len(replay))
        ]
        port = {"names": names, "kind": kind, "optional": list(optional)}
        states = {name: state_code(name) for name in names} if kind == "state" else {}
        stored = self(
            manifest(
                [*replays, *cells(1), {"op": "store", "output": "it"}],
                outputs={"it": port},
                states=states,
                **more,
            ),
            [before, *replay],
        )
        assert stored["error"] is None, stored["stderr"]
        return self(
            manifest(
                [*replays, {"op": "load", "input": "it", "names": names}, *cells(1)],
                inputs={"it": {"kind": kind}},
                states=states,
                **more,
            ),
            [after, *replay],
        )


@functools.cache
def interpreter(version):
    """The Python of this version: on the path, or one that pyenv installed."""
    name = f"python{version}"
    root = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    candidates = [shutil.which(name), *sorted(root.glob(f"versions/{version}.*/bin/{name}"))]
    for path in map(str, filter(None, candidates)):
        probe = subprocess.run([path, "-c", ""], capture_output=True, check=False)
        if probe.returncode == 0:
            return path
    return None


@pytest.fixture(params=["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"])
def bare(request, tmp_path):
    """Runs steps in an image that has nothing but Python, for each Python that is here."""
    path = interpreter(request.param)
    if path is None:
        pytest.skip(f"there is no Python {request.param} here")
    return Runner(tmp_path, path, BARE)


@pytest.fixture
def plain(tmp_path):
    """Runs steps with this Python's standard library alone."""
    return Runner(tmp_path, sys.executable, BARE)


@pytest.fixture
def notebook_image(tmp_path):
    """Runs steps in an image that has IPython and the usual libraries."""
    return Runner(tmp_path, sys.executable, ())


def texts(result):
    """What the cells of a result show as plain text, streams included, without errors."""
    return "".join(
        output["text"] if output["output_type"] == "stream" else output["data"]["text/plain"]
        for cell in result["cells"]
        for output in cell["outputs"]
        if output["output_type"] != "error"
    )
