"""The process of a run that the page started: `python -m nb2pipe.labserver.run_process`.

It reads an order from standard input (`document`, `name`, `parameters`, `python`) and answers with one
line: `{"run": id}` when the run began, else `{"diagnostics": […]}`. What becomes of the run is then in its
folder. SIGINT cancels it.
"""

import json
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nb2pipe.api import run_compiled
from nb2pipe.compiler import compile_document
from nb2pipe.diagnostics import CompileError
from nb2pipe.engine import Observer, RunOptions, RunResult, check_parameters
from nb2pipe.ir import Pipeline
from nb2pipe.labserver.answers import diagnostics_json


class _Announcer(Observer):
    """Says which run it is, then nothing more: nobody may be there to read it."""

    def __init__(self) -> None:
        self.has_spoken = False

    def run_started(self, pipeline: Pipeline, folder: Path) -> None:
        del pipeline
        self._say({"run": folder.name})

    def run_ended(self, result: RunResult) -> None:
        if not self.has_spoken:  # it could not begin
            self._say({"diagnostics": diagnostics_json(result.diagnostics)})

    def _say(self, answer: Mapping[str, Any]) -> None:
        self.has_spoken = True
        _answer(answer)


def main() -> None:
    """Run what the order on standard input says."""
    # A server in the background of a shell ignores SIGINT, and its children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    order = json.load(sys.stdin)
    path = Path(order["name"])
    compilation = compile_document(order["document"], path)
    if compilation.pipeline is None:
        _answer({"diagnostics": diagnostics_json(compilation.diagnostics)})
        return
    values, problems = check_parameters(compilation.pipeline, order["parameters"])
    if problems:
        _answer({"diagnostics": diagnostics_json(problems)})
        return
    try:
        run_compiled(
            compilation,
            path,
            values=values,
            output=None,
            options=RunOptions(python=order["python"] or sys.executable),
            observer=_Announcer(),
        )
    except CompileError as error:
        _answer({"diagnostics": diagnostics_json(error.diagnostics)})


def _answer(answer: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
    # The server reads one line; whatever is printed later must not meet a closed pipe.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
