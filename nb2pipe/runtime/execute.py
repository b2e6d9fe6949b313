"""Run a step's program, operation by operation, in a fresh `__main__`."""

import asyncio
import linecache
import numbers
import re
import sys
import time
from types import ModuleType
from typing import Any, Callable

from nb2pipe.runtime.capture import Recorder, Stream
from nb2pipe.runtime.interactive import kernel_shell
from nb2pipe.runtime.plain import plain_shell
from nb2pipe.runtime.store import StepError, collect, read_artifact, restore, write_artifact


class Program:
    """A step's program; `run` fills `result`, which is as `docs/manifest.md` describes it."""

    def __init__(self, manifest: dict[str, Any], sources: list[str], ports: dict[str, Any]) -> None:
        self.manifest = manifest
        self.sources = sources
        self.ports = ports
        self.result: dict[str, Any] = {
            "schema": 1, "step": manifest["step"], "status": "failed",
            "cells": [], "outputs": {}, "metrics": {}, "error": None,
        }  # fmt: skip
        self.parameters = {}
        for name, parameter in manifest["parameters"].items():
            default = parameter["default"]
            value = ports["parameters"].get(name, default)
            # Kubeflow hands every number on as a float.
            self.parameters[name] = default if value == default else type(default)(value)
        main = sys.modules["__main__"] = ModuleType("__main__")
        self.scope = vars(main)
        self.recorder = Recorder()
        for name in "stdout", "stderr":
            Stream(name, self.recorder)
        run_in_loop = _loop()
        try:
            self.shell = kernel_shell(self.recorder, run_in_loop)
        except ImportError:
            self.shell = plain_shell(self.recorder, run_in_loop)

    def run(self, save: Callable[[], None]) -> None:
        """Run all operations, the first error ends the step; call `save` before each cell."""
        result = self.result
        try:
            for operation in self.manifest["program"]:
                kind = operation["op"]
                if kind == "run":
                    result["cells"].append({key: operation[key] for key in ("cell", "id", "count")})
                    save()
                    self._run_cell(operation, result["cells"][-1])
                elif kind == "replay":
                    self.recorder.silent = True
                    self._execute(operation, 0)
                    self.recorder.silent = False
                elif kind == "bind":
                    self.scope[operation["name"]] = self.parameters[operation["name"]]
                elif kind == "unbind":
                    for name in operation["names"]:
                        self.scope.pop(name, None)
                elif kind == "load":
                    self._load(operation["input"], operation["names"])
                else:
                    self._store(operation["output"])
            for name in self.manifest["metrics"]:
                value = self.scope.get(name)
                if isinstance(value, numbers.Real) and value - value == 0:  # finite
                    result["metrics"][name] = float(value)
            result["status"] = "succeeded"
        except StepError as error:
            result["error"] = dict(zip(("code", "message", "number", "line", "text"), error.args))

    def _load(self, key: str, names: list[str]) -> None:
        port = self.manifest["inputs"][key]
        try:
            values = read_artifact(self.ports["inputs"][key])
            for name in {*names} & {*values}:
                restore(port["kind"], name, values[name], self.scope)
        except Exception as error:
            message = f"`{port['output']}` of step `{port['step']}` cannot be read back: {error!r}"
            raise StepError("NB505", message) from error

    def _store(self, key: str) -> None:
        port = self.manifest["outputs"][key]
        values = {}
        for name in port["names"]:
            try:
                values[name] = collect(port["kind"], name, self.scope)
            except (LookupError, OSError) as error:
                if name not in port["optional"]:
                    raise StepError("NB504", f"`{name}` cannot be stored: {error!r}") from error
        self.result["outputs"][key] = write_artifact(self.ports["outputs"][key], values)

    def _run_cell(self, operation: dict[str, Any], cell: dict[str, Any]) -> None:
        cell["outputs"] = self.recorder.outputs = []
        cell["status"] = "error"
        start = time.perf_counter()
        try:
            self._execute(operation, cell["count"])
            cell["status"] = "ok"
        finally:
            cell["seconds"] = time.perf_counter() - start
            self.recorder.outputs = None

    def _execute(self, operation: dict[str, Any], count: int) -> None:
        source = self.sources[operation["source"]]
        for place in reversed(operation.get("substitutions", ())):
            value = self.parameters[place["name"]]
            if value != self.manifest["parameters"][place["name"]]["default"]:
                start, end = place["start"], place["end"]
                lines = "\n" * source.count("\n", start, end)  # every line keeps its number
                source = f"{source[:start]}({value!r}{lines}){source[end:]}"
        number = operation["number"]
        name = f"{operation.get('notebook', self.manifest['notebook'])} cell {number}"
        if not count:
            name += f" from line {operation['line']}"
            source = "#\n" * (operation["line"] - 1) + source
        # IPython would drop blank lines at the top.
        source = re.sub(r"^\n+(?![\s%])", lambda top: "#\n" * len(top[0]), source)
        lines = [line + "\n" for line in source.split("\n")]
        linecache.cache[name] = 0, None, lines, name
        error = self.shell(source, name, count)
        if error:
            line = getattr(error, "lineno", None)
            trace = error.__traceback__
            while trace:
                if trace.tb_frame.f_code.co_filename == name:
                    line = trace.tb_lineno
                trace = trace.tb_next
            message = f"cell {number}, line {line}: {type(error).__name__}: {error}"
            raise StepError("NB501", message, number, line, linecache.getline(name, line or 0).rstrip())


def _loop() -> Any:
    """Return what runs a coroutine; until then, code meets a running loop, as it does in a kernel."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    asyncio._set_running_loop(loop)

    def run_in_loop(awaitable: Any) -> Any:
        asyncio._set_running_loop(None)
        try:
            return loop.run_until_complete(awaitable)
        finally:
            asyncio._set_running_loop(loop)

    return run_in_loop
