"""Compare a pipeline's run with the notebook's."""

import difflib
import json
from collections.abc import Mapping
from typing import Any, Final

from nb2pipe.compiler import Compilation
from nb2pipe.diagnostics import Code
from nb2pipe.ir import Pipeline
from nb2pipe.verify.model import Difference, RunStatus, SplitReport
from nb2pipe.verify.runs import Outputs, Ran
from nb2pipe.verify.splits import Split

# What the guard says of a step whose change others miss.
_MISSED: Final = {Code.UNDECLARED_CHANGE, Code.HIDDEN_CHANGE, Code.VIEW_CROSSES}


def compare(
    split: Split,
    compilation: Compilation,
    pipeline: Pipeline,
    run: Ran,
    whole: Ran,
    unsteady: tuple[frozenset[int], frozenset[str]],
) -> SplitReport:
    """Return how a run of `pipeline` compares with `whole`, where the latter is steady."""
    cells, names = unsteady
    difference = _first_difference(pipeline, run, whole, cells)
    shared = [name for name in whole.variables if name in run.variables and name not in names]
    variables = tuple(name for name in shared if run.variables[name] != whole.variables[name])
    # Where the notebook itself stops, later variables have no value to compare with.
    if variables and whole.failed is None and not run.diagnostics:
        difference = difference or Difference(cell=None, step=None)
    if difference is not None:
        difference = Difference(
            cell=difference.cell,
            step=difference.step,
            notebook=difference.notebook,
            pipeline=difference.pipeline,
            variables=variables,
        )
        status = RunStatus.DIFFERENT
    elif run.diagnostics and not _fails_alike(run, whole):
        status = RunStatus.FAILED
    else:
        status = RunStatus.EQUAL
    return SplitReport(
        split=split,
        status=status,
        steps=len(pipeline.steps),
        edges=len(pipeline.edges),
        seconds=run.seconds,
        diagnostics=run.diagnostics or compilation.diagnostics,
        difference=difference,
    )


def _fails_alike(run: Ran, whole: Ran) -> bool:
    """Whether the pipeline stops where the notebook itself does, and nowhere else."""
    return whole.failed is not None and run.failed == whole.failed and len(run.diagnostics) == 1


def _first_difference(
    pipeline: Pipeline, run: Ran, whole: Ran, unsteady: frozenset[int]
) -> Difference | None:
    """Return the first cell, in notebook order, that ran in both and shows something else.

    A cell that raised only in the pipeline is a failure, which is loud, and no difference. So is all that others show
    beside a step of which the guard says that they miss its change.
    """
    if any(diagnostic.code in _MISSED for diagnostic in run.diagnostics):
        return None
    for position in sorted(run.outputs):
        if position in unsteady or position not in whole.outputs:
            continue
        expected, shown = whole.outputs[position], run.outputs[position]
        if expected == shown or (position in run.raised and position != whole.failed):
            continue
        cell = pipeline.cells[position]
        notebook, other = _apart(expected, shown)
        return Difference(cell=cell.number, step=cell.step, notebook=notebook, pipeline=other)
    return None


def _apart(expected: Outputs, shown: Outputs, around: int = 60) -> tuple[str, str]:
    """Return the texts of two outputs from a little before the place where they part."""
    first, second = _text(expected), _text(shown)
    match = difflib.SequenceMatcher(None, first[:5000], second[:5000], autojunk=False)
    same = match.get_matching_blocks()[0]
    start = max(0, same.size - around) if same.a == same.b == 0 else 0
    return first[start : start + 4 * around], second[start : start + 4 * around]


def _text(outputs: Outputs) -> str:
    parts = []
    for output in outputs:
        if "text" in output:
            parts.append(output["text"])
        elif "data" in output:
            parts.append(_of_data(output["data"]))
        else:
            parts.append(f"{output.get('ename')}: {output.get('evalue')}")
    return "\n".join(parts) or "(nothing)"


def _of_data(data: Mapping[str, Any]) -> str:
    for kind in ("text/plain", "text/html", *data):
        if kind in data and not (
            kind == "text/plain" and any(k.startswith("image/") for k in data)
        ):
            text = data[kind] if isinstance(data[kind], str) else json.dumps(data[kind])
            return text if not kind.startswith("image/") else f"({kind}, {hash_of(text)})"
    return json.dumps(data, sort_keys=True)


def hash_of(text: str) -> str:
    """Return a short name for a long text."""
    import hashlib  # noqa: PLC0415 -- only for pictures that differ

    return hashlib.blake2b(text.encode(), digest_size=4).hexdigest()
