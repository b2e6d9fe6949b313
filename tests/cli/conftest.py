import contextlib
import os
import subprocess
import sys

import pytest

import nb2pipe

STEPS = [
    ("n = 3", "pipeline-parameters"),
    ("x = list(range(n))", "step:load"),
    ("total = sum(x)", "step:add"),
    ("print('total', total)", "step:show"),
]


@pytest.fixture
def run_command(tmp_path):
    """Run `nb2pipe …` as a user does, in the folder of the test."""

    def run(*arguments, env=None, cwd=None, **options):
        return subprocess.run(
            [sys.executable, "-m", "nb2pipe", *map(str, arguments)],
            cwd=cwd or tmp_path,
            env={**os.environ, **(env or {})},
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            check=False,
            **options,
        )

    return run


@pytest.fixture
def train(nb):
    """A notebook of three steps and a parameter, called train.ipynb."""
    return nb(*STEPS, name="train.ipynb")


@pytest.fixture
def on_terminal(tmp_path):
    """Run `nb2pipe …` on a terminal of its own and return what appears there."""

    def run(*arguments, env=None):
        main, terminal = os.openpty()
        process = subprocess.Popen(
            [sys.executable, "-m", "nb2pipe", *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, "TERM": "xterm-256color", **(env or {})},
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
        )
        os.close(terminal)
        shown = b""
        # Linux reports the end of a terminal as an error.
        with contextlib.suppress(OSError):
            while chunk := os.read(main, 4096):
                shown += chunk
        os.close(main)
        process.wait(timeout=60)
        return shown.decode()

    return run


FAILING = [
    ("n = 3", "pipeline-parameters"),
    ("class Point:\n    def __init__(self, x):\n        self.x = x", "step:load"),
    "p = Point(n)\nprint('loaded', p.x)",
    ("extra = p.x * 2\nextra", "step:fit"),
    "ratio = 1 / (p.x - n)",
    ("print(ratio)", "step:after"),
]


@pytest.fixture
def failed(nb):
    """A run of train.ipynb whose step `fit` failed in its second cell, after the parameter n=4."""
    return nb2pipe.run(nb(*FAILING, name="train.ipynb"), parameters={"n": 4})
