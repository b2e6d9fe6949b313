"""A step's manifest: its part of the pipeline, as `docs/manifest.md` describes it."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from nb2pipe.bundle.runtime import extra_source
from nb2pipe.bundle.states import STATES, state_code
from nb2pipe.ir import (
    ArtifactKind,
    Load,
    Operation,
    Pipeline,
    Replay,
    Run,
    Step,
    Store,
    Substitution,
)

MANIFEST_SCHEMA = 2


def manifest_of(pipeline: Pipeline, step: Step) -> tuple[dict[str, Any], list[str]]:
    """Return a step's manifest and the sources that it refers to by index."""
    sources: dict[str, int] = {}
    defaults = {parameter.name: parameter for parameter in pipeline.parameters}
    manifest = {
        "schema": MANIFEST_SCHEMA,
        "pipeline": pipeline.name,
        "notebook": pipeline.notebook,
        "step": step.name,
        "program": [_entry(pipeline, operation, sources) for operation in step.program],
        "inputs": {
            port.key: {"kind": port.kind, "step": port.step, "output": port.output}
            for port in step.inputs
        },
        "outputs": {
            port.key: {
                "names": port.names,
                "optional": port.optional,
                "definitions": port.definitions,
                "ordered": port.ordered,
                "kind": port.kind,
                "type": port.type,
                "made": [(pipeline.cells[place.cell].number, place.line) for place in port.made],
            }
            for port in step.outputs
        },
        "parameters": {
            name: {"type": defaults[name].type, "default": defaults[name].default}
            for name in step.parameters
        },
        "metrics": step.metrics,
    }
    if states := _states(step):
        manifest["states"] = {name: state_code(name) for name in states}
    if modules := dict(_modules(step)):
        manifest["modules"] = modules
    plain: dict[str, Any] = json.loads(json.dumps(manifest))
    return plain, list(sources)


def _modules(step: Step) -> Iterator[tuple[str, tuple[Any, str]]]:
    """Yield what the runtime does not have by itself: the name of a module, its settings and its source."""
    settings: dict[str, Any] = dict.fromkeys(step.extras)
    if step.handles:
        settings["handles"] = {handle.path: handle.newline for handle in step.handles}
    if any(isinstance(operation, Store) and operation.ties for operation in step.program):
        settings["ties"] = None
    keeps = [name for o in step.program if isinstance(o, Run) for name in o.keeps]
    if local := sorted({name[1:-1].split()[1] for name in keeps if name.startswith("<module ")}):
        settings["local_state"] = local
    for name, value in settings.items():
        yield f"nb2pipe_{name}", (value, extra_source(name))


def _states(step: Step) -> list[str]:
    """Return the hidden state that a step hands on, gets or is to leave as it is."""
    kinds = {port.key: port.kind for port in step.inputs}
    loads = [operation for operation in step.program if isinstance(operation, Load)]
    got = (name for load in loads if kinds[load.input] is ArtifactKind.STATE for name in load.names)
    given = (n for port in step.outputs if port.kind is ArtifactKind.STATE for n in port.names)
    runs = [operation for operation in step.program if isinstance(operation, Run)]
    watched = (name[1:-1] for run in runs for name in (*run.keeps, *run.spares))
    kept = (name for name in watched if name in STATES)
    return sorted({*got, *given, *kept})


def _entry(pipeline: Pipeline, operation: Operation, sources: dict[str, int]) -> dict[str, Any]:
    given = asdict(operation).items()
    entry = {key: value for key, value in given if value != () and value is not False}
    if isinstance(operation, Store) and operation.apart:
        entry["apart"] = [[item.name, item.other, item.until] for item in operation.apart]
    if isinstance(operation, Store) and operation.ties:
        entry["ties"] = [
            [item.name, item.other, pipeline.cells[item.cell].number, item.labels]
            for item in operation.ties
        ]
    if not isinstance(operation, Replay | Run):
        return entry
    cell = pipeline.cells[operation.cell]
    source = operation.source if isinstance(operation, Replay) else cell.source
    entry |= {"number": cell.number, "source": sources.setdefault(source, len(sources))}
    if isinstance(operation, Run):
        entry["id"] = cell.id
        if operation.substitutions:
            entry["substitutions"] = [_offsets(source, place) for place in operation.substitutions]
    if cell.notebook != pipeline.notebook:
        entry["notebook"] = cell.notebook
    return entry


def _offsets(source: str, place: Substitution) -> dict[str, Any]:
    lines = source.split("\n")

    def offset(line: int, column: int) -> int:
        return sum(len(before) + 1 for before in lines[: line - 1]) + column

    return {
        "name": place.name,
        "start": offset(place.line, place.column),
        "end": offset(place.end_line, place.end_column),
    }
