"""A step's executed cells as one HTML page."""

import html
import json
import re
from typing import Any

ESCAPES = "\x1b.*?m"  # a terminal's colours


def render_report(manifest: dict[str, Any], sources: list[str], content: str) -> str:
    """Return a page that shows the cells and holds the result, which is JSON: `content`."""
    page = '<meta charset=utf-8><script type="application/json" id="nb2pipe-result">'
    page += content.replace("<", "\\u003c") + "</script>"
    cells = iter(json.loads(content)["cells"])
    for operation in manifest["program"]:
        if operation["op"] == "run":
            page += "<hr>" + _pre(sources[operation["source"]])
            cell: dict[str, Any] = next(cells, {})
            page += "".join(map(_output, cell.get("outputs", ())))
    return page


def _output(output: dict[str, Any]) -> str:
    data = output.get("data", output)
    for kind in "text/html", "image/svg+xml":
        if kind in data:
            return data[kind]  # type: ignore[no-any-return]
    if "image/png" in data:
        image = data["image/png"]
        return f'<img src="data:image/png;base64,{image}">'
    lines = data.get("traceback", ())
    return _pre(data.get("text") or data.get("text/plain") or "\n".join(lines))


def _pre(text: str) -> str:
    return "<pre>" + html.escape(re.sub(ESCAPES, "", text)) + "</pre>"
