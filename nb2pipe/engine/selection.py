"""Which steps of a pipeline a run wants, and which of them it runs in any case."""

from collections.abc import Mapping

from nb2pipe.engine.options import RunOptions
from nb2pipe.ir import Pipeline


def predecessors(pipeline: Pipeline) -> dict[str, set[str]]:
    """Return the names of the steps that must have succeeded before each step."""
    waits = {
        step.name: {artifact.step for artifact in step.inputs} | set(step.after)
        for step in pipeline.steps
    }
    for edge in pipeline.edges:
        waits[edge.target].add(edge.source)
    return waits


def ancestors(pipeline: Pipeline) -> dict[str, set[str]]:
    """Return for each step all that it waits for; steps are in execution order in a pipeline."""
    found: dict[str, set[str]] = {}
    for name, direct in predecessors(pipeline).items():
        found[name] = direct.union(*(found[before] for before in direct))
    return found


def wanted_steps(pipeline: Pipeline, options: RunOptions) -> Mapping[str, str | None]:
    """Return the steps that a run wants, each with why it runs again even when nothing changed."""
    before = ancestors(pipeline)
    always = None if options.reuse and not options.paranoid else "nothing is to be reused"
    wanted: dict[str, str | None] = {
        step.name: "it is tagged `cache:off`" if step.options.cache is False else always
        for step in pipeline.steps
        if options.only in {None, step.name} or step.name in before[options.only]
    }
    if options.only is not None:
        wanted[options.only] = "it was asked for"
    for name in wanted if options.start is not None else ():
        if options.start == name or options.start in before[name]:
            wanted[name] = f"it is or comes after `{options.start}`"
    return wanted
