"""The process that ends the steps of an engine that died without ending them itself.

It reads `+GROUP` and `-GROUP` lines from standard input, which is a pipe that only the engine
holds: when the engine dies, of whatever, the pipe closes, and the groups that are left are killed.
"""

import contextlib
import os
import signal
import sys
from collections.abc import Iterable


def main(lines: Iterable[str]) -> None:
    """Follow `lines` to their end and kill the process groups that are then still listed."""
    groups: set[int] = set()
    for line in lines:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.stdin)
