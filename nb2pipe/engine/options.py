"""How a pipeline is to be run."""

import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How a pipeline is to be run.

    Attributes:
        workers: how many steps may run at once; None for as many as there are processors.
        python: the Python that runs the steps.
        isolated: start every step in a fresh interpreter, as a container would. Otherwise steps are
            forked from a process that has imported what the notebook imports, where that is safe.
        paranoid: load every value again as soon as it is stored, and compare.
    """

    workers: int | None = None
    python: str = sys.executable
    isolated: bool = False
    paranoid: bool = False
