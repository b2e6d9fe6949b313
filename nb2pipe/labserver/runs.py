"""Runs that the page starts, watches and cancels, and those that are kept.

Each is a process of its own that writes into its folder, so a run does not care whether a page, or even
the server, is still there.
"""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from nb2pipe.engine.history import UNFINISHED, PastRun
from nb2pipe.labserver.answers import told_again

_LINE_LIMIT: Final = 2**24
_STOP_SECONDS: Final = 12.0  # the engine is patient with its steps for eight
_ALIVE: Final[Mapping[str, str]] = {UNFINISHED: "running", "not run": "waiting"}


class Runs:
    """The runs that this server started and that have not ended, by id."""

    def __init__(self) -> None:
        self._processes: dict[str, asyncio.subprocess.Process] = {}

    async def start(self, folder: Path, order: Mapping[str, Any]) -> dict[str, Any]:
        """Start a run in the notebook's folder; return its id as `run`, or `diagnostics` that forbid it."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "nb2pipe.labserver.run_process",
            cwd=folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_LINE_LIMIT,
            # Ctrl-C in the server's terminal asks whether to stop the server, and may be a slip.
            start_new_session=True,
        )
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 -- pipes
        process.stdin.write(json.dumps(order).encode())
        process.stdin.close()
        line = await process.stdout.readline()
        if not line:
            raise RuntimeError(f"the run ended with code {await process.wait()} before it began")
        answer: dict[str, Any] = json.loads(line)
        if "run" in answer:
            self._processes[answer["run"]] = process
        else:
            await process.wait()
        return answer

    def is_running(self, run: str) -> bool:
        """Whether the run goes on, as far as this server knows."""
        process = self._processes.get(run)
        return process is not None and process.returncode is None

    def cancel(self, run: PastRun) -> bool:
        """Ask a run to end, more firmly each time; return whether it was running here."""
        if run.is_finished or not self.is_running(run.id):
            return False
        self._interrupt(run.id)
        return True

    def _interrupt(self, run: str) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._processes[run].send_signal(signal.SIGINT)

    def state(self, run: PastRun) -> dict[str, Any]:
        """Return the run's document, in which what goes on is `running`, and what comes next `waiting`."""
        document = {**run.document, "diagnostics": told_again(run.document["diagnostics"])}
        if run.is_finished or not self.is_running(run.id):
            return document
        steps = [{**s, "status": _ALIVE.get(s["status"], s["status"])} for s in document["steps"]]
        return {**document, "status": "running", "steps": steps}

    async def stop(self) -> None:
        """Cancel all runs and wait until they have ended."""
        running = [run for run in self._processes if self.is_running(run)]
        for run in running:
            self._interrupt(run)
        waits = [self._processes[run].wait() for run in running]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*waits), _STOP_SECONDS)
