"""Run small notebooks whole and as pipelines: the real runtime, every step in a forked process.

A fork of a process that has the libraries loaded costs milliseconds where a new one costs a second.
What a process inherits is the same for both runs: loaded modules, and nothing of the notebook.
"""

import gc
import json
import os
import random
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nb2pipe.analysis import analyse
from nb2pipe.analysis.history import LAST
from nb2pipe.bundle.manifest import manifest_of
from nb2pipe.diagnostics import Diagnostic, Severity
from nb2pipe.ir import Cell, Pipeline, Run, Step
from nb2pipe.runtime import execute
from tests.analysis.conftest import lay_out

_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a pipeline compares.

    `equal`, `refused` when compiled, `stopped` by a diagnostic when run (by what codes), or `different`
    (how); that after a warning is `warned`.
    """

    kind: str
    codes: tuple[str, ...] = ()
    difference: str = ""


def compare(cells: Sequence[tuple[str, str]]) -> Outcome:
    """Run (step, source) cells whole and as a pipeline."""
    layout = lay_out(*cells)
    analysed, diagnostics = analyse(layout)
    codes = _codes(diagnostics, Severity.ERROR)
    if codes:
        return Outcome("refused", codes)
    pipeline = Pipeline(
        name="generated",
        notebook="generated.ipynb",
        steps=analysed.steps,
        edges=analysed.edges,
        cells=tuple(laid.cell for laid in layout.cells),
    )
    whole = run_whole(pipeline.cells)
    parts, failures = run_pipeline(pipeline)
    difference = _difference(whole, parts, finished=not failures)
    if difference is None:
        return Outcome("equal")
    stopped = tuple(sorted({code for code in failures if code != "NB501"}))
    if stopped:
        return Outcome("stopped", stopped)
    warned = _codes(diagnostics, Severity.WARNING)
    return Outcome("warned" if warned else "different", warned, difference)


def refusals(cells: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """Return the codes of the errors for which (step, source) cells are not compiled."""
    return _codes(analyse(lay_out(*cells))[1], Severity.ERROR)


def _codes(diagnostics: Sequence[Diagnostic], severity: Severity) -> tuple[str, ...]:
    return tuple(sorted({d.code.number for d in diagnostics if d.severity is severity}))


def _difference(
    whole: Sequence[dict[str, Any]], parts: Sequence[dict[str, Any]], *, finished: bool
) -> str | None:
    """Return the first cell that shows something else, up to the one where the notebook stops."""
    by_cell = {entry["cell"]: entry for entry in parts}
    failed = bool(whole) and whole[-1]["status"] == "error"
    for entry in whole:
        other = by_cell.get(entry["cell"])
        if other is None:
            if not failed:
                return f"cell {entry['cell'] + 1} did not run"
            continue
        expected, found = _shown(entry), _shown(other)
        if expected != found:
            return f"cell {entry['cell'] + 1}\n--- whole\n{expected}\n--- pipeline\n{found}"
    if not failed and not finished:
        return "a step failed"
    return None


def _shown(entry: dict[str, Any]) -> str:
    parts = []
    for output in entry.get("outputs", ()):
        if output["output_type"] == "error":
            parts.append(f"{output['ename']}: {output['evalue']}\n")
        else:
            parts.append(output.get("text") or output.get("data", {}).get("text/plain", ""))
    return "".join(parts)


def run_whole(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    """Run all cells in one process; return what the runtime tells of each."""
    program = tuple(
        # As a kernel begins: what was displayed last is an empty text.
        Run(cell=cell.position, count=cell.position + 1, history=() if cell.position else LAST)
        for cell in cells
    )
    step = Step(name="whole", cells=tuple(range(len(cells))), program=program)
    pipeline = Pipeline(
        name="whole", notebook="generated.ipynb", steps=(step,), edges=(), cells=tuple(cells)
    )
    with tempfile.TemporaryDirectory() as folder:
        return _in_child(lambda: _run_step(pipeline, step, Path(folder)))["cells"]  # type: ignore[no-any-return]


def run_pipeline(pipeline: Pipeline) -> tuple[list[dict[str, Any]], list[str]]:
    """Run every step in a process and a folder of its own; return all cells, and codes of failures."""
    cells: list[dict[str, Any]] = []
    failures: list[str] = []
    done: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        for step in pipeline.steps:
            needed = {edge.source for edge in pipeline.edges if edge.target == step.name}
            if not needed <= done:
                continue
            result = _in_child(lambda step=step: _run_step(pipeline, step, Path(folder)))  # type: ignore[misc]
            cells += result["cells"]
            if result["status"] == "succeeded":
                done.add(step.name)
            else:
                failures.append(result["error"]["code"])
    return cells, failures


def _run_step(pipeline: Pipeline, step: Step, folder: Path) -> dict[str, Any]:
    manifest, sources = manifest_of(pipeline, step)
    ports = {
        "parameters": {},
        "inputs": {port.key: _artifact(folder, port.step, port.output) for port in step.inputs},
        "outputs": {port.key: _artifact(folder, step.name, port.key) for port in step.outputs},
    }
    directory = folder / f"{step.name}.directory"
    directory.mkdir()
    os.chdir(directory)
    ready = execute.prepare()
    execute.start_loop()
    return execute.run_program(manifest, sources, ports, lambda _result: None, ready)


def _artifact(folder: Path, step: str, key: str) -> str:
    return str(folder / step / key.replace("/", ":"))  # some are called like a path


def _in_child(work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run `work` in a forked process and return what it returns."""
    gc.freeze()
    read, write = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.close(read)
            _prepare()
            content = json.dumps(work(), default=str).encode()
        except BaseException as error:  # noqa: BLE001 -- told to the parent
            content = json.dumps(
                {"status": "failed", "cells": [], "error": {"code": repr(error)}}
            ).encode()
        with os.fdopen(write, "wb") as stream:
            stream.write(content)
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        content = stream.read()
    os.waitpid(child, 0)
    if not content:
        return {"status": "failed", "cells": [], "error": {"code": "killed"}}
    return json.loads(content)  # type: ignore[no-any-return]


def _prepare() -> None:
    """Make the process as good as new: its own random state, no output, an end."""
    signal.alarm(_SECONDS)
    gc.disable()
    random.seed()
    np.random.seed()  # noqa: NPY002 -- the generator that notebooks use
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    sys.stdin, sys.stdout, sys.stderr = (
        os.fdopen(n, mode, closefd=False) for n, mode in enumerate("rww")
    )
    sys.__stderr__ = sys.stderr
    execute.kernel_shell = _no_kernel


def _no_kernel(*_: object) -> object:
    raise ImportError
