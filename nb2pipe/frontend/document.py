"""From a file's text to a notebook document of format 4.5, checked as far as it is used.

A notebook of format 4 is read with `json` and the check below: importing nbformat costs 0.1 s of
CPU, a quarter of what a whole check may last, and its schema refuses notebooks that Jupyter itself
opens. Format 3 is rare and its upgrade is intricate, so there nbformat does it.
"""

import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from nb2pipe.diagnostics import Code, Diagnostic, Span

Document = dict[str, Any]

_OLDEST, _NEWEST = 3, 4
_MINOR_WITH_IDS = 5
_ID_LENGTH = 64
_CELL_TYPES = frozenset({"code", "markdown", "raw"})


class RefusedError(Exception):
    """The file is no notebook that can be used; `diagnostics` say why."""

    def __init__(self, *diagnostics: Diagnostic) -> None:
        self.diagnostics = diagnostics
        super().__init__(*(diagnostic.message for diagnostic in diagnostics))


@dataclass(frozen=True, slots=True)
class _Reader:
    """The notebook's path as the user typed it: every diagnostic points there."""

    path: str

    def refuse(
        self, code: Code, message: str, hint: str | None = None, line: int | None = None
    ) -> RefusedError:
        """Return what to raise; `line` is one of the file."""
        span = Span(notebook=self.path, line=line)
        return RefusedError(Diagnostic(code=code, span=span, message=message, hint=hint))


def load_document(text: str, path: str) -> Document:
    """Return the notebook document in `text`, upgraded to format 4.5.

    Every cell has an id, a string as source and metadata; what else the file holds is kept.

    Raises:
        RefusedError: the text is no notebook, or one of a version that is not supported.
    """
    reader = _Reader(path)
    document = _parse_json(text, reader)
    version = _version(document, reader)
    if version == _OLDEST:
        document = _upgrade_v3(text, document, reader)
    return complete(document, path)


def complete(document: Document, path: str) -> Document:
    """Return a copy of a format 4 document with everything that format 4.5 asks of cells.

    Raises:
        RefusedError: a cell is broken.
    """
    reader = _Reader(path)
    cells = document.get("cells")
    if not isinstance(cells, list):
        raise reader.refuse(
            Code.NOT_A_NOTEBOOK, f"`{path}` is not a notebook: it has no list of cells"
        )
    problems = [
        Diagnostic(code=Code.NOT_A_NOTEBOOK, span=Span(notebook=path, cell=number), message=problem)
        for number, cell in enumerate(cells, 1)
        if (problem := _problem(cell)) is not None
    ]
    if problems:
        raise RefusedError(*problems)
    return {
        **document,
        "metadata": _mapping(document.get("metadata")),
        "nbformat_minor": max(_MINOR_WITH_IDS, _integer(document.get("nbformat_minor"))),
        "cells": _with_ids([_completed(cell) for cell in cells]),
    }


def _parse_json(text: str, reader: _Reader) -> Document:
    if not text.strip():
        raise reader.refuse(Code.NOT_JSON, f"`{reader.path}` is empty")
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise reader.refuse(
            Code.NOT_JSON,
            f"`{reader.path}` is not valid JSON: {error.msg} at line {error.lineno},"
            f" column {error.colno}",
            _conflict_hint(text),
            error.lineno,
        ) from error
    except RecursionError as error:
        raise reader.refuse(
            Code.NOT_JSON, f"`{reader.path}` is not valid JSON: it is nested too deeply"
        ) from error
    except ValueError as error:  # an integer of thousands of digits
        raise reader.refuse(
            Code.NOT_JSON, f"`{reader.path}` cannot be read as JSON: it holds a number too large"
        ) from error
    if not isinstance(document, dict):
        raise reader.refuse(
            Code.NOT_A_NOTEBOOK,
            f"`{reader.path}` is not a notebook: it holds a JSON {_json_kind(document)}",
        )
    return document


def _conflict_hint(text: str) -> str | None:
    if text.startswith("<<<<<<< ") or "\n<<<<<<< " in text:
        return "the file holds the marks of a merge conflict: resolve it first"
    return None


def _json_kind(value: object) -> str:
    kinds = {bool: "boolean", type(None): "null", str: "string", list: "list"}
    return kinds.get(type(value), "number")


def _version(document: Document, reader: _Reader) -> int:
    """Return the format's major version, one that is supported."""
    version = document.get("nbformat")
    if isinstance(version, bool) or not isinstance(version, int):
        raise reader.refuse(
            Code.NOT_A_NOTEBOOK,
            f"`{reader.path}` is not a notebook: it does not say its format (`nbformat`)",
        )
    if not _OLDEST <= version <= _NEWEST:
        raise reader.refuse(
            Code.UNSUPPORTED_FORMAT,
            f"`{reader.path}` is in notebook format {version}; formats 3 and 4 can be read",
            "open the notebook in Jupyter and save it again",
        )
    return version


def _upgrade_v3(text: str, document: Document, reader: _Reader) -> Document:
    language = _v3_language(document)
    import nbformat.v4
    from nbformat import reader as nbformat_reader

    try:
        upgraded = nbformat.v4.upgrade(nbformat_reader.reads(text))
    except Exception as error:  # it indexes and asserts its way through what it expects
        raise reader.refuse(
            Code.NOT_A_NOTEBOOK,
            f"`{reader.path}` is a broken notebook of format 3 and cannot be upgraded",
            "open the notebook in Jupyter and save it again",
        ) from error
    for cell in upgraded["cells"]:
        cell.pop("id", None)  # nbformat draws them at random
    metadata = upgraded["metadata"]
    if language is not None and "language_info" not in metadata:
        metadata["language_info"] = {"name": language}
    # Back from nbformat's attribute dictionaries to plain ones.
    plain: Document = json.loads(json.dumps(upgraded))
    return plain


def _v3_language(document: Document) -> str | None:
    """Return the language of the first code cell; format 3 keeps it there."""
    worksheets = document.get("worksheets")
    for worksheet in worksheets if isinstance(worksheets, list) else []:
        cells = worksheet.get("cells") if isinstance(worksheet, dict) else None
        for cell in cells if isinstance(cells, list) else []:
            if isinstance(cell, dict) and isinstance(cell.get("language"), str):
                language: str = cell["language"]
                return language
    return None


def _problem(cell: object) -> str | None:
    """Return what makes a cell unusable; what Jupyter mends by itself is no problem."""
    if not isinstance(cell, dict):
        return f"a cell is a JSON {_json_kind(cell)} instead of an object"
    if not isinstance(cell.get("cell_type"), str):
        return "a cell does not say its type (`cell_type`)"
    if cell["cell_type"] not in _CELL_TYPES:
        return f"a cell has the unknown type `{cell['cell_type']}`"
    source = cell.get("source")
    lines = source if isinstance(source, list) else [source or ""]
    if not all(isinstance(line, str) for line in lines):
        return "a cell's source is neither text nor a list of lines"
    if cell["cell_type"] == "code" and any("\ud800" <= char <= "\udfff" for char in "".join(lines)):
        return "a code cell holds half of a character (a lone surrogate), which Python cannot read"
    return None


def _completed(cell: dict[str, Any]) -> dict[str, Any]:
    source = cell.get("source") or ""
    completed = {
        **cell,
        "metadata": _mapping(cell.get("metadata")),
        "source": source if isinstance(source, str) else "".join(source),
    }
    if cell["cell_type"] == "code":
        completed.setdefault("execution_count", None)
        if not isinstance(cell.get("outputs"), list):
            completed["outputs"] = []
    return completed


def _with_ids(cells: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give an id to every cell that has none, or one that another cell has too.

    It is made of the cell's text, so the same notebook gets the same ids, and most of them stay
    when cells are inserted.
    """
    own = [cell.get("id") for cell in cells]
    taken = {id_ for id_ in own if isinstance(id_, str)}
    seen: set[str] = set()
    for cell, id_ in zip(cells, own, strict=True):
        if not isinstance(id_, str) or not 0 < len(id_) <= _ID_LENGTH or id_ in seen:
            cell["id"] = _fresh_id(f"{cell['cell_type']}\n{cell['source']}", taken)
        seen.add(cell["id"])
        taken.add(cell["id"])
    return cells


def _fresh_id(text: str, taken: set[str]) -> str:
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest()
    id_, count = digest, 1
    while id_ in taken:
        count += 1
        id_ = f"{digest}-{count}"
    return id_


def _mapping(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _integer(value: object) -> int:
    return value if isinstance(value, int) else 0
