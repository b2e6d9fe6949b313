"""Loaded by every Python of a trial: kills the process right before one of its file operations.

`NB2PIPE_CRASH` names the process and the operation, counted from 1: `engine 12`, or `step:fit 3`, which
counts from when that step reads its ports. Without the variable nothing happens.
"""

import os
import signal
import sys

_OPERATIONS = frozenset({"os.rename", "os.link", "os.remove", "os.mkdir", "subprocess.Popen"})


def _arm(victim: str, at: int) -> None:
    ports = f"/steps/{victim.removeprefix('step:')}/ports.json"
    left = at
    armed = victim == "engine" and "-c" not in sys.orig_argv

    def count(event: str, arguments: tuple[object, ...]) -> None:
        nonlocal left, armed
        writes = event in _OPERATIONS
        if event == "open":
            path, _, flags = arguments
            writes = bool(flags & (os.O_WRONLY | os.O_RDWR))
            # The engine writes the same file first.
            armed = armed or (not writes and str(path).endswith(ports))
        if armed and writes:
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(count)


if "NB2PIPE_CRASH" in os.environ:
    _victim, _at = os.environ["NB2PIPE_CRASH"].split()
    _arm(_victim, int(_at))
