"""Run cells without IPython: plain Python and top-level `await`."""

import ast
import codeop
import sys
import traceback
from types import ModuleType
from typing import TYPE_CHECKING, Any, Optional

from nb2pipe.runtime.capture import Recorder

if TYPE_CHECKING:
    from nb2pipe.runtime.capture import Loop, Shell


def plain_shell(main: ModuleType, recorder: Recorder, run_in_loop: "Loop") -> "Shell":
    """Return the smallest shell; it shows a result by `repr` and `_repr_html_`."""
    main.__dict__["Out"] = main.__dict__["_oh"] = {}
    compiler = codeop.Compile()  # it remembers `from __future__ import …`
    sys.displayhook = id
    compiler.flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

    def run(source: str, name: str, count: int) -> Optional[BaseException]:
        def show_result(value: Any) -> None:
            # A semicolon hides a value.
            rest = source.encode().split(b"\n", body[-1].end_lineno - 1)[-1]  # type: ignore[operator]
            quiet = rest[body[-1].end_col_offset :].lstrip().startswith(b";")
            if value is not None and count and not quiet:
                data = {"text/plain": repr(value)}
                if hasattr(value, "_repr_html_"):
                    data["text/html"] = value._repr_html_()
                recorder.remember(value, count)
                recorder.add("execute_result", data=data, metadata={}, execution_count=count)

        try:
            body = ast.parse(source, name).body
            for node in body:
                if node is body[-1] and isinstance(node, ast.Expr):
                    sys.displayhook = show_result
                code = compiler(ast.Interactive([node]), name, "single")  # type: ignore[arg-type]
                awaitable = eval(code, main.__dict__)  # noqa: S307
                if awaitable:
                    run_in_loop(awaitable)
        except BaseException as error:
            if isinstance(error, SyntaxError):
                error.msg += " (the image has no IPython)"
            recorder.show_error(error, traceback.format_exc().splitlines())
            return error
        finally:
            sys.displayhook = id  # the guard may look at `sys` between cells
        return None

    return run
