"""Which steps fit into memory side by side, as far as earlier runs or the notebook tell."""

import contextlib
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from nb2pipe.engine.index import Record
from nb2pipe.ir import Pipeline, Step

_UNITS: Final = {
    **{letter: 1000**power for power, letter in enumerate(["", "k", "m", "g", "t"])},
    **{f"{letter}i": 1024**power for power, letter in enumerate("kmgt", 1)},
}
_QUANTITY: Final = re.compile(r"([\d.]+)\s*([a-z]*)")


class Memory:
    """The memory of this machine, and what each step is likely to take of it."""

    def __init__(self, pipeline: Pipeline, latest: Callable[[Step], Record | None]) -> None:
        """Look at what is free now; `latest` gives the last results of a step."""
        self._pipeline = pipeline
        self._latest = latest
        self._free = free_memory()
        self._needs: dict[str, float] = {}

    def has_room(self, name: str, running: Iterable[str]) -> bool:
        """Whether a step may start beside those that are running; one alone always may."""
        others = list(running)
        if not others or self._free is None:
            return True
        return sum(map(self._need, [*others, name])) <= self._free

    def _need(self, name: str) -> float:
        """Return the memory that a step is likely to take, in bytes; 0 when nobody knows."""
        if name not in self._needs:
            step = self._pipeline.step(name)
            record = self._latest(step)
            asked = _bytes(dict(step.options.requests).get("memory", ""))
            self._needs[name] = max(asked, record.peak if record is not None else 0)
        return self._needs[name]


def free_memory() -> float | None:
    """Return how much memory processes may still take, in bytes; None where that cannot be told.

    That of the machine (Linux, `/proc/meminfo`) and that of the container (control groups, version 2) count.
    """
    limits = []
    with contextlib.suppress(OSError, ValueError):
        text = Path("/proc/meminfo").read_text(encoding="ascii")
        found = re.search(r"MemAvailable:\s+(\d+) kB", text)
        limits += [int(found[1]) * 1024] if found else []
    with contextlib.suppress(OSError, ValueError):
        group = Path("/sys/fs/cgroup")
        limit = int((group / "memory.max").read_text(encoding="ascii"))
        limits.append(limit - int((group / "memory.current").read_text(encoding="ascii")))
    return min(limits, default=None)


def _bytes(quantity: str) -> float:
    """Return a Kubernetes quantity such as `2Gi` in bytes."""
    found = _QUANTITY.fullmatch(quantity.strip().lower())
    return float(found[1]) * _UNITS.get(found[2], 0) if found else 0
