"""Take the place of the front end for widgets, as far as results depend on one: `ipywidgets.Output`.

What a cell displays inside of `with out:` belongs to the widget, not to the cell, and `interact` calls functions in
one. The messages are those of https://github.com/jupyter-widgets/ipywidgets/blob/main/packages/schema/messages.md.

Only steps of notebooks that use widgets have this module, in their manifest.
"""

import builtins
import copy
import sys
from typing import TYPE_CHECKING, Any

import comm
from comm.base_comm import BaseComm

if TYPE_CHECKING:
    from nb2pipe.runtime.capture import Recorder

# What records the cell; what it has put off, outermost first; the widgets that have got something in this cell.
RECORDERS: list["Recorder"] = []
TARGETS: list[tuple[Any, bool]] = []
FILLED: dict[str, "Comm"] = {}


class Kernel:
    """Widgets ask it for the message that runs the cell, and do nothing without one."""

    def get_parent(self) -> Any:
        """Return a message."""
        return {"header": {"msg_id": "cell"}}


class Comm(BaseComm):
    """Connects a widget with the recorder; `outputs` is what the front end shows in it."""

    kernel = Kernel()
    outputs: list[Any]

    def publish_msg(self, msg_type: str, data: Any = None, *_: Any, **__: Any) -> None:
        """Take a message of the widget."""
        data = data or {}
        is_update = data.get("method") == "update"
        state = data.get("state", {}) if is_update or msg_type == "comm_open" else {}
        if "outputs" in state:
            self.outputs = copy.deepcopy([*state["outputs"]])
        if "msg_id" in state and is_update:
            self.show(bool(state["msg_id"]))

    def show(self, inside: bool) -> None:  # noqa: FBT001 -- names of parameters are made short
        """Let what is displayed from now on be the widget's, or not any longer."""
        listener = RECORDERS[0]
        listener.hear()
        with listener.lock:
            if inside:
                FILLED[self.comm_id] = self
                TARGETS.append((listener.outputs, listener.clear_next))
                listener.outputs, listener.clear_next = self.outputs, False
            elif TARGETS:
                listener.outputs, listener.clear_next = TARGETS.pop()

    def __setstate__(self, state: Any) -> None:
        """Be known by its number here as well."""
        vars(self).update(state)
        comm.get_comm_manager().register_comm(self)


def install(_start: Any, _settings: Any, _reducers: Any, _ways: Any) -> None:
    """Let widgets find this module, and tell them at the end of each cell what they show."""
    shell = getattr(builtins, "get_ipython", lambda: None)()
    if not shell:
        return
    comm.create_comm = Comm
    stream: Any = sys.stdout
    RECORDERS.append(stream.recorder)
    fail = shell._showtraceback  # noqa: SLF001 -- as kernels do

    def show_error(kind: Any, error: BaseException, lines: list[str]) -> None:
        # The widget shows it, and the cell goes on.
        if TARGETS:
            RECORDERS[0].show_error(error, lines)
        else:
            fail(kind, error, lines)

    shell._showtraceback = show_error  # noqa: SLF001 -- as kernels do
    shell.events.register("post_run_cell", tell_widgets)


def tell_widgets(_: Any) -> None:
    """Tell widgets what they show; a front end's message comes when the cell has ended."""
    TARGETS.clear()
    filled = [*FILLED.values()]
    FILLED.clear()
    for one in filled:
        data = {"method": "update", "state": {"outputs": copy.deepcopy(one.outputs)}}
        one.handle_msg({"content": {"data": data}})
