"""What only Kubernetes knows: the second document of a compiled file.

The layout is that of kfp-kubernetes, which is not needed for it: its messages as plain values.
"""

from collections.abc import Mapping
from typing import Any

from nb2pipe.backends.kfp.names import StepNames
from nb2pipe.ir import Pipeline, Secret, StepOptions, Volume

OPTIONS = frozenset({"secrets", "volumes", "labels", "annotations", "timeout"})
"""The fields of `StepOptions` that go into this document."""


def platform_document(pipeline: Pipeline, names: Mapping[str, StepNames]) -> dict[str, Any] | None:
    """Return the platform document of `pipeline`, None when it needs none."""
    executors = {
        names[step.name].executor: config
        for step in pipeline.steps
        if (config := _executor_config(step.options))
    }
    if not executors:
        return None
    return {"platforms": {"kubernetes": {"deploymentSpec": {"executors": executors}}}}


def _executor_config(options: StepOptions) -> dict[str, Any]:
    metadata = {"labels": dict(options.labels), "annotations": dict(options.annotations)}
    config = {
        "secretAsEnv": _secrets_as_env(options.secrets),
        "pvcMount": [_pvc_mount(volume) for volume in options.volumes],
        "podMetadata": {kind: entries for kind, entries in metadata.items() if entries},
        # An int64 is text in protobuf's JSON.
        "activeDeadlineSeconds": None if options.timeout is None else str(options.timeout),
    }
    return {key: value for key, value in config.items() if value}


def _secrets_as_env(secrets: tuple[Secret, ...]) -> list[dict[str, Any]]:
    by_name: dict[str, list[dict[str, str]]] = {}
    for secret in secrets:
        entry = {"secretKey": secret.key, "envVar": secret.variable}
        by_name.setdefault(secret.secret, []).append(entry)
    return [
        {
            "keyToEnv": entries,
            "optional": False,
            "secretName": name,
            "secretNameParameter": _constant(name),
        }
        for name, entries in by_name.items()
    ]


def _pvc_mount(volume: Volume) -> dict[str, Any]:
    mount = {
        "constant": volume.name,
        "mountPath": volume.mount_path,
        "pvcNameParameter": _constant(volume.name),
    }
    return mount | ({"subPath": volume.sub_path} if volume.sub_path else {})


def _constant(text: str) -> dict[str, Any]:
    """A constant, where an input parameter could stand; older backends read the text beside it."""
    return {"runtimeValue": {"constant": text}}
