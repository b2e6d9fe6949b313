"""Store tables of xgboost, which it writes and reads as files only.

Only steps of notebooks that import `xgboost` have this module, in their manifest.
"""

import importlib
import pickle
import tempfile
from typing import Any


def reduce_table(table: Any) -> Any:
    """Return what makes a table of xgboost again.

    Where weights decide, it matters whether they were set before its first use, which nobody can tell.

    Raises:
        TypeError: it has weights or groups.
    """
    if len(table.get_weight()) or len(table.get_group()):
        raise TypeError("it has weights or groups, which may have been set after it was used")
    with tempfile.TemporaryDirectory() as folder:
        table.save_binary(folder + "/it")
        with open(folder + "/it", "rb") as file:
            return rebuild_table, (pickle.PickleBuffer(file.read()),)


def rebuild_table(content: Any) -> Any:
    """Return the table that a file with this content holds."""
    with tempfile.TemporaryDirectory() as folder:
        with open(folder + "/it", "wb") as file:
            file.write(content)
        return importlib.import_module("xgboost").DMatrix(folder + "/it")


def install(_start: Any, _settings: Any, _reducers: Any, ways: list[Any]) -> None:
    """Add to `ways` what stores tables."""
    ways.append(("xgboost", "DMatrix", reduce_table))
