"""From a file to cells that know their step: reading, tags and settings."""

from nb2pipe.frontend.layout import LaidCell, Layout, Role, StepLayout
from nb2pipe.frontend.notebook import Notebook, NotebookCell, parse_notebook, read_notebook
from nb2pipe.frontend.settings import Settings
from nb2pipe.frontend.steps import lay_out

__all__ = [
    "LaidCell",
    "Layout",
    "Notebook",
    "NotebookCell",
    "Role",
    "Settings",
    "StepLayout",
    "lay_out",
    "parse_notebook",
    "read_notebook",
]
