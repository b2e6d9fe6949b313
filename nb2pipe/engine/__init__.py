"""The local engine: runs a pipeline here, step by step, without server, container or cluster.

The whole of it is `run_pipeline`. What belongs to it: `parse_parameters` and `check_parameters` for
the values that it takes, an `Observer` for who watches, `progress_observer` for people who do.
"""

from nb2pipe.engine.executed import executed_notebook
from nb2pipe.engine.observer import Observer
from nb2pipe.engine.options import RunOptions
from nb2pipe.engine.parameters import check_parameters, parse_parameters
from nb2pipe.engine.progress import progress_observer
from nb2pipe.engine.results import (
    CellResult,
    RunResult,
    RunStatus,
    StepError,
    StepResult,
    StepStatus,
)
from nb2pipe.engine.run import run_pipeline

__all__ = [
    "CellResult",
    "Observer",
    "RunOptions",
    "RunResult",
    "RunStatus",
    "StepError",
    "StepResult",
    "StepStatus",
    "check_parameters",
    "executed_notebook",
    "parse_parameters",
    "progress_observer",
    "run_pipeline",
]
