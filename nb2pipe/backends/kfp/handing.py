"""How steps hand the runtime on to each other, where a copy in each is more than Kubeflow takes."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from nb2pipe.backends.kfp.names import Names, StepNames, free_name
from nb2pipe.bundle import BOOTSTRAP, runtime_blob
from nb2pipe.ir import Input, Pipeline, Step

_RUNTIME = "runtime"

RECEIVE = f"""\
import hashlib,json,re,sys
key,digest=sys.argv[1].split()
uri=json.loads(sys.argv[-1])["inputs"]["artifacts"][key]["artifacts"][0]["uri"]
with open(re.sub("^(.+?)://",r"/\\1/",re.sub("^gs:","gcs:",uri))) as f:sys.argv[1]=f.read()
if hashlib.sha256(sys.argv[1].encode()).hexdigest()!=digest:
    sys.exit("error[NB505]: the runtime that this step was given is not the one that it was compiled with: "+uri)
{BOOTSTRAP}"""
"""What `python3 -c` runs in a step that gets the runtime: the first argument has the input's name and the digest."""


def upstream(pipeline: Pipeline, step: Step) -> list[str]:
    """Return the steps that `step` waits for, in pipeline order."""
    sources = {edge.source for edge in pipeline.edges if edge.target == step.name}
    return [other.name for other in pipeline.steps if other.name in sources]


def hand_on(pipeline: Pipeline, names: Names) -> Names:
    """Return `names` with the artifacts in which the runtime goes along the edges that there are.

    A step that waits for no other has the runtime itself. The others get it from a step that gives them
    something else as well, where there is one: Kubeflow runs a step again when what it gets is new.
    """
    givers = {
        step.name: giver
        for step in pipeline.steps
        if (giver := _giver(pipeline, step.name, upstream(pipeline, step)))
    }
    outputs = {
        step.name: _free_name([output.key for output in step.outputs], names.steps[step.name])
        for step in pipeline.steps
        if step.name in givers.values()
    }
    steps = {
        step.name: replace(
            names.steps[step.name],
            runtime=outputs.get(step.name),
            receives=_received(step, givers.get(step.name), outputs),
        )
        for step in pipeline.steps
    }
    return replace(names, steps=steps)


def unpacking(names: StepNames) -> tuple[str, str]:
    """Return the program that `python3 -c` runs in a step, and its first argument."""
    if names.receives is None:
        return BOOTSTRAP, runtime_blob()
    digest = hashlib.sha256(runtime_blob().encode()).hexdigest()
    return RECEIVE, f"{names.receives.key} {digest}"


def _giver(pipeline: Pipeline, step: str, sources: Iterable[str]) -> str | None:
    flowing = {edge.source for edge in pipeline.edges if edge.target == step and edge.variables}
    return min(sources, key=lambda source: source not in flowing, default=None)


def _free_name(keys: Iterable[str], names: StepNames) -> str:
    return free_name(_RUNTIME, {*keys, names.report or "", names.metrics or ""}, "_")


def _received(step: Step, giver: str | None, outputs: dict[str, str]) -> Input | None:
    if giver is None:
        return None
    key = free_name(_RUNTIME, {need.key for need in step.inputs}, "_")
    return Input(key=key, step=giver, output=outputs[giver])
