"""The process that imports what a notebook imports, once, and forks a process for each step.

It runs in the steps' own Python, with nothing but the standard library, and speaks over a socket, whose
number is its only argument. It is told `{"modules": …, "runtime": …, "folder": …}` and answers
`{"unsafe": reason or null}`. Each order after that, `{"step": …, "arguments": …, "folder": …,
"environment": …}` with the descriptor that the step is to print to, is answered by `{"step": …, "pid": …}`
at once and by `{"step": …, "code": …, "peak": bytes}` when the step has ended. It ends when the other
side closes the socket, and with it all steps that are running.
"""

import atexit
import builtins
import contextlib
import gc
import importlib
import io
import json
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
from typing import Any, Sequence

Order = dict[str, Any]

# Where a fresh interpreter would look for modules.
_SEARCH_PATH = [*sys.path]
_WARMED = (
    "IPython.core.interactiveshell",
    "tarfile",
    "mmap",
    "hashlib",
    "tempfile",
    "asyncio",
    "xxhash",
)
_ACCELERATORS = "cupy", "tensorflow", "jax", "pycuda", "numba.cuda"


def main() -> None:
    """Import, tell whether forking is safe, and fork until the socket closes."""
    control = socket.socket(fileno=int(sys.argv[1]))
    order, _ = receive(control)
    sys.path[:] = [path for path in sys.path if path]
    code = compile(order["runtime"], "nb2pipe_runtime", "exec")
    noise = import_all(order["modules"])
    reason = noise or danger(order["folder"], control)
    answer(control, {"unsafe": reason})
    if reason is None:
        serve(control, code, order["runtime"])


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


def import_all(modules: list[str]) -> "str | None":
    """Import as far as that works and shows nothing; return what is wrong with one that shows something."""
    # As the runtime does before any library looks at them.
    os.environ.update(TERM="xterm-color", FORCE_COLOR="1", PAGER="cat")
    os.environ.setdefault("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    for name in _WARMED:
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    # Libraries ask when they are imported whether this is a notebook.
    with contextlib.suppress(Exception), contextlib.redirect_stdout(io.StringIO()):
        prepare_shell()
    for name in modules:
        shown = io.StringIO()
        with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
            try:
                importlib.import_module(name)
            except Exception:  # noqa: S112 -- the step that needs it will tell
                continue
        if shown.getvalue():
            return f"`{name}` prints when it is imported"
    return None


def prepare_shell() -> None:
    """Make IPython's shell ahead: the first that a step asks for is this one, in the step's namespace."""
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    folder = tempfile.mkdtemp()
    early = type("ZMQInteractiveShell", (InteractiveShell,), {"kernel": None})
    ready = early(
        config=Config(HistoryManager={"hist_file": ":memory:"}),
        ipython_dir=folder,
        user_module=types.ModuleType("__main__"),
    )
    ready.config.IPKernelApp.a = 1
    builtins.get_ipython = ready.get_ipython  # type: ignore[attr-defined]
    atexit.unregister(ready.atexit_operations)
    shutil.rmtree(folder)
    ready.run_cell("1", silent=True)
    make = InteractiveShell.instance.__func__

    def instance(kind: Any, /, **given: Any) -> Any:
        InteractiveShell.instance = classmethod(make)
        for parent in kind._walk_mro():  # noqa: SLF001 -- as the original does
            parent._instance = ready  # noqa: SLF001
        ready.__class__ = kind
        ready.ipython_dir = given["ipython_dir"]
        ready.loop_runner = given["loop_runner"]
        ready.user_module = given["user_module"]
        ready.user_ns = vars(ready.user_module)
        ready.user_ns.update(__builtin__=builtins, __builtins__=builtins)
        ready.init_user_ns()
        ready.user_ns.update(_="", __="", ___="")  # as the display hook does at first
        ready.Completer.namespace = ready.user_ns
        return ready

    InteractiveShell.instance = classmethod(instance)


def danger(folder: str, control: socket.socket) -> "str | None":
    """Return why a fork of this process may not be what a fresh one would be, None if it would."""
    roots = {name.partition(".")[0] for name in sys.modules}
    for entry in sorted(os.listdir(folder)):
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
    for descriptor in map(int, os.listdir("/proc/self/fd")):
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
    if len(os.listdir("/proc/self/task")) > 1:
        return "a library started threads when it was imported"
    return None


def serve(control: socket.socket, code: types.CodeType, source: str) -> None:
    """Hand each order to a process that was forked before, and tell of those that end."""
    running: dict[int, str] = {}
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    os.set_blocking(wake, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    gc.collect()
    gc.freeze()
    private = [control.fileno(), wake, waker]
    pid, line = fork_spare(code, source, private)
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
                pid, line = fork_spare(code, source, private)
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
    code: types.CodeType, source: str, private: "list[int]"
) -> "tuple[int, socket.socket]":
    """Fork a process that becomes the step that it is sent; return its number and the way to it.

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
        order, descriptors = receive(theirs)
        if order:
            theirs.close()
            for descriptor in 1, 2:
                os.dup2(descriptors[0], descriptor)
            os.close(descriptors[0])
            become(order, code, source)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(1)


def become(order: Order, code: types.CodeType, source: str) -> None:
    """Make this process what a fresh interpreter would be, and run the step."""
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.path[:] = _SEARCH_PATH
    sys.argv[1:] = []
    random = sys.modules.get("numpy.random")
    if random is not None:
        random.seed()  # Python's own is seeded anew by itself
    name = "nb2pipe_runtime"
    module = sys.modules[name] = types.ModuleType(name)
    linecache = importlib.import_module("linecache")
    linecache.cache[name] = len(source), None, source.splitlines(True), name
    exec(code, vars(module))
    module.main(order["arguments"])


if __name__ == "__main__":
    main()
