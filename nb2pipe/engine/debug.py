"""Standing where a step stood: its state, restored in the process that asks for it."""

import contextlib
import importlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from nb2pipe.diagnostics import Nb2pipeError
from nb2pipe.engine.folder import StepFolder
from nb2pipe.runtime import stand_in
from nb2pipe.runtime.execute import parameter_values
from nb2pipe.runtime.store import START, read_artifact, restore, settle, use_manifest

Operation = Mapping[str, Any]


class RestoreError(Nb2pipeError):
    """The state of a step cannot be restored; the message says what is missing."""


def enter_step(folder: str | PathLike[str], scope: dict[str, Any], cell: int = 0) -> None:
    """Give `scope` what a step's variables were right before one of its cells.

    Statements are replayed, parameters bound, and inputs loaded as the step did it; its cells are
    left to the caller, who runs them in between: `enter_step(f, globals())`, the first cell,
    `enter_step(f, globals(), 1)`, the second one.

    The working directory becomes that of the step, and files and hidden state (random generators,
    options) that travelled to it are put back.

    Args:
        folder: the folder of the step in its run.
        scope: the variables of `__main__`, where pickles look for classes: `globals()`.
        cell: how many of the step's cells have run.

    Raises:
        RestoreError: something that the step loaded is not there any more.
    """
    files = StepFolder(Path(folder))
    scope.pop("enter_step", None)  # the step had no such name; its own, if any, comes below
    try:
        document = json.loads(files.manifest.read_text(encoding="utf-8"))
        ports = json.loads(files.ports.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        message = f"the files of the step in `{folder}` are gone or damaged: run the notebook again"
        raise RestoreError(message) from error
    manifest, sources = document["manifest"], document["sources"]
    use_manifest(manifest)
    stand_in()
    if cell == 0:
        _prepare_process(files)
    for operation in operations_before(manifest["program"], cell):
        _perform(operation, manifest, sources, ports, scope)


def operations_before(program: list[Operation], cell: int) -> Iterator[Operation]:
    """Yield what a step does between its cell `cell`, counted from 0, and the one before that.

    The `run` of the cell itself comes last, if it imports modules before.
    """
    runs = 0
    for operation in program:
        if operation["op"] == "run":
            if runs == cell and operation.get("modules"):
                yield operation
            runs += 1
        elif runs == cell and operation["op"] != "store":
            yield operation


def _prepare_process(files: StepFolder) -> None:
    """Go to where the step began: the notebook's folder, which is also searched for modules."""
    directory = files.path.parents[4]
    os.chdir(directory)
    os.environ.update(_environment(files))
    START.update(cwd=str(directory), path=[*sys.path], environ={**os.environ})
    if "" not in sys.path:
        sys.path.insert(0, "")


def _environment(files: StepFolder) -> dict[str, str]:
    """Return what the notebook's tags set in the environment of the step."""
    pipeline = json.loads((files.path.parents[1] / "pipeline.json").read_text(encoding="utf-8"))
    name = json.loads(files.manifest.read_text(encoding="utf-8"))["manifest"]["step"]
    (step,) = [step for step in pipeline["steps"] if step["name"] == name]
    return dict(step["options"]["env"])


def _perform(
    operation: Operation,
    manifest: Mapping[str, Any],
    sources: list[str],
    ports: Mapping[str, Any],
    scope: dict[str, Any],
) -> None:
    match operation["op"]:
        case "replay":
            # Functions are the same as those of the run only if their lines have the same numbers.
            _replay("#\n" * (operation["line"] - 1) + sources[operation["source"]], scope)
        case "bind":
            name = operation["name"]
            values = parameter_values(manifest["parameters"], ports["parameters"])
            scope[name] = values.get(name, manifest["parameters"][name]["default"])
        case "load":
            key = operation["input"]
            _load(manifest["inputs"][key], ports["inputs"][key], operation["names"], scope)
        case "unbind":
            for name in operation["names"]:
                scope.pop(name, None)
        case _:  # the imports before a cell
            for name in operation["modules"]:
                with contextlib.suppress(Exception):
                    importlib.import_module(name)


def _replay(source: str, scope: dict[str, Any]) -> None:
    """Run a statement silently, through IPython where it runs, for it may be a magic."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        exec(compile(source, "<replayed>", "exec"), scope)  # noqa: S102 -- that is what it is for
    else:
        shell.run_cell(source, silent=True).raise_error()


def _load(port: Mapping[str, Any], path: str, names: list[str], scope: dict[str, Any]) -> None:
    try:
        values = read_artifact(path)
        settle()
    except OSError as error:
        message = "`{output}` of step `{step}` is gone: run the notebook again".format_map(port)
        raise RestoreError(message) from error
    except Exception as error:
        message = "`{output}` of step `{step}` cannot be read back: ".format_map(port)
        raise RestoreError(f"{message}{error!r}; run the notebook again") from error
    for name in names:
        if name in values:
            restore(port["kind"], name, values[name], scope)
