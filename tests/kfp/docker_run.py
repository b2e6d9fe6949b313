"""Running a compiled file in real containers, through kfp's own local runner."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from tests.kfp.environment import arithmetic
from tests.kfp.launcher import read_report


def run_in_docker(
    text: str, root: Path, parameters: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """Run a compiled file; return its executed cells in notebook order.

    The daemon is the one that `DOCKER_HOST` names. Containers have no network and start in an empty
    folder.

    Raises:
        RuntimeError: a task failed.
    """
    from kfp import components, local

    runner = local.DockerRunner(
        network_mode="none", working_dir="/scratch", environment=arithmetic()
    )
    local.init(runner=runner, pipeline_root=str(root), raise_on_error=True)
    component = components.load_component_from_text(text)
    component(**(parameters or {}))
    cells = [cell for path in _reports(text, root) for cell in read_report(path)["cells"]]
    return sorted(cells, key=lambda cell: cell["cell"])


def _reports(text: str, root: Path) -> list[Path]:
    components = next(yaml.safe_load_all(text))["components"]
    (run,) = root.iterdir()
    return [
        run / component.removeprefix("comp-") / name
        for component, declared in components.items()
        for name, output in declared.get("outputDefinitions", {}).get("artifacts", {}).items()
        if output["artifactType"]["schemaTitle"] == "system.HTML"
    ]
