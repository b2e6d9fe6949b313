"""A step's executed cells as one HTML page."""

import html
import json
import re
from typing import Any


ESCAPES = "\x1b.*?m"  # a terminal's colours


def render_report(manifest: dict[str, Any], sources: list[str], content: str) -> str:
    """Return a page that shows the cells and their outputs, and holds the result: JSON, `content`."""
    embedded = content.replace("<", "\\u003c")
    page = f'<meta charset=utf-8><script type="application/json" id="nb2pipe-result">{embedded}</script>'
    cells = iter(json.loads(content)["cells"])
    for operation in manifest["program"]:
        if operation["op"] == "run":
            page += "<hr>" + _pre(sources[operation["source"]])
            for output in next(cells, {}).get("outputs", ()):
                data = output.get("data", output)
                text = (
                    data.get("text")
                    or data.get("text/plain")
                    or "\n".join(data.get("traceback", ()))
                )
                page += (
                    data.get("text/html")
                    or data.get("image/svg+xml")
                    or "image/png" in data
                    and f"<img src='data:image/png;base64,{data['image/png']}'>"
                    or _pre(text)
                )
    return page


def _pre(text: str) -> str:
    return f"<pre>{html.escape(re.sub(ESCAPES, '', text))}</pre>"
