"""Steps that start in milliseconds: forked from a process that has imported what the notebook imports."""

import ast
import contextlib
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from nb2pipe.analysis.imports import modules_of
from nb2pipe.bundle import runtime_source
from nb2pipe.engine.process import Ended, Start, Started
from nb2pipe.engine.warm_parent import send
from nb2pipe.ir import Cell

_PROGRAM: Final = Path(__file__).with_name("warm_parent.py")
# Code that changes what an import does; what is imported after it is not imported ahead.
_SETS_UP: Final = (
    "environ",
    "%env",
    "putenv",
    "sys.path",
    "reload",
    "import_module",
    "sys.modules",
)


class WarmParentError(Exception):
    """Steps cannot be forked; the message says why."""


def imports_of(cells: Iterable[Cell]) -> tuple[str, ...]:
    """Return the modules that cells import at their top level, as far as nothing before says how."""
    found: dict[str, None] = {}
    for cell in cells:
        if cell.step is None:
            continue
        lines = cell.source.split("\n")
        before = next((n for n, line in enumerate(lines) if any(w in line for w in _SETS_UP)), None)
        found.update(dict.fromkeys(_imports("\n".join(lines[:before]))))
        if before is not None:
            break
    return tuple(found)


def _imports(source: str) -> Iterator[str]:
    plain = "\n".join("" if line.startswith(("%", "!")) else line for line in source.split("\n"))
    try:
        body = ast.parse(plain).body
    except (SyntaxError, ValueError):
        return
    for node in body:
        yield from filter(None, modules_of(node))


class WarmParent:
    """The process that steps are forked from."""

    def __init__(
        self, python: str, modules: Sequence[str], directory: Path, environment: Mapping[str, str]
    ) -> None:
        """Start it, and have it import `modules`.

        Raises:
            WarmParentError: forked processes might not be what fresh ones are.
        """
        if sys.platform != "linux":
            raise WarmParentError("this system cannot fork safely")
        self._control, theirs = socket.socketpair()
        self._pids: SimpleQueue[int | None] = SimpleQueue()
        self._ends: dict[str, SimpleQueue[Ended]] = {}
        try:
            self._process = subprocess.Popen(  # noqa: S603 -- our own program
                [python, "-c", _PROGRAM.read_text("utf-8"), str(theirs.fileno())],
                cwd=directory,
                env=environment,
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
        except OSError as error:
            self._control.close()
            raise WarmParentError(f"its process does not start: {error.strerror}") from error
        finally:
            theirs.close()
        self.group = self._process.pid
        self._listener = threading.Thread(target=self._listen, daemon=True)
        order = {"modules": modules, "runtime": runtime_source(), "folder": str(directory)}
        self._answers = self._control.makefile("r", encoding="utf-8")
        with contextlib.suppress(OSError):
            send(self._control, order)
        first = json.loads(self._answers.readline() or '{"unsafe": "its process ended"}')
        if first["unsafe"] is not None:
            self.close()
            raise WarmParentError(first["unsafe"])
        self._listener.start()

    def starter(self, step: str, arguments: Sequence[str], directory: Path, first: str) -> Start:
        """Return what starts the runtime with `arguments` in a forked process, which runs the code `first` before."""
        folder = str(directory)
        order = {"step": step, "arguments": [*arguments], "folder": folder, "first": first}

        def start(output: int) -> Started:
            ends = self._ends[step] = SimpleQueue()
            send(self._control, order, [output])
            pid = self._pids.get()
            if pid is None:
                raise OSError("the process that steps are forked from has ended")
            return Started(pid, ends.get)

        return start

    def close(self) -> None:
        """End the process, and the steps that are still running."""
        # Closing would not reach the other side while the thread reads.
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._process.wait()
        if self._listener.is_alive():
            self._listener.join()
        self._answers.close()
        self._control.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in self._answers:
                message = json.loads(line)
                if "pid" in message:
                    self._pids.put(message["pid"])
                else:
                    self._ends.pop(message["step"]).put(Ended(message["code"], message["peak"]))
        self._pids.put(None)
        for ends in [*self._ends.values()]:
            ends.put(Ended(-9, 0))
