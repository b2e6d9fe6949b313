"""Files and folders as hidden state, under the path at which they are, as far as that is known.

A file whose path is only known when the code runs is one of `<files>`, or of `<files:.csv>` where its
ending is known. Whoever reads a file that may be one of them needs all that were written so.
"""

import ast
import posixpath
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Final

from nb2pipe.analysis.arguments import Arguments
from nb2pipe.analysis.heap import IMMUTABLE, NOTHING, Value
from nb2pipe.analysis.knowledge import CallEffect
from nb2pipe.analysis.own_code import OwnCode
from nb2pipe.analysis.recorder import FILES, Binding, file_name

UNKNOWN_FILES: Final = "<files"
_SELF: Final = "self"
# What is at their first path is elsewhere afterwards.
_MOVING: Final = frozenset(["os.rename", "os.replace", "os.renames", "shutil.move"])
_WILD: Final = re.compile(r"[*?\[]")


class Files(OwnCode):
    """What reading and writing files does."""

    def use_files(
        self,
        node: ast.AST,
        effect: CallEffect,
        receiver: Value | None,
        arguments: Arguments,
        name: str,
    ) -> None:
        """Record what files a call reads and writes, and where it goes."""
        for path, writes in _paths(effect, receiver, arguments):
            self.use_file(path, node, writes=writes)
        first = arguments.get(0) or IMMUTABLE
        if name in _MOVING:
            self.use_file(first, node, writes=True)
        elif name in {"os.chdir", "contextlib.chdir"}:
            self.change_folder(first, node)
        elif name == "os.system" or name.startswith("subprocess."):
            self.use_any_file(node)

    def back(
        self, made: Value, effect: CallEffect, receiver: Value | None, arguments: Arguments
    ) -> None:
        """Record that a handle is on a file: what changes the handle later changes the file."""
        for path, _ in _paths(effect, receiver, arguments):
            if path.text is not None or not path.sites:
                self.backed.update(dict.fromkeys(made.sites, self._name_of(path)))

    def note_handle(
        self,
        node: ast.AST,
        made: Value,
        effect: CallEffect,
        receiver: Value | None,
        arguments: Arguments,
    ) -> None:
        """Record that the result of a call is an open file, if it is."""
        writes = self.opening.get(node, effect.writes_file is not None)
        if node in self.opening:
            effect = replace(effect, reads_file=0)
        elif not effect.unstorable:
            return
        for path, _ in _paths(effect, receiver, arguments):
            if path.text is not None or not path.sites:
                self.hold_open(made.sites, self._name_of(path), writes=writes)

    def open_file(self, path: Value, mode: str, node: ast.AST) -> None:
        """Record what opening a file does; its handle is written through later, if `mode` says so."""
        if "r" in mode or "+" in mode:
            self.use_file(path, node, writes=False)
        if set(mode) & set("wx"):
            self.use_file(path, node, writes=True)
        elif set(mode) & set("a+"):
            self.use_file(path, node, writes=True, appends=True)

    def use_file(self, path: Value, node: ast.AST, *, writes: bool, appends: bool = False) -> None:
        """Record that a file or folder is read or written."""
        text = self.from_start(path)
        if text is None:
            if path.sites == NOTHING or path.dotted:
                self._use_unknown_file(path, node, writes=writes)
            return
        if "://" in text:
            return
        wild = _WILD.search(text)
        if wild is not None and not writes:
            text = posixpath.dirname(text[: wild.start()]) or "."
        name = file_name(text)
        if not writes or appends:
            self._read_file(name, posixpath.splitext(text)[1], node)
        if writes:
            self._write_file(name, node, appends=appends)

    def _read_file(self, name: str, suffix: str, node: ast.AST) -> None:
        """Record that a file is read, or a folder with all that is known to be in it."""
        around = [n for n in self.names if is_inside(n, name) or is_inside(name, n)]
        for known in [name, *around, *self._unknown(suffix)]:
            self.read(known, node)

    def _write_file(self, name: str, node: ast.AST, *, appends: bool) -> None:
        """Record that a file is written in the folder that it is in, or a folder with all in it."""
        for folder in [known for known in self.names if is_inside(name, known)]:
            self.read(folder, node)
        inside = [known for known in self.names if is_inside(known, name)]
        if appends and name in self.names:
            self.touch(name, node, "the file is appended to")
        else:
            self.define(name, IMMUTABLE, node)
        for known in inside:
            self.read(known, node)
            self.touch(known, node, "the folder that it is in is written")

    def _use_unknown_file(self, path: Value, node: ast.AST, *, writes: bool) -> None:
        """Record that one of some files is read or written, it is not known which."""
        if writes:
            name = self._name_of(path)
            self.names.setdefault(name, Binding(IMMUTABLE))
            self.read(name, node)
            self.touch(name, node, "it writes a file")
            return
        self.record.unknown_file = node
        known = [name for name in self.names if name.startswith(FILES)]
        fitting = [name for name in known if name.endswith(f"{path.suffix}>")]
        for name in [*fitting, *self._unknown(path.suffix)]:
            self.read(name, node)

    def use_any_file(self, node: ast.AST) -> None:
        """Record that a program runs, which may read and write any file."""
        self._use_unknown_file(IMMUTABLE, node, writes=False)
        self._use_unknown_file(IMMUTABLE, node, writes=True)

    def _unknown(self, suffix: str) -> Iterator[str]:
        """Yield the names of unknown files, as far as these may end in `suffix`."""
        return (name for name in self.names if _may_be(name, suffix))

    def _name_of(self, path: Value) -> str:
        text = self.from_start(path)
        if text is not None:
            return file_name(text)
        return unknown_files(path.suffix)

    def from_start(self, path: Value) -> str | None:
        """Return a known path as seen from the folder where the notebook began."""
        text = path.text
        if text is None or text.startswith(("/", "~")) or "://" in text:
            return text
        return None if self.folder is None else posixpath.join(self.folder, text)

    def change_folder(self, path: Value, node: ast.AST) -> None:
        """Record that the working directory changes, and where to if that is plain."""
        always = isinstance(self.statement, ast.Expr) and self.statement.value is node
        self.folder = self.from_start(path) if always else None


def unknown_files(suffix: str = "") -> str:
    """Return the hidden variable that stands for files of which no more than the `suffix` is known."""
    return f"{UNKNOWN_FILES}{suffix and ':'}{suffix}>"


def may_write(written: Iterable[str], name: str) -> bool:
    """Whether code that writes the names `written` may write `name`, also as one of unknown files."""
    if not name.startswith(FILES):
        return name in written
    return any(
        other == name
        or is_inside(other, name)
        or is_inside(name, other)
        or _may_be(other, posixpath.splitext(name[:-1])[1])
        for other in written
    )


def _may_be(name: str, suffix: str) -> bool:
    """Whether unknown files of this name may end in `suffix`; without one, be in a folder."""
    if name.startswith(FILES) or not name.startswith(UNKNOWN_FILES):
        return False
    ending = name.removeprefix(UNKNOWN_FILES).strip(":>")
    return not ending or not suffix or ending == suffix


def _paths(
    effect: CallEffect, receiver: Value | None, arguments: Arguments
) -> Iterable[tuple[Value, bool]]:
    for keys, writes in ((effect.reads_file, False), (effect.writes_file, True)):
        for key in keys if isinstance(keys, tuple) else (keys,):
            path = receiver if key == _SELF else arguments.get(key) if key is not None else None
            if path is not None:
                yield path, writes


def is_inside(known: str, name: str) -> bool:
    """Whether the file `known` is in the folder `name`."""
    if not (known.startswith(FILES) and name.startswith(FILES)) or known == name:
        return False
    inner, outer = (text.removeprefix(FILES).removesuffix(">") for text in (known, name))
    return inner.startswith(f"{outer}/") or (outer == "." and not inner.startswith(("/", "..")))
