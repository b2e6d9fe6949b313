"""The two kinds of runs that are compared: the notebook whole, and one pipeline of it."""

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from nb2pipe.compiler import Compilation
from nb2pipe.diagnostics import Diagnostic
from nb2pipe.engine import RunOptions, run_pipeline
from nb2pipe.ir import Pipeline, Replay, Step
from nb2pipe.verify.documents import Document, whole_document
from nb2pipe.verify.outputs import normalise
from nb2pipe.verify.repeats import without_repeats
from nb2pipe.verify.sandbox import make_sandbox, size_of

Outputs = list[dict[str, Any]]
Variables = Mapping[str, Mapping[str, str]]

_PROBE: Final = Path(__file__).parent / "probe.py"
# A larger folder is copied once for a run, not for each of its steps.
_COPIED_PER_STEP: Final = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """What runs have in common: the Python, its environment, and the folder for what they write.

    `isolated` steps start an interpreter each, others are forked from one that has the imports.
    """

    python: str
    environment: Mapping[str, str]
    folder: Path
    isolated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a run showed and left: normalised outputs by position, variables by name.

    `failed` is the position of the cell at which it stopped, `error` what was raised there, `raised` are the positions
    of all cells that did not end well, for steps run side by side.
    """

    outputs: Mapping[int, Outputs]
    variables: Variables
    seconds: float
    failed: int | None = None
    error: str = ""
    raised: frozenset[int] = frozenset()
    diagnostics: tuple[Diagnostic, ...] = ()


def run_whole(document: Document, source: Path, settings: RunSettings, name: str) -> Ran:
    """Run a flat document whole, in a copy of the folder `source`.

    Raises:
        ImportError: what runs notebooks is not installed.
    """
    from nb2pipe.verify.whole import execute_whole  # noqa: PLC0415 -- of an optional dependency

    target = settings.folder / name
    copy = make_sandbox(source, target)
    variables = target / "variables.json"
    begin = time.monotonic()
    run = execute_whole(
        whole_document(document, _probe(variables)), copy, settings.python, settings.environment
    )
    cells = run.document["cells"][:-1]
    ran = len(cells) if run.failed is None else run.failed + 1
    return Ran(
        outputs=without_repeats(
            {position: normalise(cell["outputs"]) for position, cell in enumerate(cells[:ran])}
        ),
        variables=_read(variables),
        seconds=time.monotonic() - begin,
        failed=run.failed,
        error=run.error,
    )


def run_split(compilation: Compilation, source: Path, settings: RunSettings, name: str) -> Ran:
    """Run a compiled notebook as a pipeline: every step in a process and a folder of its own."""
    pipeline, notebook = compilation.pipeline, compilation.notebook
    if pipeline is None or notebook is None:
        raise ValueError("the notebook has errors")
    target = settings.folder / name
    directory = make_sandbox(source, target / "run")
    apart = size_of(source) < _COPIED_PER_STEP

    def folder_of(step: str) -> Path:
        return make_sandbox(source, target / f"step {step}") if apart else directory

    begin = time.monotonic()
    result = run_pipeline(
        with_probes(pipeline, target),
        notebook_document=notebook.document,
        directory=directory,
        parameters={},
        options=RunOptions(
            workers=1,
            python=settings.python,
            isolated=settings.isolated,
            reuse=False,
            keep=False,
        ),
        folder_of=folder_of,
    )
    seconds = time.monotonic() - begin
    cells = [cell for step in result.steps for cell in step.cells]
    raised = frozenset(cell.cell for cell in cells if cell.status != "ok")
    return Ran(
        outputs=without_repeats(
            {cell.cell: normalise([dict(output) for output in cell.outputs]) for cell in cells}
        ),
        variables=_final_variables(pipeline, compilation.written_in, target),
        seconds=seconds,
        failed=min(raised, default=None),
        raised=raised,
        diagnostics=result.diagnostics,
    )


def _probe(target: Path) -> str:
    """Return a statement that writes down all variables, and binds none."""
    given = f"{{'scope': globals(), 'target': {str(target)!r}}}"
    return f"__import__('runpy').run_path({str(_PROBE)!r}, {given}) and None"


def with_probes(pipeline: Pipeline, target: Path) -> Pipeline:
    """Return the pipeline with a probe at the end of each step, for `read_variables`."""
    steps = tuple(
        replace(step, program=(*step.program, _probing(step, target))) for step in pipeline.steps
    )
    return replace(pipeline, steps=steps)


def _probing(step: Step, target: Path) -> Replay:
    return Replay(cell=step.cells[-1], line=1, source=_probe(_variables_of(target, step)))


def read_variables(target: Path, step: Step) -> dict[str, Any]:
    """Return what the variables of a step were at its end, as far as it came there."""
    return _read(_variables_of(target, step))


def _variables_of(target: Path, step: Step) -> Path:
    return target / f"variables of {step.name}.json"


def _final_variables(
    pipeline: Pipeline, written_in: Mapping[str, int], target: Path
) -> dict[str, Mapping[str, str]]:
    """Return each variable as it is in the step that is the last to write it."""
    by_step = {step.name: read_variables(target, step) for step in pipeline.steps}
    found: dict[str, Mapping[str, str]] = {}
    for name, position in written_in.items():
        step = pipeline.cells[position].step
        if step is not None and name in by_step.get(step, {}):
            found[name] = by_step[step][name]
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except OSError:
        return {}
    return found


def volatile(first: Ran, *others: Ran) -> tuple[frozenset[int], frozenset[str]]:
    """Return the cells and variables in which whole runs of a notebook differ."""
    cells = {cell for other in others for cell in _differing(first.outputs, other.outputs)}
    names = {str(n) for other in others for n in _differing(first.variables, other.variables)}
    return frozenset(cells), frozenset(names)


def _differing(first: Mapping[Any, Any], second: Mapping[Any, Any]) -> Iterable[Any]:
    return [key for key in {**first, **second} if first.get(key) != second.get(key)]
