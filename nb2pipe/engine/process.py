"""A step's process: started in a session of its own, followed, and ended with all its children."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import BinaryIO, Self

# How long a pipe may stay open after its step ended, held by a process that left the step's group.
_DRAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Logged:
    """A step printed a line."""

    step: str
    line: str


@dataclass(frozen=True, slots=True)
class Exited:
    """A step's process ended; a negative `code` is the number of the signal that ended it."""

    step: str
    code: int


@dataclass(frozen=True, slots=True)
class Stop:
    """The run shall stop: somebody asked for it, or the time to obey the last signal is over."""


Event = Logged | Exited | Stop


class Guard:
    """Makes sure that no step outlives the engine, even when the engine is killed."""

    def __enter__(self) -> Self:
        # Its own session keeps it away from a Ctrl-C and from signals to the engine's group.
        self._process = subprocess.Popen(  # noqa: S603 -- our own file
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("watcher.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with contextlib.suppress(BrokenPipeError):
            self._process.communicate()

    def watch(self, group: int) -> None:
        """Have the process group killed when the engine dies."""
        self._tell(f"+{group}\n")

    def release(self, group: int) -> None:
        """Forget a process group that is gone: its number may soon be another's."""
        self._tell(f"-{group}\n")

    def _tell(self, line: str) -> None:
        pipe = self._process.stdin
        assert pipe is not None  # noqa: S101 -- asked for above
        with contextlib.suppress(BrokenPipeError):
            os.write(pipe.fileno(), line.encode())


class StepProcess:
    """The running process of a step, which tells of itself in `events`."""

    def __init__(
        self,
        step: str,
        command: Sequence[str],
        *,
        directory: Path,
        environment: Mapping[str, str],
        log: Path,
        events: "SimpleQueue[Event]",
    ) -> None:
        """Start the command of `step` in `directory`; everything that it prints goes to `log`.

        Raises:
            OSError: it cannot be started, or the log cannot be written.
        """
        self.step = step
        self._events = events
        log_file = log.open("wb", buffering=0)
        try:
            self._process = subprocess.Popen(  # noqa: S603 -- running the notebook is the purpose
                command,
                cwd=directory,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                bufsize=0,
                start_new_session=True,
            )
        except OSError:
            log_file.close()
            raise
        self.group = self._process.pid
        self._reader = threading.Thread(target=self._copy_output, args=(log_file,), daemon=True)
        self._reader.start()
        threading.Thread(target=self._await_end, daemon=True).start()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the step and to every process that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.group, number)

    def _await_end(self) -> None:
        code = self._process.wait()
        # As in a container, what a step leaves running ends with it.
        self.send(signal.SIGKILL)
        self._reader.join(_DRAIN_SECONDS)
        self._events.put(Exited(self.step, code))

    def _copy_output(self, log: BinaryIO) -> None:
        pipe = self._process.stdout
        assert pipe is not None  # noqa: S101 -- asked for above
        rest = b""
        with log, pipe:
            while chunk := pipe.read(1 << 16):
                # A full disk must not stop the step on a full pipe: its own writes will tell.
                with contextlib.suppress(OSError):
                    log.write(chunk)
                # Progress bars return to the start of their line instead of beginning a new one.
                *lines, rest = re.split(rb"[\r\n]+", rest + chunk)
                self._tell(lines)
        self._tell([rest])

    def _tell(self, lines: Sequence[bytes]) -> None:
        for line in lines:
            if line:
                self._events.put(Logged(self.step, line.decode("utf-8", "replace")))
