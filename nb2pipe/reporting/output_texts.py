"""What cells displayed (nbformat outputs), as plain text."""

import re
from collections.abc import Mapping
from typing import Any

# Colours, cursor movements and links, which belong to the terminal that printed them.
_ESCAPES = re.compile(
    r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(\x07|\x1b\\)|\x1b[@-_]|\x07|\x08"
)


def output_text(output: Mapping[str, Any]) -> str:
    """Return an output as text; of what has none, which types of content it has."""
    if output.get("output_type") == "stream":
        return without_escapes(joined(output.get("text")))
    if output.get("output_type") == "error":
        lines = [joined(line) for line in output.get("traceback") or ()]
        return without_escapes("\n".join(lines)) or f"{output.get('ename')}: {output.get('evalue')}"
    content = output.get("data") or {}
    for kind in ("text/plain", "text/markdown", "text/latex"):
        if kind in content:
            return without_escapes(joined(content[kind]))
    return f"<{', '.join(content)}>" if content else ""


def joined(text: Any) -> str:
    """Return what notebooks write as one text or as a list of lines."""
    return "".join(map(str, text)) if isinstance(text, list) else str(text or "")


def without_escapes(text: str) -> str:
    """Return `text` without what steers a terminal; of a line that overwrites itself, its end."""
    shown = _ESCAPES.sub("", text).replace("\r\n", "\n")
    return re.sub(r"[^\n]*\r(?=[^\n])", "", shown).replace("\r", "")
