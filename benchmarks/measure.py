"""Time and peak memory of whole processes."""

import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_KIBIBYTE = 1024
_NOT_KEPT = "PYTHONDONTWRITEBYTECODE"


class CommandFailedError(Exception):
    """A measured command did not end with exit code 0; the message is what it printed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What one run of a command took: seconds of the clock and of CPU, and bytes of peak memory.

    CPU is user and system, with all processes that it started and waited for.
    """

    seconds: float
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Medians over `runs` runs: seconds of CPU (user and system), and bytes of peak memory."""

    cpu_seconds: float
    peak_bytes: int
    runs: int


def measure(command: Sequence[str | Path], *, cwd: Path, runs: int, warm_up: bool = True) -> Cost:
    """Run `command` in `cwd` several times and return its median cost.

    The peak of a child counts from the fork, when it is as large as this process: the caller must
    stay small for the figure to be the command's own.

    Raises:
        CommandFailedError: a run failed.
    """
    if warm_up:
        run(command, cwd=cwd)
    timings = [run(command, cwd=cwd) for _ in range(runs)]
    return Cost(
        cpu_seconds=round(statistics.median(timing.cpu_seconds for timing in timings), 3),
        peak_bytes=int(statistics.median(timing.peak_bytes for timing in timings)),
        runs=runs,
    )


def run(command: Sequence[str | Path], *, cwd: Path) -> Timing:
    """Run `command` in `cwd` to its end.

    Modules are compiled once and kept, as they are where packages are installed.

    Raises:
        CommandFailedError: it failed.
    """
    environment = {key: value for key, value in os.environ.items() if key != _NOT_KEPT}
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            tail = output.read().decode(errors="replace").strip().splitlines()[-20:]
            raise CommandFailedError("\n".join(tail) or f"exit code {process.returncode}")
    return Timing(
        seconds=seconds,
        cpu_seconds=usage.ru_utime + usage.ru_stime,
        peak_bytes=usage.ru_maxrss * _KIBIBYTE,
    )
