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
        paranoid: load every value again as soon as it is stored, and compare; nothing is reused then.
        reuse: take the results of steps whose code, inputs, parameters, environment and files are as they
            were in an earlier run.
        keep: keep the results of steps for later runs.
        store: the URL of a store that other machines share: results are taken from it and put there. None or
            empty: only what was run in this folder is reused.
        start: run this step again, and all that come after it.
        only: run this step again, and before it only what has no results that can be reused.
    """

    workers: int | None = None
    python: str = sys.executable
    isolated: bool = False
    paranoid: bool = False
    reuse: bool = True
    keep: bool = True
    store: str | None = None
    start: str | None = None
    only: str | None = None
