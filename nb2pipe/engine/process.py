"""A step's process: started in a session of its own, followed, and ended with all its children."""

import contextlib
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import BinaryIO, Self

# What a process gets that is to end, one after the other, and how long it may take to end after each.
_END_SIGNALS = (
    (signal.SIGINT, 5.0),
    (signal.SIGTERM, 3.0),
    (signal.SIGKILL, math.inf),
)
# How long the other processes of a step may take to end, once they are killed.
_GONE_SECONDS = 2.0
# How long a pipe may stay open after its step ended, held by a process that left the step's group.
_DRAIN_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Logged:
    """A step printed a line."""

    step: str
    line: str


@dataclass(frozen=True, slots=True)
class Exited:
    """A step's process ended; a negative `code` is the number of the signal that ended it.

    `peak` is the most memory that it had, in bytes.
    """

    step: str
    code: int
    peak: int


@dataclass(frozen=True, slots=True)
class Late:
    """A step is still running although its time is over, or that to obey the last signal."""

    step: str


@dataclass(frozen=True, slots=True)
class Stop:
    """The run shall stop: somebody asked for it."""


Event = Logged | Exited | Late | Stop


class Guard:
    """Makes sure that no step outlives the engine, even when the engine is killed."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.communicate()

    def prepare(self) -> None:
        """Begin to guard, before the first process starts: a run that starts none needs no guard."""
        # Its own session keeps it away from a Ctrl-C and from signals to the engine's group.
        self._process = self._process or subprocess.Popen(  # noqa: S603 -- our own file
            [sys.executable, "-I", "-S", str(Path(__file__).with_name("watcher.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def watch(self, group: int) -> None:
        """Have the process group killed when the engine dies."""
        self._tell(f"+{group}\n")

    def release(self, group: int) -> None:
        """Forget a process group that is gone: its number may soon be another's."""
        self._tell(f"-{group}\n")

    def _tell(self, line: str) -> None:
        assert self._process is not None and self._process.stdin is not None  # noqa: S101, PT018 -- it was prepared
        with contextlib.suppress(BrokenPipeError):
            os.write(self._process.stdin.fileno(), line.encode())


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its exit code (negative: a signal's number), and the most memory that it had."""

    code: int
    peak: int


@dataclass(frozen=True, slots=True)
class Started:
    """A process that leads a session and a group of its own; `wait` returns when it has ended."""

    group: int
    wait: Callable[[], Ended]


Start = Callable[[int], Started]
"""Starts a process that prints to the descriptor that it is given."""


def start_command(command: Sequence[str], directory: Path, environment: Mapping[str, str]) -> Start:
    """Return what starts a command in a fresh process."""

    def start(output: int) -> Started:
        process = subprocess.Popen(  # noqa: S603 -- running the notebook is the purpose
            command,
            cwd=directory,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

        def wait() -> Ended:
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            unit = 1 if sys.platform == "darwin" else 1024
            return Ended(process.returncode, used.ru_maxrss * unit)

        return Started(process.pid, wait)

    return start


class StepProcess:
    """The running process of a step, which tells of itself in `events`."""

    deadline: float
    """When it must have ended, in seconds of `time.monotonic`."""

    def __init__(
        self,
        step: str,
        start: Start,
        *,
        log: Path,
        events: "SimpleQueue[Event]",
        seconds: float | None = None,
    ) -> None:
        """Start the process of `step`; everything that it prints goes to `log`.

        It may run for so many seconds, None for as long as it likes; whoever reads the events sees to that.

        Raises:
            OSError: it cannot be started, or the log cannot be written.
        """
        self.step = step
        self.has_ended = False
        self._signals = iter(_END_SIGNALS)
        self._events = events
        log_file = log.open("wb", buffering=0)
        reader, writer = os.pipe()
        try:
            self._process = start(writer)
        except BaseException:
            os.close(reader)
            log_file.close()
            raise
        finally:
            os.close(writer)
        self.group = self._process.group
        self.deadline = time.monotonic() + (math.inf if seconds is None else seconds)
        pipe = os.fdopen(reader, "rb", buffering=0)
        self._reader = threading.Thread(
            target=self._copy_output, args=(pipe, log_file), daemon=True
        )
        self._reader.start()
        threading.Thread(target=self._await_end, daemon=True).start()

    def send(self, number: signal.Signals) -> None:
        """Send a signal to the step and to every process that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.group, number)

    def end(self) -> signal.Signals:
        """Send the next of the signals that end it, return which, and give it some time to obey."""
        number, seconds = next(self._signals, _END_SIGNALS[-1])
        self.deadline = time.monotonic() + seconds
        self.send(number)
        return number

    def await_others(self) -> None:
        """Wait until everything that the step started, and that was killed when it ended, is gone."""
        limit = time.monotonic() + _GONE_SECONDS
        with contextlib.suppress(ProcessLookupError, PermissionError):
            while time.monotonic() < limit:
                os.killpg(self.group, 0)
                time.sleep(0.005)

    def _await_end(self) -> None:
        ended = self._process.wait()
        self.has_ended = True
        # As in a container, what a step leaves running ends with it.
        self.send(signal.SIGKILL)
        self._reader.join(_DRAIN_SECONDS)
        self._events.put(Exited(self.step, ended.code, ended.peak))

    def _copy_output(self, pipe: BinaryIO, log: BinaryIO) -> None:
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
