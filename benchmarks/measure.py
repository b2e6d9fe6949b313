"""CPU time and peak memory of whole processes."""

import os
import statistics
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_KIBIBYTE = 1024


class CommandFailedError(Exception):
    """A measured command did not end with exit code 0; the message is what it printed."""


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
        _run(command, cwd)
    costs = [_run(command, cwd) for _ in range(runs)]
    return Cost(
        cpu_seconds=round(statistics.median(cpu for cpu, _ in costs), 3),
        peak_bytes=int(statistics.median(peak for _, peak in costs)),
        runs=runs,
    )


def _run(command: Sequence[str | Path], cwd: Path) -> tuple[float, int]:
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(
            command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            output.seek(0)
            tail = output.read().decode(errors="replace").strip().splitlines()[-20:]
            raise CommandFailedError("\n".join(tail) or f"exit code {process.returncode}")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * _KIBIBYTE
