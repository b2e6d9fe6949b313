"""Compile a tagged Jupyter notebook into a pipeline that gives the same results.

The public names are looked up on first use, so that importing a part of the package (the command
line's `--help`, say) does not pay for the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nb2pipe.api import check, compile_notebook, load, run
    from nb2pipe.engine import RunOptions

__version__ = "0.1.0"

# Where each public name has its home.
_HOMES = {
    **dict.fromkeys(("check", "compile_notebook", "load", "run"), "nb2pipe.api"),
    "RunOptions": "nb2pipe.engine",
}

__all__ = ["RunOptions", "__version__", "check", "compile_notebook", "load", "run"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
