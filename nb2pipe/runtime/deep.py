"""Go through what holds itself in long chains: linked lists, trees that are no longer balanced."""

import sys
import threading
from typing import Any

STACK = 1 << 30  # bytes, of which memory is taken for those only that are used
DEPTH = 600_000  # calls inside each other, which take half of it
USUAL = 5000  # calls that fit into the stack that a process has
UNBOUND = [False]  # whether calls of Python's own are all that may be inside each other without end


def deeply(function: Any, *given: Any) -> Any:
    """Return what `function` returns, if need be with room for many more calls inside each other.

    Raises:
        Exception: what it raises.
    """
    limit, usual = sys.getrecursionlimit(), threading.stack_size()
    sys.setrecursionlimit(min(limit, USUAL))
    try:
        return function(*given)
    except RecursionError as error:
        outcome: list[Any] = [error, None]
    finally:
        sys.setrecursionlimit(limit)

    def run() -> None:
        try:
            outcome[:] = None, function(*given)
        except Exception as error:  # raised again by who waits for it
            outcome[0] = error

    try:
        UNBOUND[0] = sys.version_info[1] in {12, 13}  # those of C are counted apart there
        threading.stack_size(STACK)
        sys.setrecursionlimit(DEPTH)
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    except (RuntimeError, ValueError):
        pass  # there is no such stack here
    finally:
        UNBOUND[0] = False
        sys.setrecursionlimit(limit)
        threading.stack_size(usual)
    if outcome[0]:
        raise outcome[0]
    return outcome[1]
