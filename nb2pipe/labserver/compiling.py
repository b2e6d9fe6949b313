"""A process that compiles, so that the server's event loop never waits for it.

It works in the notebook's folder under the notebook's own name, as a user of the command line would
there: so the same bytes come out.
"""

import asyncio
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, Final

_RETRIES: Final = 2

Work = Callable[..., dict[str, Any]]


class CompilerProcess:
    """One process, started when it is first asked, and again when it broke."""

    def __init__(self) -> None:
        self._pool: ProcessPoolExecutor | None = None

    async def ask(self, work: Work, folder: Path, *arguments: Any) -> dict[str, Any]:
        """Return what the function `work` returns for `arguments`, with `folder` as working directory.

        Raises:
            BrokenProcessPool: the process ended, twice, while it worked.
        """
        for attempt in range(_RETRIES):
            if self._pool is None:
                context = multiprocessing.get_context("spawn")
                self._pool = ProcessPoolExecutor(max_workers=1, mp_context=context)
            pool = self._pool
            try:
                loop = asyncio.get_running_loop()
                return await loop.run_in_executor(pool, _work_in, folder, work, *arguments)
            except BrokenProcessPool:
                if self._pool is pool:
                    self.close()
                if attempt == _RETRIES - 1:
                    raise
        raise AssertionError("unreachable")

    def close(self) -> None:
        """End the process."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None


def _work_in(folder: Path, work: Work, *arguments: Any) -> dict[str, Any]:
    os.chdir(folder)
    return work(*arguments)
