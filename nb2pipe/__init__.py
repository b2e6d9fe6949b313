"""Compile a tagged Jupyter notebook into a pipeline that gives the same results.

The public names are looked up on first use, so that importing a part of the package (the command
line's `--help`, say) does not pay for the rest.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nb2pipe.api import check, compile_notebook, load, run
    from nb2pipe.engine import RunOptions

__version__ = "0.1.0"

__all__ = ["RunOptions", "__version__", "check", "compile_notebook", "load", "run"]


def __getattr__(name: str) -> Any:
    if name == "RunOptions":
        from nb2pipe.engine import RunOptions  # noqa: PLC0415 -- lazy on purpose

        return RunOptions
    if name in __all__:
        from nb2pipe import api  # noqa: PLC0415 -- lazy on purpose

        return getattr(api, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
