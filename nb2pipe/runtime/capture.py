"""What a cell displays, collected as a kernel and nbclient together would."""

import base64
import builtins
import contextlib
import faulthandler
import io
import os
import select
import sys
import threading
from typing import TYPE_CHECKING, Any, Awaitable, Callable, Iterator, Optional

if TYPE_CHECKING:
    # Runs a cell, given its source, its file name and its count, and returns what it raised; a
    # count of 0 runs it silently.
    Shell = Callable[[str, str, int], Optional[BaseException]]
    Loop = Callable[[Awaitable[Any]], Any]


class Recorder:
    """Collects the outputs of the cell that runs; `outputs` is None while none does."""

    outputs: Optional[list[Any]] = None
    silent = False
    clear_next = False

    def __init__(self, scope: dict[str, Any]) -> None:
        self.lock = threading.RLock()
        self.streams: list[Stream] = []
        self.displays: dict[Any, list[Any]] = {}
        self.scope = scope
        self.last = {"_": "", "__": "", "___": ""}

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Record as well what C code and other processes print."""
        # A copy of the process that the notebook makes has nobody who would give the lock back.
        os.register_at_fork(after_in_child=lambda: setattr(self, "lock", threading.RLock()))
        with contextlib.ExitStack() as stack:
            for stream in self.streams:
                stack.enter_context(stream.listening())
            # When C code ends the process, what it says of it may get lost.
            faulthandler.enable(self.streams[1].real)
            stack.callback(faulthandler.disable)
            yield

    def hear(self) -> None:
        """Record what others have printed by now."""
        for stream in self.streams:
            stream.hear()

    def add(self, kind: str, **content: Any) -> dict[str, Any]:
        """Append an output and return it."""
        output = {"output_type": kind, **content}
        with self.lock:
            if self.outputs is not None:
                if self.clear_next:
                    self.clear()
                last = self.outputs[-1] if self.outputs else {}
                if kind == "stream" and last.get("name") == output["name"]:
                    last["text"] += output["text"]
                else:
                    self.outputs.append(output)
        return output

    def recall(self, names: list[str]) -> None:
        """Go on from displayed values, as far as there are some, which other steps may have made."""
        for name in names:
            if name in self.last:
                self.last[name] = self.scope.setdefault(name, "")
            elif name in self.scope:
                self.scope["_oh"][int(name[1:])] = self.scope[name]

    def remember(self, value: Any, count: int) -> None:
        """Bind a value that is displayed to `_`, `_3` and in `Out`, as IPython does."""
        last, scope = self.last, self.scope
        if value is scope["_oh"]:
            return
        own = all(scope.get(name, old) is old for name, old in last.items())
        last.update(___=last["__"], __=last["_"], _=value)
        if own and "_" not in vars(builtins):
            scope.update(last)
        scope[f"_{count}"] = scope["_oh"][count] = value

    def display(self, display_id: Optional[str], **content: Any) -> None:
        """Append displayed data; `update` will find it by its `display_id`."""
        self.displays.setdefault(display_id, []).append(self.add("display_data", **content))

    def update(self, display_id: Optional[str], **content: Any) -> None:
        """Replace what all displays of this id show, also those of earlier cells."""
        for output in self.displays.get(display_id, ()):
            output.update(content)

    def clear(self, wait: bool = False) -> None:  # noqa: FBT001, FBT002 -- as IPython has it
        """Drop the cell's outputs, now or when the next one comes."""
        self.clear_next = wait
        with self.lock:
            if self.outputs and not wait:
                self.outputs.clear()

    def show_error(self, error: BaseException, lines: list[str]) -> None:
        """Record an exception as a kernel does, and print it to the logs."""
        self.add("error", ename=type(error).__name__, evalue=str(error), traceback=lines)
        self.streams[1].real.write("\n".join([*lines, ""]).encode("utf-8", "replace"))


class Stream(io.TextIOBase):
    """Standard output or error: recorded, and passed on to the process's own for the logs."""

    encoding = "UTF-8"

    def __init__(self, name: str, recorder: Recorder) -> None:
        self.name = name
        self.recorder = recorder
        self.descriptor = getattr(sys, name).fileno()
        self.real = open(self.descriptor, "wb", 0, closefd=False)  # noqa: SIM115
        self.ear = self.process = -1
        setattr(sys, name, self)

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Record as well what C code and other processes write to the descriptor."""
        self.process = os.getpid()
        usual, own = self.real, os.dup(self.descriptor)
        self.real = open(own, "wb", 0)  # noqa: SIM115 -- closed below
        self.ear, mouth = os.pipe()
        os.set_blocking(self.ear, False)
        os.dup2(mouth, self.descriptor)
        os.close(mouth)
        threading.Thread(target=self._hear_all, daemon=True).start()
        try:
            yield
        finally:
            self.hear()
            with self.recorder.lock:
                os.dup2(own, self.descriptor)
                self.real.close()
                self.real = usual

    def _hear_all(self) -> None:
        while select.select([self.ear], [], [])[0] and self.hear():
            pass

    def hear(self) -> bool:
        """Record what others have written by now; return whether they can go on."""
        with self.recorder.lock:
            try:
                content = os.read(self.ear, 1 << 20)
            except OSError:  # nothing
                return True
            if content:
                self.pass_on(content, content.decode("utf-8", "replace"))
            return content != b""

    def fileno(self) -> int:
        """Return the descriptor of the process's own: what is written there is not recorded, as in a kernel."""
        return self.real.fileno()

    def write(self, text: str) -> int:
        """Write to both."""
        content = text.encode("utf-8", "replace")
        if os.getpid() != self.process > 0:  # a copy that the notebook made
            os.write(self.descriptor, content)
        elif text and not self.recorder.silent:
            self.recorder.hear()
            self.pass_on(content, text)
        return len(text)

    def pass_on(self, content: bytes, text: str) -> None:
        """Write to both, in this process."""
        self.real.write(content)
        self.recorder.add("stream", name=self.name, text=text)


def to_json(value: Any) -> Any:
    """Encode what JSON does not know, as kernels do: bytes in base 64."""
    return base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
