"""What cells displayed, as parts of an HTML page that does not trust them."""

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from nb2pipe.reporting.output_texts import joined, output_text

_BASE64 = re.compile(r"[A-Za-z0-9+/]+={0,2}")
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")
# A frame without scripts cannot tell how high its content is: rows of tables and lines tell.
_ROW = re.compile(r"<(?:tr|li|p|br|h\d|div|pre)\b", re.IGNORECASE)
_ROW_HEIGHT, _LOWEST, _HIGHEST = 25, 60, 420

_FRAME_STYLE = """<style>
:root { color-scheme: light dark; }
body { margin: 2px; font: 13px system-ui, sans-serif; overflow-wrap: anywhere; }
table { border-collapse: collapse; } th, td { padding: 3px 8px; text-align: right; }
thead { border-bottom: 1px solid #8888; } img, svg { max-width: 100%; }
</style>"""


@dataclass(frozen=True, slots=True)
class Shown:
    """An output as the page's template takes it.

    `content` is the text, the address of an image (a `data:` URI) or the document of a frame.
    """

    kind: Literal["text", "error", "image", "frame"]
    content: str
    height: int = 0


def show_output(output: Mapping[str, Any]) -> Shown:
    """Return the best form of an nbformat output that a page without scripts can show.

    Images come first, then HTML, which stands in a frame that may run and load nothing.
    """
    if output.get("output_type") == "error" or output.get("name") == "stderr":
        return Shown("error", output_text(output))
    content = output.get("data") or {}
    return _image(content) or _frame(content) or Shown("text", output_text(output))


def _image(content: Mapping[str, Any]) -> Shown | None:
    for kind in _IMAGES:
        encoded = re.sub(r"\s", "", joined(content.get(kind)))
        if _BASE64.fullmatch(encoded):
            return Shown("image", f"data:{kind};base64,{encoded}")
    drawing = joined(content.get("image/svg+xml"))
    if not drawing:
        return None
    # As an image, a drawing runs no scripts and loads nothing.
    encoded = base64.b64encode(drawing.encode("utf-8", "replace")).decode()
    return Shown("image", f"data:image/svg+xml;base64,{encoded}")


def _frame(content: Mapping[str, Any]) -> Shown | None:
    page = joined(content.get("text/html"))
    if not page.strip():
        return None
    rows = len(_ROW.findall(page)) + 1
    height = min(_HIGHEST, max(_LOWEST, rows * _ROW_HEIGHT + 20))
    return Shown("frame", _FRAME_STYLE + page, height)
