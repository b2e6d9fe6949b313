"""A step's executed cells as one HTML page."""

import html
import json
import re
from typing import Any


def render_report(manifest: dict[str, Any], sources: list[str], content: str) -> str:
    """Return a page that shows the cells and their outputs, and holds the result: JSON, `content`."""
    embedded = content.replace("<", "\\u003c")
    page = f'<meta charset=utf-8><script type="application/json" id="nb2pipe-result">{embedded}</script>'
    runs = [operation for operation in manifest["program"] if operation["op"] == "run"]
    for operation, cell in zip(runs, json.loads(content)["cells"]):
        page += "<hr>" + _pre(sources[operation["source"]])
        for output in cell["outputs"]:
            data = output.get("data", output)
            text = data.get("text") or data.get("text/plain") or "\n".join(data.get("traceback", ()))
            image = data.get("image/png")
            page += (
                data.get("text/html")
                or data.get("image/svg+xml")
                or (f"<img src='data:image/png;base64,{image}'>" if image else _pre(text))
            )
    return page


def _pre(text: str) -> str:
    # Without a terminal's colours.
    return f"<pre>{html.escape(re.sub(chr(27) + '.*?m', '', text))}</pre>"
