"""Run a step's program, operation by operation, in a fresh `__main__`."""

import json
import linecache
import math
import numbers
import re
import sys
import time
from types import ModuleType
from typing import Any

from nb2pipe.runtime.capture import Recorder, Stream, to_json
from nb2pipe.runtime.interactive import kernel_shell
from nb2pipe.runtime.plain import plain_shell
from nb2pipe.runtime.store import (
    StepError, collect, read_artifact, restore, write_artifact, write_file,
)  # fmt: skip


class Program:
    """A step's program and what came of it: `result`, as `docs/manifest.md` describes it."""

    def __init__(self, manifest: dict[str, Any], sources: list[str], ports: dict[str, Any]) -> None:
        self.manifest = manifest
        self.sources = sources
        self.ports = ports
        self.result: dict[str, Any] = {
            "schema": 1, "step": manifest["step"], "cells": [], "outputs": {}, "metrics": {}, "error": None,
        }  # fmt: skip
        self.parameters = {
            name: _parameter(parameter["default"], ports["parameters"].get(name))
            for name, parameter in manifest["parameters"].items()
        }
        main = sys.modules["__main__"] = ModuleType("__main__")
        self.scope = vars(main)
        self.recorder = Recorder()
        for name in "stdout", "stderr":
            Stream(name, self.recorder)
        try:
            self.shell = kernel_shell(self.recorder)
        except ImportError:
            self.shell = plain_shell(self.recorder)

    async def run(self) -> None:
        """Run all operations; the first error ends the step."""
        self.result["status"] = "failed"
        try:
            for operation in self.manifest["program"]:
                await getattr(self, operation["op"] + "_operation")(operation)
            for name in self.manifest["metrics"]:
                value = self.scope.get(name)
                if isinstance(value, numbers.Real) and math.isfinite(value):
                    self.result["metrics"][name] = value
            self.result["status"] = "succeeded"
        except StepError as error:
            names = "code", "message", "number", "line", "text"
            self.result["error"] = dict(zip(names, error.args))

    def save(self) -> None:
        """Write the result as far as it is known, in case the process is killed."""
        if self.ports.get("result"):
            write_file(self.ports["result"], json.dumps(self.result, default=to_json).encode())

    # --- the operations

    async def replay_operation(self, operation: dict[str, Any]) -> None:
        """Run a statement of another step, silently."""
        self.recorder.silent = True
        await self._execute(operation, 0)
        self.recorder.silent = False

    async def bind_operation(self, operation: dict[str, Any]) -> None:
        """Bind a pipeline parameter."""
        self.scope[operation["name"]] = self.parameters[operation["name"]]

    async def unbind_operation(self, operation: dict[str, Any]) -> None:
        """Remove names."""
        for name in operation["names"]:
            self.scope.pop(name, None)

    async def load_operation(self, operation: dict[str, Any]) -> None:
        """Load an artifact and bind names of it."""
        key = operation["input"]
        port = self.manifest["inputs"][key]
        try:
            values = read_artifact(self.ports["inputs"][key])
            for name in {*operation["names"]} & {*values}:
                restore(port["kind"], name, values[name], self.scope)
        except Exception as error:
            message = f"`{port['output']}` of step `{port['step']}` cannot be read back: {error!r}"
            raise StepError("NB505", message) from error

    async def store_operation(self, operation: dict[str, Any]) -> None:
        """Store an artifact."""
        key = operation["output"]
        port = self.manifest["outputs"][key]
        values = {}
        for name in port["names"]:
            try:
                values[name] = collect(port["kind"], name, self.scope)
            except (LookupError, OSError) as error:
                if name not in port["optional"]:
                    raise StepError("NB504", f"`{name}` cannot be stored: {error!r}") from error
        self.result["outputs"][key] = write_artifact(self.ports["outputs"][key], values)

    async def run_operation(self, operation: dict[str, Any]) -> None:
        """Run a cell of this step and keep what it displays."""
        cell = {key: operation[key] for key in ("cell", "id", "count")}
        self.result["cells"].append(cell)
        self.save()
        cell["outputs"] = self.recorder.outputs = []
        cell["status"] = "error"
        start = time.perf_counter()
        try:
            await self._execute(operation, operation["count"])
            cell["status"] = "ok"
        finally:
            cell["seconds"] = time.perf_counter() - start
            self.recorder.outputs = None

    async def _execute(self, operation: dict[str, Any], count: int) -> None:
        source = self.sources[operation["source"]]
        for place in reversed(operation.get("substitutions", ())):
            value = self.parameters[place["name"]]
            if value != self.manifest["parameters"][place["name"]]["default"]:
                start, end = place["start"], place["end"]
                lines = "\n" * source.count("\n", start, end)  # every line keeps its number
                source = f"{source[:start]}({value!r}{lines}){source[end:]}"
        number = operation["number"]
        name = f"{operation.get('notebook', self.manifest['notebook'])} cell {number}"
        source = "#\n" * (operation.get("line", 1) - 1) + source
        # IPython would drop blank lines at the top.
        source = re.sub(r"^\n+(?![\s%])", lambda top: "#\n" * len(top[0]), source)
        _remember(name, source)
        error = await self.shell(source, name, count)
        if error:
            line = getattr(error, "lineno", None)
            trace = error.__traceback__
            while trace:
                if trace.tb_frame.f_code.co_filename == name:
                    line = trace.tb_lineno
                trace = trace.tb_next
            message = f"cell {number}, line {line}: {type(error).__name__}: {error}"
            raise StepError("NB501", message, number, line, linecache.getline(name, line or 0).rstrip())


def _remember(name: str, source: str) -> None:
    """Let tracebacks and `inspect` find a cell's source, of which `#` stands for what is not known."""
    lines = source.splitlines(keepends=True)
    known: Any = linecache.cache.get(name, (0, None, []))[2]
    lines += known[len(lines) :]
    for index, line in enumerate(known[: len(lines)]):
        if lines[index] == "#\n":
            lines[index] = line
    linecache.cache[name] = 0, None, lines, name


def _parameter(default: Any, value: Any) -> Any:
    """Return a parameter's value in its own type: Kubeflow hands every number on as a float."""
    return default if value is None or value == default else type(default)(value)
