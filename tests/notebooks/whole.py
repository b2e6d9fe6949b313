"""A notebook's file, run whole."""

import os
import sys

import nbformat  # noqa: TID253 -- start-up time does not matter here

from nb2pipe.verify.whole import execute_whole


def run_notebook(path, folder):
    """Run the notebook at `path` from top to bottom in `folder`; return it executed."""
    document = nbformat.read(path, as_version=4)
    run = execute_whole(document, folder, sys.executable, os.environ)
    assert run.failed is None, run.error
    return run.document
