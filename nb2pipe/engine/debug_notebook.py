"""The notebook that stands where a step failed."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from nb2pipe.bundle.manifest import MANIFEST_SCHEMA
from nb2pipe.diagnostics import Code, CompileError, Diagnostic, Span
from nb2pipe.engine.debug import operations_before
from nb2pipe.engine.folder import StepFolder, read_object
from nb2pipe.engine.history import PastRun
from nb2pipe.engine.results import StepResult, StepStatus
from nb2pipe.runtime.execute import parameter_values, substitute

_Document = dict[str, Any]


def debug_notebook(run: PastRun, name: str) -> _Document:
    """Return a notebook that has the step's variables when it runs, and its failing cell at the end.

    The first code cell restores what the step began with. Then come the step's own cells, with the
    run's parameters in them, up to the one that failed; after a success, all of them. What the
    step loaded between its cells, a further restoring cell loads.

    Raises:
        CompileError: NB512 or NB513, there is no such step, or nothing to restore it from.
    """
    run.step(name)
    files = run.begun_in(name)
    document, ports = read_object(files.manifest), read_object(files.ports)
    if not document or not ports:
        raise _never_began(run, name)
    if not _are_whole(document, ports):
        message = f"the files of step `{name}` of run `{run.id}` are damaged"
        raise _no_state(run, message, "run the notebook again")
    manifest, sources = document["manifest"], document["sources"]
    if manifest["schema"] != MANIFEST_SCHEMA:
        message = f"run `{run.id}` was made by another version of nb2pipe"
        raise _no_state(run, message, "run the notebook again")
    _check_inputs(run, manifest, ports)
    result = run.step_result(name)
    last = _last_cell(result)
    cells = [_cell("markdown", "nb2pipe-about", _about(run, name, result))]
    values = parameter_values(manifest["parameters"], ports["parameters"])
    runs = (operation for operation in manifest["program"] if operation["op"] == "run")
    for index, operation in enumerate(runs):
        if index > last:
            break
        cells += _restoring_cell(files, manifest, index)
        source = substitute(
            sources[operation["source"]], operation.get("substitutions", ()), values
        )
        cells.append(_cell("code", operation["id"] or f"cell-{index}", source))
    return {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": _metadata(run, name),
        "cells": cells,
    }


def is_debug_notebook(path: Path) -> bool:
    """Return whether the file at `path` is what `debug_notebook` made, so that it may be replaced."""
    document = read_object(path)
    try:
        return bool(document["metadata"]["nb2pipe"]["run"]["debug"])
    except (KeyError, TypeError):
        return False


def _are_whole(document: Mapping[str, Any], ports: Mapping[str, Any]) -> bool:
    """Whether what a step began with has all its parts; bytes of the files may have changed."""
    parts = {"schema", "step", "program", "inputs", "parameters"}
    return (
        ports.keys() >= {"inputs", "parameters"}
        and document.keys() >= {"manifest", "sources"}
        and document["manifest"].keys() >= parts
        and all(
            "op" in operation and (operation["op"] != "run" or operation.keys() >= {"id", "source"})
            for operation in document["manifest"]["program"]
        )
    )


def _last_cell(result: StepResult | None) -> int:
    """Return which of a step's cells failed, or was the last one that ran; the first if none did."""
    statuses = [cell.status for cell in result.cells] if result else []
    failed = (index for index, status in enumerate(statuses) if status != "ok")
    return next(failed, max(0, len(statuses) - 1))


def _restoring_cell(
    files: StepFolder, manifest: Mapping[str, Any], index: int
) -> Iterator[_Document]:
    """Yield the cell that comes before the step's cell `index`, if there is anything to restore."""
    if index and not any(operations_before(manifest["program"], index)):
        return
    folder = str(files.path.resolve())
    after = f", {index}" if index else ""
    lines = [
        f"# Restores what step {manifest['step']} has here; needs nb2pipe in this kernel.",
        "from nb2pipe.engine.debug import enter_step",
        "",
        f"enter_step({folder!r}, globals(){after})",
    ]
    yield _cell("code", f"nb2pipe-restore-{index}", "\n".join(lines))


def _about(run: PastRun, name: str, result: StepResult | None) -> str:
    notebook = run.notebook.name
    lines = [
        f"# Step `{name}` of run `{run.id}`",
        "",
        f"Made from `{notebook}`. Run all cells: the variables become those that the step had.",
    ]
    told = [item["message"] for item in run.document["diagnostics"] if item["step"] == name]
    if not told and result and result.error:
        told = [result.error.message]
    if told:
        lines += ["", "It failed with:", "", "    " + "\n".join(told).replace("\n", "\n    ")]
    return "\n".join(lines)


def _metadata(run: PastRun, name: str) -> _Document:
    """Return the metadata of the run's notebook that says how to run it, and where this one is from."""
    executed = run.executed_notebook() or {}
    metadata = executed.get("metadata") or {}
    kept = {key: metadata[key] for key in ("kernelspec", "language_info") if key in metadata}
    return {**kept, "nb2pipe": {"run": {"debug": {"run": run.id, "step": name}}}}


def _cell(kind: str, identity: str, source: str) -> _Document:
    cell: _Document = {"cell_type": kind, "id": identity, "metadata": {}, "source": source}
    if kind == "code":
        cell |= {"execution_count": None, "outputs": []}
    return cell


# --- what is wrong


def _check_inputs(run: PastRun, manifest: Mapping[str, Any], ports: Mapping[str, Any]) -> None:
    for key, path in ports["inputs"].items():
        if not Path(path).exists():
            port = manifest["inputs"][key]
            message = (
                f"what step `{manifest['step']}` of run `{run.id}` loaded is gone:"
                f" `{port['output']}` of step `{port['step']}`"
            )
            raise _no_state(run, message, "run the notebook again")


def _never_began(run: PastRun, name: str) -> CompileError:
    failed = [s["name"] for s in run.document["steps"] if s["status"] == StepStatus.FAILED.value]
    hint = "run the notebook again"
    if failed and name not in failed:
        hint = f"debug the step that failed: `nb2pipe debug {run.id} {failed[0]}`"
    message = f"step `{name}` of run `{run.id}` never began, so it has no state to restore"
    return _no_state(run, message, hint)


def _no_state(run: PastRun, message: str, hint: str) -> CompileError:
    span = Span(notebook=run.document["notebook"] or str(run.folder.path))
    return CompileError([Diagnostic(code=Code.NO_STATE, span=span, message=message, hint=hint)])
