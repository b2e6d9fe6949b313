"""A step's executed cells as one HTML page."""

import html
import json
import re
from typing import Any

from nb2pipe.runtime.capture import to_json


def render_report(manifest: dict[str, Any], sources: list[str], result: dict[str, Any]) -> str:
    """Return a page that shows the cells with their outputs and holds the result as JSON."""
    content = json.dumps(result, default=to_json).replace("<", "\\u003c")
    page = f'<meta charset=utf-8><script type="application/json" id="nb2pipe-result">{content}</script>'
    runs = [operation for operation in manifest["program"] if operation["op"] == "run"]
    for operation, cell in zip(runs, json.loads(content)["cells"]):
        page += "<hr>" + _pre(sources[operation["source"]])
        for output in cell["outputs"]:
            data = output.get("data", output)
            image = data.get("image/png")
            page += (
                data.get("text/html")
                or data.get("image/svg+xml")
                or (image and f"<img src='data:image/png;base64,{image}'>")
                or _pre(data.get("text") or data.get("text/plain") or "\n".join(data.get("traceback", "")))
            )
    return page


def _pre(text: str) -> str:
    # Without a terminal's colours.
    return f"<pre>{html.escape(re.sub(chr(27) + '.*?m', '', text))}</pre>"
