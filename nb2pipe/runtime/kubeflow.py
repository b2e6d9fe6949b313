"""Kubeflow's executor input and output; its names of artifacts are the manifest's keys."""

import re
from typing import Any


def kubeflow_ports(names: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return the ports that an executor input describes; `names` is the manifest's `kubeflow`."""
    inputs = given.get("inputs", {})
    outputs = _paths(given["outputs"])
    values = inputs.get("parameterValues", {})
    for name, other in names.get("parameters", {}).items():
        values[name] = values.get(other)
    return {
        "inputs": _paths(inputs),
        "outputs": outputs,
        "parameters": values,
        "metrics": outputs.get(names.get("metrics")),
        "report": outputs.get(names.get("report")),
        "runtime": outputs.get(names.get("runtime")),
    }


def executor_output(names: dict[str, Any], given: dict[str, Any], result: Any) -> dict[str, Any]:
    """Return the metadata of the step's artifacts, in the form that the launcher reads."""
    metadata = {**result["outputs"], names.get("metrics"): result["metrics"]}
    artifacts = given["outputs"].get("artifacts", {})
    for key in artifacts:
        artifacts[key]["artifacts"][0]["metadata"] = metadata.get(key, {})
    return {"artifacts": artifacts}


def _paths(side: dict[str, Any]) -> dict[Any, str]:
    """Return where the launcher puts the files of a side's artifacts."""
    return {
        key: re.sub("^(.+?)://", r"/\1/", re.sub("^gs:", "gcs:", value["artifacts"][0]["uri"]))
        for key, value in side.get("artifacts", {}).items()
    }
