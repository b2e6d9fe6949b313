"""Run cells through IPython, as a kernel does but without its sockets."""

import atexit
import builtins
import os
import tempfile
from types import ModuleType
from typing import TYPE_CHECKING, Any, Optional

from nb2pipe.runtime.capture import Recorder

if TYPE_CHECKING:
    from nb2pipe.runtime.capture import Loop, Shell


def kernel_shell(main: ModuleType, recorder: Recorder, run_in_loop: "Loop") -> "Shell":
    """Return IPython's shell, with a recorder in the place of the front end.

    Raises:
        ImportError: the image has no IPython.
    """
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config  # noqa: PLC0415 -- IPython's own

    os.environ.update(TERM="xterm-color", FORCE_COLOR="1", PAGER="cat")
    if not os.environ.get("MPLBACKEND"):  # an empty one counts as none, as in a kernel
        os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    folder = tempfile.TemporaryDirectory()
    # Libraries tell a notebook by this name, by `IPKernelApp` or by `kernel`.
    members = {"folder": folder, "kernel": None}
    kind: Any = type("ZMQInteractiveShell", (InteractiveShell,), members)
    shell = kind.instance(
        config=Config(HistoryManager={"hist_file": ":memory:"}),
        ipython_dir=folder.name,
        user_module=main,
        loop_runner=run_in_loop,
    )
    shell.config.IPKernelApp.a = 1
    atexit.unregister(shell.atexit_operations)  # it would look at every object that there is
    for name in recorder.last:
        main.__dict__.pop(name)  # a step has no output to begin with: asking for one fails
    # There while no cell runs, too: values that are loaded import libraries, which look for it.
    builtins.get_ipython = shell.get_ipython  # type: ignore[attr-defined]

    def show_result(data: Any, metadata: Any = None) -> None:
        count = shell.displayhook.prompt_count
        recorder.add("execute_result", metadata=metadata, data=data, execution_count=count)

    def publish(data: Any, metadata: Any = None, *_: Any, **more: Any) -> None:
        show = recorder.update if more.get("update") else recorder.display
        show((more.get("transient") or {}).get("display_id"), metadata=metadata or {}, data=data)

    errors: list[Any] = []

    def show_error(_: Any, error: BaseException, lines: list[str]) -> None:
        errors.append(error)
        recorder.show_error(error, lines)

    def ignore(*_: Any, **__: Any) -> None:
        pass

    shell.display_pub.publish = publish
    shell.display_pub.clear_output = recorder.clear
    shell.displayhook.write_format_data = show_result
    shell.displayhook.update_user_ns = lambda value: recorder.remember(
        value, shell.displayhook.prompt_count
    )
    shell.displayhook.write_output_prompt = shell.enable_gui = shell.ask_exit = ignore
    shell._showtraceback = show_error  # noqa: SLF001 -- as a kernel does
    shell.set_hook("show_in_pager", ignore, 0)

    def run(source: str, name: str, count: int) -> Optional[BaseException]:
        shell.compile.cache = lambda *_, **__: name
        shell.execution_count = count
        errors.clear()
        result = shell.run_cell(source, count, not count)
        # `%time` and `%run` show an error and go on; nobody can tell whether the notebook has it, too.
        return result.error_before_exec or result.error_in_exec or (errors[0] if errors else None)

    return run
