"""What a step's process is started with: the same words as in a container, and ports of our own."""

from collections.abc import Mapping, Sequence
from typing import Any

from nb2pipe.bundle import command_line
from nb2pipe.engine.folder import RunFolder, write_json
from nb2pipe.ir import Json, Step


def step_arguments(
    step: Step,
    *,
    manifest: Mapping[str, Any],
    sources: Sequence[str],
    folder: RunFolder,
    values: Mapping[str, Json],
    paranoid: bool = False,
) -> list[str]:
    """Write what the process of `step` reads into its folder and return the runtime's arguments.

    `manifest` and `sources` are what `manifest_of` gives for the step.

    Raises:
        OSError: the files cannot be written.
    """
    files = folder.step(step.name)
    files.artifacts.mkdir(parents=True, exist_ok=True)
    write_json(files.manifest, {"manifest": manifest, "sources": sources})
    write_json(files.ports, _ports(step, folder, values) | {"paranoid": paranoid})
    return [*command_line(manifest, sources), "--ports", str(files.ports)]


def _ports(step: Step, folder: RunFolder, values: Mapping[str, Json]) -> dict[str, Any]:
    """Return where the step finds its inputs and leaves its outputs, see `docs/manifest.md`."""
    files = folder.step(step.name)
    return {
        "inputs": {
            artifact.key: str(folder.step(artifact.step).artifact(artifact.output))
            for artifact in step.inputs
        },
        "outputs": {output.key: str(files.artifact(output.key)) for output in step.outputs},
        "parameters": {name: values[name] for name in step.parameters},
        "metrics": str(files.metrics),
        "report": str(files.report),
        "result": str(files.result),
        "fast": True,
    }
