"""Do several things side by side, in threads that do not outlive an interrupted program."""

import threading
from collections.abc import Iterator, Sequence
from queue import SimpleQueue
from typing import Protocol, TypeVar

Result_co = TypeVar("Result_co", covariant=True)


class Job(Protocol[Result_co]):
    """What is to be done."""

    def __call__(self) -> Result_co:
        """Do it."""


def run_jobs(jobs: Sequence[Job[Result_co]], workers: int) -> Iterator[tuple[int, Result_co]]:
    """Do all jobs, `workers` at a time, and yield each one's index and result when it has ended.

    Raises:
        BaseException: what a job raised, first come, first served.
    """
    waiting: SimpleQueue[int] = SimpleQueue()
    for index in range(len(jobs)):
        waiting.put(index)
    ended: SimpleQueue[tuple[int, Result_co | None, BaseException | None]] = SimpleQueue()
    stop = threading.Event()

    def work() -> None:
        while not waiting.empty() and not stop.is_set():
            index = waiting.get()
            try:
                ended.put((index, jobs[index](), None))
            except BaseException as error:  # noqa: BLE001 -- raised again in the caller's thread
                ended.put((index, None, error))

    for _ in range(min(workers, len(jobs))):
        threading.Thread(target=work, daemon=True).start()
    try:
        for _ in jobs:
            index, result, error = ended.get()
            if error is not None:
                raise error
            yield index, result  # type: ignore[misc] # there is one where there is no error
    finally:
        stop.set()
