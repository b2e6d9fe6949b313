"""Warnings of libraries, which Python shows once in each process, and so again in each step."""

import re
from collections.abc import Mapping
from typing import Any

# As `warnings.formatwarning` writes it: the place, the message, which may have several lines, and the line of code.
_WARNING = re.compile(r"^site-packages/\S+:\d+: \w+: (?:.*\n)+?(?:  \S.*(?:\n|\Z))", re.MULTILINE)


def without_repeats(outputs: Mapping[int, list[dict[str, Any]]]) -> dict[int, list[dict[str, Any]]]:
    """Return normalised outputs by cell without the warnings of libraries that were there before, in notebook order."""
    seen: set[str] = set()

    def first(match: re.Match[str]) -> str:
        known = match[0] in seen
        seen.add(match[0])
        return "" if known else match[0]

    found: dict[int, list[dict[str, Any]]] = {}
    for position in sorted(outputs):
        found[position] = []
        for output in outputs[position]:
            if output.get("name") == "stderr":
                text = _WARNING.sub(first, output["text"])
                if text:
                    found[position].append({**output, "text": text})
            else:
                found[position].append(output)
    return found
