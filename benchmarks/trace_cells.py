"""Run the code cells of a notebook one by one, and tell what each changed in place.

Usage: python trace_cells.py NOTEBOOK OUTPUT. It runs in the notebook's own Python, with IPython, in the
current folder; `accuracy.py` starts it. The output is JSON: for every cell, the variables that existed
before it with their types, and what became of those that are not as they were.
"""

import json
import os
import random
import re
import sys
import time
import types
from pathlib import Path
from typing import Any

from fingerprint import Fingerprint, difference, fingerprint
from IPython.core.interactiveshell import InteractiveShell  # noqa: TID253 -- it is what this is about

_HISTORY = re.compile(r"_+\d*|_i+\d*|_(oh|dh|ih|exit_code)|In|Out|exit|quit|get_ipython|open")
_CODE = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, type)


class Shell(InteractiveShell):
    """A shell without a terminal; drawings appear nowhere."""

    def enable_gui(self, gui: Any = None) -> None:
        """Do without an event loop."""


def main() -> None:
    notebook, output = map(Path, sys.argv[1:3])
    sys.argv[1:] = []
    document = json.loads(notebook.read_text(encoding="utf-8"))
    cells = [
        (number, "".join(cell["source"]))
        for number, cell in enumerate(document["cells"], 1)
        if cell["cell_type"] == "code"
    ]
    shell = Shell.instance()
    main_module = types.ModuleType("__main__")
    shell.user_module = sys.modules["__main__"] = main_module
    shell.user_ns = main_module.__dict__
    shell.init_user_ns()
    sys.path.insert(0, "")
    report = [_run(shell, number, source) for number, source in cells]
    output.write_text(json.dumps(report, indent=1), encoding="utf-8")


class _State:
    """The variables at one moment: objects, so that no id is used again, and fingerprints."""

    def __init__(self, shell: InteractiveShell) -> None:
        started = time.perf_counter()
        self.values = {
            name: value
            for name, value in shell.user_ns.items()
            if not _HISTORY.fullmatch(name) and not name.startswith("__") and not isinstance(value, _CODE)
            and name not in shell.user_ns_hidden
        }  # fmt: skip
        self.prints = {name: fingerprint(value) for name, value in self.values.items()}
        self.hidden = {name: fingerprint(state) for name, state in _hidden_state().items()}
        self.seconds = time.perf_counter() - started


def _hidden_state() -> dict[str, Any]:
    states: dict[str, Any] = {"random": random.getstate()}
    if "numpy.random" in sys.modules:
        states["numpy.random"] = [*sys.modules["numpy.random"].get_state()]
    return states


_last: list[_State] = []


def _run(shell: InteractiveShell, number: int, source: str) -> dict[str, Any]:
    before = _last.pop() if _last else _State(shell)
    stdout, stderr = sys.stdout, sys.stderr
    with Path(os.devnull).open("w") as nowhere:
        sys.stdout = sys.stderr = nowhere
        try:
            result = shell.run_cell(source, store_history=True)
        finally:
            sys.stdout, sys.stderr = stdout, stderr
    error = result.error_before_exec or result.error_in_exec
    after = _State(shell)
    _last.append(after)
    types_ = {name: _type_name(value) for name, value in before.values.items()}
    facts = {name: _compare(name, before, after) for name in before.values}
    states = [
        name for name in before.hidden if before.hidden[name].content != after.hidden[name].content
    ]
    return {
        "cell": number,
        "error": repr(error) if error is not None else None,
        "types": types_,
        "facts": {name: fact for name, fact in facts.items() if fact is not None},
        "drawings": [name for name, print_ in before.prints.items() if print_.drawing],
        "states": states,
        "seconds": round(after.seconds, 3),
    }


def _type_name(value: Any) -> str:
    class_ = type(value)
    return f"{class_.__module__}.{class_.__qualname__}"


def _compare(name: str, before: _State, after: _State) -> dict[str, Any] | None:
    """Return what became of a variable; None when it is as it was."""
    if name not in after.values:
        return {"kind": "gone"}
    if after.values[name] is not before.values[name]:
        return {"kind": "rebound"}
    old, new = before.prints[name], after.prints[name]
    if old.content != new.content:
        return {"kind": "changed", "where": difference(old, new)}
    if old.identity != new.identity:
        return {"kind": "rewritten"}
    return _opaque(old)


def _opaque(print_: Fingerprint) -> dict[str, Any] | None:
    return {"kind": "opaque", "where": ", ".join(sorted(print_.opaque))} if print_.opaque else None


if __name__ == "__main__":
    main()
