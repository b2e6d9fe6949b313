"""Databases of SQLite in memory: which may be stored, and what of them only this process can tell."""

import ast
import re
from typing import Final

from nb2pipe.analysis.arguments import Arguments
from nb2pipe.analysis.files import Files
from nb2pipe.analysis.heap import NOTHING, Value

_TYPES: Final = {"sqlite3.Memory", "sqlite3.Cursor"}
# What SQL says of a connection that no other one has: what it did last, and how it was set, but for what is stored.
_OF_CONNECTION: Final = re.compile(
    r"\b(last_insert_rowid|changes|total_changes)\s*\(|\battach\b"
    r"|\bpragma\s+(?!(\w+\.)?(table_x?info|table_list|index_x?info|index_list|foreign_key_list|foreign_key_check"
    r"|database_list|foreign_keys|recursive_triggers|integrity_check|quick_check|compile_options|user_version)\b)",
    re.IGNORECASE,
)


class Databases(Files):
    """Databases in memory, which go from step to step."""

    def is_in_memory(self, node: ast.AST) -> bool:
        """Whether a call, of what makes databases, is `sqlite3.connect(":memory:")` and says no more."""
        match node:
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=name), attr="connect"),
                args=[ast.Constant(value=":memory:")],
                keywords=keywords,
            ) if name in self.names and all(word.arg == "isolation_level" for word in keywords):
                return self.names[name].value.dotted == "sqlite3"
            case _:
                return False

    def ask_databases(self, receiver: Value | None, arguments: Arguments) -> None:
        """Note that a call gets databases, with SQL that asks for what only their connection knows."""
        given = arguments.sites | (receiver.sites if receiver is not None else NOTHING)
        databases = frozenset(site for site in given if site.type in _TYPES)
        if databases and any(_OF_CONNECTION.search(value.text or "") for value in arguments.all):
            self.unstorable |= databases | self.heap.reach(databases)
