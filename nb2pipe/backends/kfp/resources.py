"""Resource requests and limits of a container."""

import re

from nb2pipe.backends.base import is_accelerator
from nb2pipe.backends.kfp.protobuf import pipeline_spec_pb2 as pb
from nb2pipe.ir import StepOptions

_QUANTITY = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)")
_BINARY = {f"{letter}i": 1024.0**power for power, letter in enumerate("KMGTPE", start=1)}
_DECIMAL = {"n": 1e-9, "u": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "K": 1e3} | {
    letter: 1000.0**power for power, letter in enumerate("MGTPE", start=2)
}
_FACTORS = _BINARY | _DECIMAL
_GIGABYTE = 1e9


def resource_spec(
    options: StepOptions,
) -> pb.PipelineDeploymentConfig.PipelineContainerSpec.ResourceSpec:
    """Return the message for what `options` request and limit.

    Quantities are given twice: as text, and as numbers for backends older than Kubeflow 2.4.
    """
    resources = pb.PipelineDeploymentConfig.PipelineContainerSpec.ResourceSpec()
    for kind, amounts in (("request", options.requests), ("limit", options.limits)):
        for name, amount in amounts:
            if name in ("cpu", "memory"):
                unit = _GIGABYTE if name == "memory" else 1.0
                setattr(resources, f"resource_{name}_{kind}", amount)
                setattr(resources, f"{name}_{kind}", _number(amount) / unit)
    accelerator = _accelerator(options)
    if accelerator is not None:
        name, amount = accelerator
        resources.accelerator.resource_type = resources.accelerator.type = name
        resources.accelerator.resource_count = amount
        resources.accelerator.count = int(_number(amount))
    return resources


def _accelerator(options: StepOptions) -> tuple[str, str] | None:
    """The first one; Kubeflow has room for one, and Kubernetes wants request and limit equal."""
    asked = (*options.limits, *options.requests)
    return next(((name, amount) for name, amount in asked if is_accelerator(name)), None)


def _number(quantity: str) -> float:
    """The number that a Kubernetes quantity stands for; 0 for what is none."""
    match = _QUANTITY.fullmatch(quantity)
    if match is None or match[2] not in _FACTORS:
        return 0.0
    return float(match[1]) * _FACTORS[match[2]]
