"""Run cells without IPython: plain Python and top-level `await`."""

import ast
import codeop
import inspect
import sys
import traceback
from typing import TYPE_CHECKING, Any, Optional

from nb2pipe.runtime.capture import Recorder

if TYPE_CHECKING:
    from nb2pipe.runtime.capture import Shell


def plain_shell(recorder: Recorder) -> "Shell":
    """Return the smallest shell; it shows a result by `repr` and `_repr_html_`."""
    compiler = codeop.Compile()  # it remembers `from __future__ import …`
    compiler.flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

    async def run(source: str, name: str, count: int) -> Optional[BaseException]:
        def show_result(value: Any) -> None:
            if value is not None and source.rstrip()[-1] != ";":
                data = {"text/plain": repr(value)}
                if hasattr(value, "_repr_html_"):
                    data["text/html"] = value._repr_html_()
                recorder.add("execute_result", data=data, metadata={}, execution_count=count)

        sys.displayhook = show_result
        try:
            body = ast.parse(source, name).body
            for node in body:
                tree: Any = ast.Module([node], [])
                mode = "exec"
                if node is body[-1] and isinstance(node, ast.Expr):
                    tree, mode = ast.Interactive([node]), "single"
                result = eval(compiler(tree, name, mode), vars(sys.modules["__main__"]))  # noqa: S307
                if inspect.iscoroutine(result):
                    await result
        except BaseException as error:
            if isinstance(error, SyntaxError) and (error.text or "").lstrip()[:1] in ("%", "!"):
                error.msg += " (the image has no IPython)"
            recorder.show_error(error, traceback.format_exc().splitlines())
            return error
        return None

    return run
