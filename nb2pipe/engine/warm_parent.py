"""The process that imports what a notebook imports, once, and forks a process for each step.

It runs in the steps' own Python and environment, with nothing but the standard library, and speaks over a
socket, whose number is its only argument. It is told `{"modules": …, "runtime": …, "folder": …}` and
answers `{"unsafe": reason or null}`. Each order after that, `{"step": …, "arguments": …, "folder": …}` with
the descriptor that the step is to print to, is answered by `{"step": …, "pid": …}` at once and by
`{"step": …, "code": …, "peak": bytes}` when the step has ended. It ends when the other side closes the
socket, and with it all steps that are running.
"""

import contextlib
import gc
import importlib
import json
import linecache
import os
import selectors
import shutil
import signal
import socket
import struct
import sys
import tempfile
import traceback
import types
from typing import Any, Callable, Sequence

Order = dict[str, Any]

_ACCELERATORS = "cupy", "tensorflow", "jax", "pycuda", "numba.cuda"


def main() -> None:
    """Import, tell whether forking is safe, and fork until the socket closes."""
    control = socket.socket(fileno=int(sys.argv[1]))
    order, _ = receive(control)
    search_path = [*sys.path]
    sys.path[:] = [path for path in sys.path if path]
    runtime = load_runtime(order["runtime"])
    folder = tempfile.mkdtemp()
    try:
        ready = runtime.prepare(folder)
        environment = {**os.environ}
        reason = import_all(order["modules"], ready) or danger(order["folder"], control)
        answer(control, {"unsafe": reason})
        if reason is None:
            # What imports changed, a fresh interpreter would not have.
            os.environ.clear()
            os.environ.update(environment)
            sys.path[:] = search_path
            serve(control, lambda arguments: runtime.main(arguments, ready))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def load_runtime(source: str) -> Any:
    """Return the runtime as a module, as a fresh interpreter loads it."""
    name = "nb2pipe_runtime"
    linecache.cache[name] = len(source), None, source.splitlines(True), name
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(source, name, "exec"), vars(module))
    return module


def receive(control: socket.socket) -> "tuple[Order, list[int]]":
    """Return the next order and the descriptors that came with it; an empty one when the socket is closed."""
    head, descriptors, _, _ = socket.recv_fds(control, 4, 1)
    while head and len(head) < 4:  # noqa: PLR2004 -- of the length
        head += control.recv(4 - len(head))
    left = struct.unpack("!I", head)[0] if head else 0
    parts = []
    while left:
        parts.append(control.recv(min(left, 1 << 20)))
        if not parts[-1]:
            return {}, descriptors
        left -= len(parts[-1])
    return json.loads(b"".join(parts) or b"{}"), descriptors


def send(way: socket.socket, order: Order, descriptors: "Sequence[int]" = ()) -> None:
    """Send an order, with descriptors, as `receive` reads it."""
    content = json.dumps(order).encode()
    socket.send_fds(way, [struct.pack("!I", len(content))], descriptors)
    way.sendall(content)


def answer(control: socket.socket, message: Order) -> None:
    """Send one line."""
    with contextlib.suppress(OSError):
        control.sendall(json.dumps(message).encode() + b"\n")


def import_all(modules: list[str], ready: Any) -> "str | None":
    """Import as far as that works and shows nothing; return what is wrong with one that shows something.

    What the runtime has `ready` hears what is shown, and learns here what it would in each process.
    """
    recorder, shell = ready
    shell("1", "1", 0)
    for name in "xxhash", *modules:
        recorder.outputs = []
        with contextlib.suppress(Exception):  # the step that needs it will tell
            importlib.import_module(name)
        if recorder.outputs:
            return f"`{name}` prints when it is imported"
    recorder.outputs = None
    return None


def danger(folder: str, control: socket.socket) -> "str | None":
    """Return why a fork of this process may not be what a fresh one would be, None if it would."""
    roots = {name.partition(".")[0] for name in sys.modules}
    for entry in sorted(map(os.fsdecode, listing(folder))):
        name = entry.removesuffix(".py")
        is_module = entry.endswith(".py") or os.path.isdir(os.path.join(folder, entry))
        if is_module and name in roots:
            return f"`{entry}` beside the notebook has the name of a library"
    for name in _ACCELERATORS:
        if name in sys.modules:
            return f"`{name}` does not work in forked processes"
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "`torch` has begun to use an accelerator"
    own = {control.fileno(), 0, 1, 2}
    for descriptor in map(int, listing("/proc/self/fd")):
        with contextlib.suppress(OSError):
            if (
                descriptor not in own
                and os.readlink(f"/proc/self/fd/{descriptor}")[:7] == "socket:"
            ):
                return "a library opened a connection when it was imported"
    # Pools of threads that survive a fork in good order, such as OpenBLAS's, end before it.
    pid = os.fork()
    if not pid:
        os._exit(0)
    os.waitpid(pid, 0)
    if len(listing("/proc/self/task")) > 1:
        return "a library started threads when it was imported"
    return None


def listing(folder: str) -> "list[bytes]":
    """Return the names of the files in a folder; the runtime, which notes what is listed, does not hear of it."""
    return os.listdir(os.fsencode(folder))


def serve(control: socket.socket, run: "Callable[[list[str]], None]") -> None:
    """Have each order `run` by a process that was forked before, and tell of those that end."""
    running: dict[int, str] = {}
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    gc.collect()
    gc.freeze()
    private = [control.fileno(), wake, waker]
    pid, line = fork_spare(run, private)
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(wake, selectors.EVENT_READ)
        while True:
            ready = {key.fileobj for key, _ in selector.select()}
            if wake in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(wake, 4096)
                reap(control, running)
            if control in ready:
                order, descriptors = receive(control)
                if not order:
                    break
                with line:
                    send(line, order, descriptors)
                os.close(descriptors[0])
                running[pid] = order["step"]
                answer(control, {"step": order["step"], "pid": pid})
                # Forking takes longer than all else here; the step runs meanwhile.
                pid, line = fork_spare(run, private)
    for pid in running:
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)


def reap(control: socket.socket, running: "dict[int, str]") -> None:
    """Tell of every step that has ended."""
    for pid in [*running]:
        ended, status, used = os.wait4(pid, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            peak = used.ru_maxrss * 1024
            answer(control, {"step": running.pop(pid), "code": code, "peak": peak})


def fork_spare(
    run: "Callable[[list[str]], None]", private: "list[int]"
) -> "tuple[int, socket.socket]":
    """Fork a process that runs the step that it is sent; return its number and the way to it.

    It leads a session and a group of its own when this returns: signals to the group reach it.
    """
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid:
        theirs.close()
        ours.recv(1)
        return pid, ours
    os.setsid()
    theirs.send(b".")
    signal.set_wakeup_fd(-1)
    for number in signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP:
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    ours.close()
    for descriptor in private:
        os.close(descriptor)
    try:
        if "numpy.random" in sys.modules:
            sys.modules["numpy.random"].seed()  # Python's own is seeded anew by itself
        order, descriptors = receive(theirs)
        if order:
            theirs.close()
            for descriptor in 1, 2:
                os.dup2(descriptors[0], descriptor)
            os.close(descriptors[0])
            os.chdir(order["folder"])
            run(order["arguments"])
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(1)


if __name__ == "__main__":
    main()
