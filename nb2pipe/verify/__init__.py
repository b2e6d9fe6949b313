"""Verify that a notebook's pipeline gives the notebook's results, by running both.

`verify_notebook` is the whole of it. It runs the notebook whole, twice, and as a pipeline in several
splits, and compares what every cell displays and what every variable is at the end.
"""

from nb2pipe.verify.model import Difference, RunStatus, SplitReport, Verification
from nb2pipe.verify.splits import Split, SplitKind
from nb2pipe.verify.verifier import Options, verify_notebook

__all__ = [
    "Difference",
    "Options",
    "RunStatus",
    "Split",
    "SplitKind",
    "SplitReport",
    "Verification",
    "verify_notebook",
]
