"""Diagnostics as JSON for other programs."""

import json
from collections.abc import Iterable, Sequence

from nb2pipe.diagnostics import Diagnostic
from nb2pipe.reporting.text import count_by_severity, sort_by_place

VERSION = 1


def render_json(notebooks: Sequence[str], diagnostics: Iterable[Diagnostic]) -> str:
    """Return what was found in `notebooks` as one JSON document.

    Its keys are `version` (of this form), `notebooks` (as the user named them), `diagnostics` (as
    `Diagnostic.to_json` gives them, sorted by place) and `summary` (how many of each severity).
    """
    listed = sort_by_place(diagnostics)
    counts = count_by_severity(listed)
    document = {
        "version": VERSION,
        "notebooks": list(notebooks),
        "diagnostics": [diagnostic.to_json() for diagnostic in listed],
        "summary": {f"{severity.value}s": count for severity, count in counts.items()},
    }
    return json.dumps(document, ensure_ascii=False, indent=2)
