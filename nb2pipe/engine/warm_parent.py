"""The process that imports what a notebook imports, once, and forks a process for each step.

It runs in the steps' own Python and environment, with nothing but the standard library, and speaks over a
socket, whose number is its only argument. It is told `{"modules": …, "runtime": …, "folder": …}` and
answers `{"unsafe": reason or null}`. Each order after that, `{"step": …, "arguments": …, "folder": …, "first": code}`
with the descriptor that the step is to print to, is answered by `{"step": …, "pid": …}` at once and by
`{"step": …, "code": …, "peak": bytes}` when the step has ended. It ends when the other side closes the
socket, and with it all steps that are running.
"""

import builtins
import contextlib
import gc
import importlib
import json
import linecache
import os
import resource
import selectors
import shutil
import signal
import socket
import struct
import sys
import traceback
import types
from typing import Any, Sequence

Order = dict[str, Any]

_MUCH = 1 << 30  # bytes of memory
# Threads whose libraries see to it that they are there again in a fork: of the memory of Arrow, which pandas imports.
_START_AGAIN = {"jemalloc_bg_thd"}
_ACCELERATORS = "cupy", "tensorflow", "jax", "pycuda", "numba.cuda"


def main() -> None:
    """Import, tell whether forking is safe, and fork until the socket closes."""
    control = socket.socket(fileno=int(sys.argv[1]))
    search_path = [*sys.path]
    sys.path[:] = [path for path in sys.path if path]
    with contextlib.suppress(Exception):  # while the runtime is packed at the other side
        importlib.import_module("IPython.core.interactiveshell")
    order, _ = receive(control)
    runtime = Runtime(order["runtime"])
    try:
        environment = {**os.environ}
        reason = runtime.import_all(order["modules"]) or danger(order["folder"], control)
        answer(control, {"unsafe": reason})
        if reason is None:
            # What imports changed, a fresh interpreter would not have.
            os.environ.clear()
            os.environ.update(environment)
            sys.path[:] = search_path
            serve(control, runtime)
    finally:
        runtime.close()


class Runtime:
    """The runtime, loaded as a fresh interpreter does, and made ready for a step as far as forks can share that."""

    numexpr_threads = 0

    def __init__(self, source: str) -> None:
        """Load it."""
        name = "nb2pipe_runtime"
        linecache.cache[name] = len(source), None, source.splitlines(True), name
        self.module: Any = types.ModuleType(name)
        sys.modules[name] = self.module
        exec(compile(source, name, "exec"), vars(self.module))
        self.recorder, self.shell = self.module.prepare()
        get_ipython = getattr(builtins, "get_ipython", None)
        self.folder = get_ipython and get_ipython().folder
        if self.folder:  # of IPython's files: a fork that ends is not to remove it
            self.folder._finalizer.detach()  # noqa: SLF001 -- there is no other way

    def import_all(self, modules: list[str]) -> "str | None":
        """Import as far as that works and shows nothing; return what is wrong with one that shows something."""
        self.shell("1", "1", 0)  # what it does for the first time takes long
        for name in "xxhash", *modules:
            self.recorder.outputs = []
            with contextlib.suppress(Exception):  # the step that needs it will tell
                importlib.import_module(name)
            if self.recorder.outputs:
                return f"`{name}` prints when it is imported"
        self.recorder.outputs = None
        if "numexpr" in sys.modules:  # pandas imports it where it is installed; it starts threads
            self.numexpr_threads = sys.modules["numexpr"].set_num_threads(1)
        return None

    def begin(self) -> None:
        """Do what each fork must do for itself, and as much as can be done before there is a step."""
        self.module.start_loop()
        self.shell("1", "1", 0)  # the pages of memory that this changes are copied now
        if "numpy.random" in sys.modules:
            sys.modules["numpy.random"].seed()  # Python's own is seeded anew by itself
        if self.numexpr_threads > 1:
            sys.modules["numexpr"].set_num_threads(self.numexpr_threads)

    def close(self) -> None:
        """Remove IPython's files."""
        if self.folder:
            shutil.rmtree(self.folder.name, ignore_errors=True)

    def run(self, arguments: list[str]) -> int:
        """Run a step, and return what the process is to end with."""
        code: int = self.module.main(arguments, (self.recorder, self.shell))
        return code


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
    if thread_names() - _START_AGAIN:
        return "a library started threads when it was imported"
    return None


def thread_names() -> "set[str]":
    """Return what the threads of this process are called, but for the main one."""
    found = set()
    for number in map(int, listing("/proc/self/task")):
        if number != os.getpid():
            with open(f"/proc/self/task/{number}/comm") as file:
                found.add(file.read().strip())
    return found


def listing(folder: str) -> "list[bytes]":
    """Return the names of the files in a folder; the runtime, which notes what is listed, does not hear of it."""
    return os.listdir(os.fsencode(folder))


def serve(control: socket.socket, runtime: Runtime) -> None:
    """Have each order run by a process that was forked before, and tell of those that end."""
    children: set[int] = set()
    running: dict[int, str] = {}  # the steps that nothing was told of yet
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    gc.collect()
    gc.freeze()
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        selector.register(wake, selectors.EVENT_READ)
        pid, line = fork_spare(runtime, selector, waker)
        while True:
            ready: dict[Any, int] = {key.fileobj: key.data for key, _ in selector.select()}
            for way, child in ready.items():
                if child:
                    selector.unregister(way)
                    with way:
                        said = way.recv(1024)
                    if said:
                        tell(control, running, child, **json.loads(said))
            if wake in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(wake, 4096)
                reap(control, children, running)
            if control in ready:
                order, descriptors = receive(control)
                if not order:
                    break
                send(line, order, descriptors)
                os.close(descriptors[0])
                selector.register(line, selectors.EVENT_READ, pid)
                children.add(pid)
                running[pid] = order["step"]
                answer(control, {"step": order["step"], "pid": pid})
                # Forking takes longer than all else here; the step runs meanwhile.
                pid, line = fork_spare(runtime, selector, waker)
    for pid in children:
        with contextlib.suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def reap(control: socket.socket, children: "set[int]", running: "dict[int, str]") -> None:
    """Tell of every process that has ended and did not say so itself."""
    for pid in [*children]:
        ended, status, used = os.wait4(pid, os.WNOHANG)
        if ended:
            children.remove(pid)
            code = os.waitstatus_to_exitcode(status)
            tell(control, running, pid, code=code, peak=used.ru_maxrss * 1024)


def tell(
    control: socket.socket, running: "dict[int, str]", pid: int, *, code: int, peak: int
) -> None:
    """Tell how a step ended, unless it was told already."""
    step = running.pop(pid, None)
    if step is not None:
        answer(control, {"step": step, "code": code, "peak": peak})


def fork_spare(
    runtime: Runtime, selector: selectors.DefaultSelector, waker: int
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
    for descriptor in [*(key.fd for key in selector.get_map().values()), selector.fileno(), waker]:
        os.close(descriptor)
    try:
        runtime.begin()
        order, descriptors = receive(theirs)
        if order:
            for descriptor in 1, 2:
                os.dup2(descriptors[0], descriptor)
            os.close(descriptors[0])
            os.chdir(order["folder"])
            exec(order["first"], {})
            leave(runtime.run(order["arguments"]), theirs)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(1)


def leave(code: int, way: socket.socket) -> None:
    """End the process of a step, with `code`.

    To give its memory back takes as long as a small step; nobody needs to wait for that, unless it is much.
    """
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    is_step = os.getpid() == os.getsid(0)  # and not a fork that the notebook's code made
    if is_step and peak < _MUCH:
        os.closerange(1, 3)  # what it prints has an end now
        with contextlib.suppress(OSError):
            way.send(json.dumps({"code": code, "peak": peak}).encode())
    os._exit(code)


if __name__ == "__main__":
    main()
