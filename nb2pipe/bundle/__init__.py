"""Everything that a step's process is started with: the packed runtime, a manifest and sources.

`python3 -c BOOTSTRAP runtime_blob() *command_line(…)`, followed by the ports, runs a step in an
image that has nothing but Python.
"""

from collections.abc import Mapping
from typing import Final

from nb2pipe.bundle.arguments import armour, command_line
from nb2pipe.bundle.manifest import manifest_of
from nb2pipe.bundle.runtime import BOOTSTRAP, module_texts, runtime_blob, runtime_source

__all__ = [
    "BOOTSTRAP",
    "STEP_ENVIRONMENT",
    "armour",
    "command_line",
    "manifest_of",
    "module_texts",
    "runtime_blob",
    "runtime_source",
]

STEP_ENVIRONMENT: Final[Mapping[str, str]] = {"PYTHONHASHSEED": "0"}
"""Environment variables of every step, unless somebody sets them otherwise.

In one process, sets of texts are always walked in the same order, and code relies on it. Each process
has another order, unless all hash with the same seed.
"""
