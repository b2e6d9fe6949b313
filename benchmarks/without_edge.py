"""Take one edge out of a compiled pipeline, so that it can be run without it."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace

from nb2pipe.ir import Edge, Input, Load, Operation, Pipeline, Replay, Step, Store


def without_edge(pipeline: Pipeline, edge: Edge) -> Pipeline:
    """Return the pipeline in which `edge.target` gets nothing from `edge.source`.

    A variable that the source received itself, and only changed, comes from where the source has
    it from: what the source does to it is left out. One that the source makes is missing.
    """
    source, target = pipeline.step(edge.source), pipeline.step(edge.target)
    changed = _bypass(source, target)
    steps = tuple(changed if step.name == changed.name else step for step in pipeline.steps)
    return replace(pipeline, steps=steps, edges=tuple(_edges(pipeline, edge, changed)))


def _bypass(source: Step, target: Step) -> Step:
    gone = {item.key: item.output for item in target.inputs if item.step == source.name}
    inputs = {item.key: item for item in source.inputs}
    kept = [item for item in target.inputs if item.step != source.name]
    program: list[Operation] = []
    for operation in target.program:
        if not isinstance(operation, Load) or operation.input not in gone:
            program.append(operation)
            continue
        for received in _received(source, gone[operation.input], operation.names):
            if isinstance(received, Load):
                item = _kept(inputs[received.input], kept)
                program.append(replace(received, input=item.key))
            else:
                program.append(received)
    return replace(target, inputs=tuple(kept), program=tuple(program))


def _received(source: Step, output: str, names: Iterable[str]) -> list[Load | Replay]:
    """Return how `source` came by `names` without running a cell, before it stored `output`."""
    end = next(
        at
        for at, operation in enumerate(source.program)
        if isinstance(operation, Store) and operation.output == output
    )
    wanted = set(names)
    found: list[Load | Replay] = []
    for operation in reversed(source.program[:end]):
        if isinstance(operation, Load):
            loaded = tuple(name for name in operation.names if name in wanted)
            if loaded:
                found.append(replace(operation, names=loaded))
                wanted.difference_update(loaded)
        elif isinstance(operation, Replay):
            bound, read = _names(operation.source)
            if bound & wanted:
                found.append(operation)
                wanted = (wanted - bound) | read
    return found[::-1]


def _names(source: str) -> tuple[set[str], set[str]]:
    """Return the names that a statement binds, and those that it reads."""
    names = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)]
    bound = {node.id for node in names if isinstance(node.ctx, ast.Store)}
    return bound, {node.id for node in names} - bound


def _kept(item: Input, kept: list[Input]) -> Input:
    """Return the input for an artifact among `kept`, where it is put if it is absent."""
    for known in kept:
        if (known.step, known.output) == (item.step, item.output):
            return known
    kept.append(replace(item, key=_free_key(item.key, kept)))
    return kept[-1]


def _free_key(key: str, taken: Iterable[Input]) -> str:
    keys = {item.key for item in taken}
    while key in keys:
        key += "_"
    return key


def _edges(pipeline: Pipeline, gone: Edge, changed: Step) -> Iterator[Edge]:
    """Yield the edges without `gone`, and those for what `changed` gets elsewhere now."""
    needed = dict.fromkeys(item.step for item in changed.inputs)
    for edge in pipeline.edges:
        if (edge.source, edge.target) != (gone.source, gone.target):
            yield edge
            if edge.target == changed.name:
                needed.pop(edge.source, None)
    for step in needed:
        yield Edge(source=step, target=changed.name)
