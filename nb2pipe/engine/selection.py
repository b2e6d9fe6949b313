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


def wanted_steps(pipeline: Pipeline, options: RunOptions) -> Mapping[str, str | None]:
    """Return the steps that a run wants, each with why it runs again even when nothing changed.

    Steps are in execution order in a pipeline.
    """
    waits = predecessors(pipeline)
    names = [step.name for step in pipeline.steps]
    always = None if options.reuse and not options.paranoid else "nothing is to be reused"
    wanted: dict[str, str | None] = {
        step.name: "it is tagged `cache:off`" if step.options.cache is False else always
        for step in pipeline.steps
    }
    if options.only is not None:
        before = {options.only}
        for name in reversed(names):
            before |= waits[name] if name in before else set()
        wanted = {name: why for name, why in wanted.items() if name in before}
        wanted[options.only] = "it was asked for"
    if options.start is not None:
        after = {options.start}
        after.update(name for name in names if _is_after(name, options.start, waits))
        wanted |= dict.fromkeys(after & wanted.keys(), f"it is or comes after `{options.start}`")
    return wanted


def _is_after(name: str, start: str, waits: Mapping[str, set[str]]) -> bool:
    return start in waits[name] or any(_is_after(before, start, waits) for before in waits[name])
