"""Diagnostics as SARIF 2.1.0, which code scanning and many editors read."""

import json
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from nb2pipe.diagnostics import Code, Diagnostic, Severity, Span
from nb2pipe.diagnostics.pages import page
from nb2pipe.reporting.github import describe
from nb2pipe.reporting.locations import Locations
from nb2pipe.reporting.text import sort_by_place

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.HINT: "note"}
_ROOT = "%SRCROOT%"

Json = dict[str, Any]


def render_sarif(diagnostics: Iterable[Diagnostic], locations: Locations, version: str) -> str:
    """Return what was found as one SARIF log; `version` is nb2pipe's."""
    listed = sort_by_place(diagnostics)
    codes = sorted({item.code for item in listed}, key=lambda code: code.number)
    seen: Counter[str] = Counter()
    run = {
        "tool": {
            "driver": {
                "name": "nb2pipe",
                "version": version,
                "rules": [_rule(code) for code in codes],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(item, codes.index(item.code), locations, seen) for item in listed],
    }
    log = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, ensure_ascii=False, indent=2)


def _rule(code: Code) -> Json:
    text = page(code)
    return {
        "id": code.number,
        "name": code.name.title().replace("_", ""),
        "shortDescription": {"text": code.title},
        "help": {"text": text, "markdown": text},
        "defaultConfiguration": {"level": _LEVELS[code.severity]},
    }


def _result(diagnostic: Diagnostic, rule: int, locations: Locations, seen: Counter[str]) -> Json:
    text = describe(diagnostic)
    result = {
        "ruleId": diagnostic.code.number,
        "ruleIndex": rule,
        "level": _LEVELS[diagnostic.severity],
        "message": {"text": f"{text} ({diagnostic.hint})" if diagnostic.hint else text},
        "locations": [_location(diagnostic.span, locations)],
        "partialFingerprints": {"nb2pipe/v1": _fingerprint(diagnostic, locations, seen)},
    }
    if diagnostic.related:
        result["relatedLocations"] = [
            {**_location(related.span, locations), "message": {"text": related.message}}
            for related in diagnostic.related
        ]
    return result


def _location(span: Span, locations: Locations) -> Json:
    region = locations.region(span)
    numbers = {
        "startLine": region.line,
        "startColumn": region.column,
        "endLine": region.end_line,
        "endColumn": region.end_column,
    }
    location: Json = {
        "physicalLocation": {
            "artifactLocation": _artifact(locations.path(span.notebook)),
            "region": {key: value for key, value in numbers.items() if value is not None},
        }
    }
    if span.cell is not None:
        cell = f"cell {span.cell}"
        location["logicalLocations"] = [
            {"name": cell, "fullyQualifiedName": f"{span.notebook}:{cell}", "kind": "module"}
        ]
    return location


def _artifact(path: str) -> Json:
    if PurePath(path).is_absolute():
        return {"uri": PurePath(path).as_uri()}
    return {"uri": quote(path), "uriBaseId": _ROOT}


def _fingerprint(diagnostic: Diagnostic, locations: Locations, seen: Counter[str]) -> str:
    """Return what stays the same when cells are inserted above: no number of a cell or line."""
    span = diagnostic.span
    parts = (
        diagnostic.code.number,
        locations.path(span.notebook),
        span.cell_id,
        diagnostic.message,
    )
    key = blake2b(repr(parts).encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
    seen[key] += 1
    return f"{key}:{seen[key]}"
