"""Store databases of SQLite that are in memory, and their cursors.

Only steps of notebooks that import `sqlite3` have this module, in their manifest.
"""

import sqlite3
from typing import Any

PRAGMAS = "foreign_keys", "recursive_triggers"


def reduce_database(database: Any) -> Any:
    """Return what makes a database in memory again, as `object.__reduce_ex__` does.

    Raises:
        TypeError: it has more than what a file of it would hold, or is one.
    """
    cursor = database.cursor()
    cursor.row_factory = None

    def ask(words: str) -> Any:
        return cursor.execute(words).fetchall()

    if database.in_transaction:
        raise TypeError("it has changes that were not committed")
    parts = ask("PRAGMA database_list")
    if parts[1:] or parts[0][2]:
        raise TypeError("it has files or temporary tables")
    content = ask("PRAGMA page_count") != [(0,)] and database.serialize()
    pragmas = [f"PRAGMA {name}=%s" % ask("PRAGMA " + name)[0] for name in PRAGMAS]
    names = "row_factory", "text_factory", "isolation_level"
    state = {name: getattr(database, name) for name in names}
    return rebuild_database, (content, pragmas), (None, state)


def rebuild_database(content: Any, pragmas: list[str]) -> Any:
    """Return a database in memory."""
    database = sqlite3.connect(":memory:")
    if content:
        whole = sqlite3.connect(":memory:")
        whole.deserialize(content)
        whole.backup(database)
        whole.close()
    for pragma in pragmas:
        database.execute(pragma)
    return database


def reduce_cursor(cursor: Any) -> Any:
    """Return what makes a cursor of a database in memory again, as `object.__reduce_ex__` does.

    Raises:
        TypeError: there are rows that it would go on with.
    """
    if cursor.fetchone():
        cursor.close()  # nobody shall go on with the others
        raise TypeError("it has rows that were not fetched")
    state = {"arraysize": cursor.arraysize, "row_factory": cursor.row_factory}
    return type(cursor), (cursor.connection,), (None, state)


def install(_start: Any, _settings: Any, _reducers: Any, ways: list[Any]) -> None:
    """Add to `ways` what stores databases and cursors."""
    ways += ("sqlite3", "Connection", reduce_database), ("sqlite3", "Cursor", reduce_cursor)
