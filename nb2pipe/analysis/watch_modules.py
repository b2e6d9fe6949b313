"""Which modules beside the notebook a cell is to leave as they are.

Each step imports them anew. What their variables keep, but for what is known to change (`local_modules.py`), would be
lost between steps, so the runtime compares (`runtime/local_state.py`).
"""

import ast
import re
from collections.abc import Collection, Mapping
from typing import Final

from nb2pipe.analysis.facts import ReplayKind
from nb2pipe.analysis.versions import Version
from nb2pipe.frontend.modules import Module, reached_modules

Uses = dict[str | None, tuple[int, int]]
"""For each step its first and its last cell that uses something."""

_DEFINITIONS: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_END_OF_NAME: Final = re.compile(r"[.\[>]")


def note_use(uses: Uses, step: str | None, cell: int) -> None:
    """Add a cell to those that use something."""
    first, last = uses.get(step, (cell, cell))
    uses[step] = min(first, cell), max(last, cell)


def uses_of_modules(
    versions: Mapping[Version, Uses], modules: Mapping[str, Module]
) -> dict[str, Uses]:
    """Return which steps use what they import of `modules`, or of what these import, in which cells."""
    found: dict[str, Uses] = {}
    for version, uses in versions.items() if modules else ():
        if version.statement.replay is not ReplayKind.IMPORT:
            continue
        for module in reached_modules(version.statement.node, modules):
            for step, cells in uses.items():
                for cell in cells:
                    note_use(found.setdefault(module, {}), step, cell)
    return found


def module_state(name: str, module: Module, written: Collection[str]) -> str:
    """Return what stands for all that a module keeps, but for its variables among the hidden state `written`.

    What a function or class keeps is no state that could be handed on.
    """
    prefix = f"<{name}."
    code = {f"{node.name}>" for node in module.tree.body if isinstance(node, _DEFINITIONS)}
    states = {state.removeprefix(prefix) for state in written if state.startswith(prefix)} - code
    spared = sorted({_END_OF_NAME.split(state)[0] for state in states})
    return f"<{' '.join(['module', name, *spared])}>"
