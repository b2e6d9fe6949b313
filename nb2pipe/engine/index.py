"""What earlier runs left: an SQLite file that finds the results of a step by its key."""

import contextlib
import hashlib
import json
import sqlite3
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

_SCHEMA = """
create table if not exists steps (
    key text primary key, notebook text, step text, run text, made real, record text
);
create index if not exists latest on steps (notebook, step, made);
create table if not exists files (path text primary key, stamp text, digest text);
"""
_WAIT_SECONDS = 30
_SEAL = 16  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The results of a step that succeeded.

    `parts` are digests of all that its key is made of, by what they are called; `sources` the cells that it
    ran, by their ids; `outputs` the digests of its artifacts by key, `documents` those of its other
    files by name; `files` the digests of files that it read and wrote, by path (None: it was not there).
    `cells` are the positions, numbers and counts of its cells then; `peak` is the memory that it took, in bytes.
    """

    run: str
    parts: Mapping[str, str]
    sources: Mapping[str, str]
    outputs: Mapping[str, str]
    documents: Mapping[str, str]
    files: Mapping[str, str | None]
    cells: tuple[tuple[int, int, int], ...]
    peak: int


class Index:
    """The index of the folder `.nb2pipe`; whatever is wrong with its file, it only finds nothing then."""

    def __init__(self, path: Path) -> None:
        """Open the index at `path`, or a new one."""
        self._connection: sqlite3.Connection | None = None
        with contextlib.suppress(sqlite3.Error, OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, timeout=_WAIT_SECONDS)
            self._connection.execute("pragma journal_mode = wal")
            self._connection.execute("pragma synchronous = normal")
            self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()

    def find(self, key: str) -> Record | None:
        """Return the results of the step with this key."""
        return next(self._records("where key = ?", key), None)

    def latest(self, notebook: str, step: str) -> Record | None:
        """Return the last results of a step of this name, whatever it was made of."""
        where = "where notebook = ? and step = ? order by made desc limit 1"
        return next(self._records(where, notebook, step), None)

    def keep(self, key: str, notebook: str, step: str, record: Record) -> None:
        """Note the results of a step."""
        row = (key, notebook, step, record.run, time.time(), record_text(record))
        self._write("insert or replace into steps values (?, ?, ?, ?, ?, ?)", row)

    def drop(self, key: str) -> None:
        """Forget the results of a step."""
        self._write("delete from steps where key = ?", (key,))

    def digest_of_file(self, path: Path, stamp: str) -> str | None:
        """Return the digest that a file had when it had this stamp (size, times, place on the disk)."""
        rows = self._read(
            "select digest from files where path = ? and stamp = ?", (str(path), stamp)
        )
        return next((row[0] for row in rows), None)

    def keep_digest_of_file(self, path: Path, stamp: str, digest: str) -> None:
        """Note the digest of a file."""
        self._write("insert or replace into files values (?, ?, ?)", (str(path), stamp, digest))

    def _records(self, where: str, *values: str) -> Iterator[Record]:
        for (text,) in self._read(f"select record from steps {where}", values):  # noqa: S608 -- our own words
            record = record_from_text(text)
            if record is not None:
                yield record

    def _read(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        if self._connection is None:
            return []
        try:
            return self._connection.execute(query, values).fetchall()
        except sqlite3.Error:
            return []

    def _write(self, query: str, values: tuple[Any, ...]) -> None:
        if self._connection is not None:
            with contextlib.suppress(sqlite3.Error), self._connection:
                self._connection.execute(query, values)


def record_text(record: Record) -> str:
    """Return a record as text, with its digest before it."""
    return _sealed(json.dumps(asdict(record)))


def record_from_text(text: str) -> Record | None:
    """Return the record that `record_text` wrote; None if the text is damaged, or of another version."""
    content = text[_SEAL:]
    if text != _sealed(content):
        return None
    try:
        document = json.loads(content)
        cells = tuple((place, number, count) for place, number, count in document.pop("cells"))
        return Record(**document, cells=cells)
    except (ValueError, TypeError, KeyError):
        return None


def _sealed(content: str) -> str:
    """Return a text with its digest before it: SQLite does not see when a byte of it changes."""
    return hashlib.blake2b(content.encode(), digest_size=_SEAL // 2).hexdigest() + content
