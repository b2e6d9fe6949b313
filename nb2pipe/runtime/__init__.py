"""What runs a step where the step runs: standard library only, Python 3.9 to 3.14.

`nb2pipe.bundle` packs these modules into one and gives all names one or two letters; the result
stands in every step, so each statement counts. Therefore a module-level name is unique among all
modules, a parameter is not passed by keyword, and no quotes stand inside an f-string's braces.
`docs/manifest.md` is the contract.
"""

import importlib
import sys
from types import ModuleType

PACKED = "nb2pipe_runtime"
"""The name of the packed module in a step. Artifacts look there for what loads them."""


def stand_in() -> None:
    """Let artifacts be loaded where no step runs: have a module of that name with all that they ask for."""
    module = sys.modules.setdefault(PACKED, ModuleType(PACKED))
    for name in "sets", "pickling":
        vars(module).update(vars(importlib.import_module(f"nb2pipe.runtime.{name}")))
