"""Diagnostics as JSON for other programs."""

import json
from collections.abc import Iterable, Sequence

from nb2pipe.diagnostics import Diagnostic
from nb2pipe.reporting.locations import Locations
from nb2pipe.reporting.text import count_by_severity, sort_by_place

VERSION = 1


def render_json(
    notebooks: Sequence[str], diagnostics: Iterable[Diagnostic], locations: Locations
) -> str:
    """Return what was found in `notebooks` as one JSON document.

    Its keys are `version` (of this form), `notebooks` (as the user named them), `diagnostics` (as
    `Diagnostic.to_json` gives them, sorted by place, and with `file` and `file_line`: the file from
    the root of the repository, and the line in it) and `summary` (how many of each severity).
    """
    listed = sort_by_place(diagnostics)
    counts = count_by_severity(listed)
    document = {
        "version": VERSION,
        "notebooks": list(notebooks),
        "diagnostics": [
            {
                **diagnostic.to_json(),
                "file": locations.path(diagnostic.span.notebook),
                "file_line": locations.region(diagnostic.span).line,
            }
            for diagnostic in listed
        ],
        "summary": {f"{severity.value}s": count for severity, count in counts.items()},
    }
    return json.dumps(document, ensure_ascii=False, indent=2)
