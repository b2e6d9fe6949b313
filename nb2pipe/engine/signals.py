"""Signals that ask the engine to end, as events."""

import contextlib
import signal
import threading
from collections.abc import Iterator
from queue import SimpleQueue

from nb2pipe.engine.process import Event, Stop


@contextlib.contextmanager
def stop_on_signals(events: "SimpleQueue[Event]") -> Iterator[None]:
    """Turn signals that ask to end into events; only the main thread can, and gets them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {
        number: signal.signal(number, lambda *_: events.put(Stop()))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        # `nohup` and shells' background jobs ignore some of them, and mean it.
        if signal.getsignal(number) not in {signal.SIG_IGN, None}
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
