"""Run a step's program, operation by operation, in a fresh `__main__`."""

import asyncio
import contextlib
import importlib
import linecache
import numbers
import re
import sys
import time
from types import ModuleType
from typing import Any, Callable

from nb2pipe.runtime.capture import Recorder, Stream
from nb2pipe.runtime.compare import bare_state, first_difference
from nb2pipe.runtime.files import watch_files
from nb2pipe.runtime.guard import Guard
from nb2pipe.runtime.interactive import kernel_shell
from nb2pipe.runtime.pickling import OWN_WAYS, Definition, load_anew
from nb2pipe.runtime.plain import plain_shell
from nb2pipe.runtime.store import (
    START,
    StepError,
    artifact_parts,
    collect,
    note_start,
    read_artifact,
    restore,
    settle,
    unstorable,
    use_manifest,
    write_artifact,
)

CHECKED = 1 << 22  # bytes
LOOP: list[Any] = []


def prepare() -> tuple[Recorder, Any]:
    """Make all that depends on no step: `__main__`, and what runs cells in it and listens to them.

    The process may be forked after this, until there is a loop.
    """
    note_start()
    watch_files()
    main = sys.modules["__main__"] = ModuleType("__main__")
    recorder = Recorder(vars(main))
    recorder.streams = [Stream(name, recorder) for name in ("stdout", "stderr")]
    try:
        return recorder, kernel_shell(main, recorder, run_in_loop)
    except ImportError:
        return recorder, plain_shell(main, recorder, run_in_loop)


def start_loop() -> None:
    """Start the loop of this process, which a fork of it cannot use."""
    LOOP.append(asyncio.new_event_loop())
    run_in_loop(asyncio.sleep(0))


def run_in_loop(awaitable: Any) -> Any:
    """Run something to its end; other code meets a running loop, as it does in a kernel."""
    asyncio._set_running_loop(None)  # noqa: SLF001 -- there is no other way
    try:
        return LOOP[0].run_until_complete(awaitable)
    finally:
        asyncio._set_running_loop(LOOP[0])  # noqa: SLF001


def run_program(
    manifest: dict[str, Any],
    sources: list[str],
    ports: dict[str, Any],
    save: Callable[[dict[str, Any]], None],
    ready: tuple[Recorder, Any],
) -> dict[str, Any]:
    """Run all operations, until one fails, and return the result that `docs/manifest.md` describes.

    `save` is called before each cell with the result as far as it is known; `ready` is what `prepare` returned.
    """
    result: dict[str, Any] = {
        "schema": 2, "step": manifest["step"], "status": "failed",
        "cells": [], "outputs": {}, "metrics": {}, "error": None,
    }  # fmt: skip
    use_manifest(manifest)
    values = parameter_values(manifest["parameters"], ports["parameters"])
    scope = vars(sys.modules["__main__"])
    execute = _executor(manifest, sources, values, *ready)
    guard = Guard(scope, sources)
    try:
        for operation in manifest["program"]:
            kind = operation["op"]
            if kind == "run":
                cell = {key: operation[key] for key in ("cell", "id", "count")}
                result["cells"].append(cell)
                save(result)
                _run_cell(cell, ready[0], execute, operation, guard)
            elif kind == "load":
                key = operation["input"]
                _load(manifest["inputs"][key], ports["inputs"][key], operation["names"], guard)
            elif kind == "store":
                key = operation["output"]
                port = {**ports, **manifest["outputs"][key], **operation}
                result["outputs"][key] = _store(port, ports["outputs"][key], guard)
            else:
                bindings = guard.bindings()
                if kind == "replay":
                    execute(operation, 0)
                elif kind == "bind":
                    name = operation["name"]
                    scope[name] = values.get(name, manifest["parameters"][name]["default"])
                for name in operation.get("names", ()):
                    scope.pop(name, None)
                guard.rebind(bindings)
        guard.finish()
        _settle()
        result["metrics"] = _metrics(manifest["metrics"], scope)
        result["status"] = "succeeded"
    except (StepError, OSError, KeyboardInterrupt) as failure:
        result["error"] = _error_of(failure)
    result["guard"] = guard.report()
    return result


def _error_of(failure: BaseException) -> dict[str, Any]:
    """Return the result's error for what ended the step; nothing is said of an interrupt."""
    try:
        _settle()  # a damaged value may be behind it
    except StepError as damaged:
        failure = damaged
    if isinstance(failure, OSError):
        failure = StepError("NB507", f"the step's files cannot be written: {failure}")
    return dict(zip(("code", "message", "number", "line", "text", "hint"), failure.args))


def _run_cell(
    cell: dict[str, Any], recorder: Recorder, execute: Any, operation: Any, guard: Guard
) -> None:
    for name in operation.get("modules", ()):
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    recorder.recall(operation.get("history", ()))
    guard.enter(operation)
    recorder.hear()  # of what was loaded
    cell["outputs"] = recorder.outputs = []
    cell["status"] = "error"
    start = time.perf_counter()
    try:
        execute(operation, cell["count"])
        cell["status"] = "ok"
    finally:
        cell["seconds"] = time.perf_counter() - start
        recorder.hear()
        with recorder.lock:
            recorder.outputs = None
    guard.leave(operation)


def _executor(
    manifest: dict[str, Any],
    sources: list[str],
    values: dict[str, Any],
    recorder: Recorder,
    shell: Any,
) -> Callable[[dict[str, Any], int], None]:
    def execute(operation: dict[str, Any], count: int) -> None:
        number = operation["number"]
        notebook = operation.get("notebook", manifest["notebook"])
        name = f"{notebook} cell {number}"
        source = substitute(
            sources[operation["source"]], operation.get("substitutions", ()), values
        )
        if "line" in operation:
            line = operation["line"]
            name += f" from line {line}"
            source = "#\n" * (line - 1) + source
        # IPython would drop blank lines at the top.
        source = re.sub(r"^\n+(?![\s%])", lambda top: "#\n" * len(top[0]), source)
        linecache.cache[name] = 0, None, (source + "\n").splitlines(keepends=True), name
        recorder.silent = not count
        error = shell(source, name, count)
        recorder.silent = False
        if error and "may_raise" not in operation:
            raise _step_error(error, name, number)

    return execute


def parameter_values(parameters: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that differ from their defaults, in the defaults' types.

    Kubeflow hands every number on as a float.
    """
    values = {}
    for name, parameter in parameters.items():
        default = parameter["default"]
        value = given.get(name, default)
        if value != default:
            values[name] = type(default)(value)
    return values


def substitute(source: str, places: Any, values: dict[str, Any]) -> str:
    """Return a cell's source with parameters that differ from their defaults in their places."""
    for place in reversed(places):
        name = place["name"]
        if name in values:
            start, end = place["start"], place["end"]
            lines = "\n" * source.count("\n", start, end)  # every line keeps its number
            source = f"{source[:start]}({values[name]!r}{lines}){source[end:]}"
    return source


def _step_error(error: BaseException, name: str, number: int) -> StepError:
    line = getattr(error, "lineno", 0)
    trace = error.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename == name:
            line = trace.tb_lineno
        trace = trace.tb_next
    message = f"cell {number}, line {line}: {type(error).__name__}: {error}"
    return StepError("NB501", message, number, line, linecache.getline(name, line).rstrip())


def _load(port: dict[str, Any], path: str, names: list[str], guard: Guard) -> None:
    start = time.perf_counter()
    bindings = guard.bindings()
    try:
        values = read_artifact(path)
        guard.release([name for name in names if isinstance(values.get(name), Definition)])
        for name in names:
            if name in values:
                restore(port["kind"], name, values[name], guard.scope)
    except StepError:
        raise
    except Exception as error:
        message = "`{output}` of step `{step}` cannot be read back: ".format_map(port)
        raise StepError("NB505", message + repr(error)) from error
    guard.rebind(bindings)
    if port["kind"] == "variables":
        guard.hold(path, _held([name for name in names if name in values], values), values, start)


def _settle() -> None:
    try:
        settle()
    except ValueError as error:
        raise StepError("NB505", f"an artifact cannot be read back: {error}") from error


def _store(port: dict[str, Any], path: str, guard: Guard) -> dict[str, Any]:
    start = time.perf_counter()
    _settle()
    values = {}
    made = dict(zip(port["names"], port.get("made", ())))
    for name in port["names"]:
        try:
            values[name] = collect(port["kind"], name, guard.scope)
            if name in port.get("definitions", ()):
                values[name] = Definition(values[name])
        except (LookupError, OSError) as error:  # noqa: PERF203
            if name not in port["optional"]:
                raise unstorable(name, f"`{name}` cannot be stored: {error!r}", made) from error
    for look in START.get("looks", ()):
        for code, name, message, hint in look(port, values, guard.scope):
            raise StepError(code, message, *made.get(name, (None, None)), "", hint)
    names = [*values]
    guard.add_shared(values, port.get("apart", ()))
    OWN_WAYS.clear()
    artifact = write_artifact(path, values, made, port.get("ordered", ()), port.get("fast"))
    if port["kind"] == "variables":
        # Small ones that are stored in the notebook's own way are read back at once.
        if port.get("paranoid") or (OWN_WAYS and artifact["bytes"] < CHECKED):
            _look_again(path, names, values)
        guard.hold(path, _held(names, values), values, start)
    return artifact


def _held(names: list[str], values: dict[str, Any]) -> list[str]:
    """Return the names whose values themselves an artifact holds."""
    return [name for name in names if not isinstance(values[name], Definition)]


def _look_again(path: str, names: list[str], values: dict[str, Any]) -> None:
    """Load what was just stored, and compare."""
    try:
        read_artifact(path)
        again = load_anew(artifact_parts(path))
        found = [
            first_difference(again[name], values[name], name, bare_state)
            for name in _held(names, values)
        ]
    except Exception as error:
        found = [repr(error)]
    for part in filter(None, found):
        name = ", ".join(names)
        message = f"`{name}` is not the same when it is loaded again: `{part}` differs"
        raise StepError("NB510", message)


def _metrics(names: list[str], scope: dict[str, Any]) -> dict[str, float]:
    metrics = {}
    for name in names:
        value = scope.get(name)
        if isinstance(value, numbers.Real) and value - value == 0:  # finite
            metrics[name] = float(value)
    return metrics
