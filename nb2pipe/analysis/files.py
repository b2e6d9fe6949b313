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
from nb2pipe.analysis.effects import CallEffect, Key
from nb2pipe.analysis.file_names import (
    FILES,
    file_name,
    is_carried,
    is_inside,
    may_be,
    unknown_files,
)
from nb2pipe.analysis.heap import IMMUTABLE, Site, Value
from nb2pipe.analysis.open_files import Handle, Opening, library_opening, plain_opening
from nb2pipe.analysis.own_code import OwnCode
from nb2pipe.analysis.recorder import Binding
from nb2pipe.analysis.states import GENERATOR_STATES

_SELF: Final = "self"
# What Python's `open` does besides using the file.
_OPENING: Final = CallEffect()
# What is at their first path is elsewhere afterwards.
_MOVING: Final = frozenset(["os.rename", "os.replace", "os.renames", "shutil.move"])
# The method of a path.
_MOVING_ITSELF: Final = "None.rename"
# What is at this path is gone afterwards, and where nobody knows which, any file may be.
_REMOVING: Final = frozenset(
    ["remove", "unlink", "rmdir", "removedirs", "rmtree", "rename", "replace", "renames", "move"]
)
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
        removes = name.rpartition(".")[2] in _REMOVING
        first = arguments.get(0) or IMMUTABLE
        moved = [(first, True)] if name in _MOVING else []
        if name == _MOVING_ITSELF:
            moved = [(receiver or IMMUTABLE, True)]
        for path, writes in [*_paths(effect, receiver, arguments), *moved]:
            self.use_file(path, node, writes=writes)
            where = self.from_start(path)
            if removes and writes and (where is None or not posixpath.splitext(where)[1]):
                self._lose_files(path, node)
        if name in {"os.chdir", "contextlib.chdir"}:
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

    def open_plain(self, node: ast.Call, arguments: Arguments) -> Value:
        """Evaluate Python's own `open`."""
        path = arguments.get(0) or arguments.get("file") or IMMUTABLE
        if path.text is None:
            path = Value(suffix=path.suffix)
        opening = self.opening[node] = plain_opening(arguments)
        self.open_file(path, opening.mode, node)
        made = Value(frozenset([self.site(node, "file", "file")]))
        self.note_handle(node, made, _OPENING, None, Arguments((path,)))
        self.unstorable |= made.sites
        return made

    def open_archive(self, node: ast.Call, arguments: Arguments) -> None:
        """Record the file behind what a library opens with a mode; the tables say what it returns."""
        self.open_again(node, arguments)
        self.opening[node] = replace(self.opening[node], again=False)

    def open_again(self, node: ast.Call, arguments: Arguments) -> None:
        """Record the same of what can be opened again in another step."""
        opening = self.opening[node] = library_opening(arguments)
        self.open_file(arguments.get(0) or IMMUTABLE, opening.mode, node)

    def note_handle(
        self,
        node: ast.AST,
        made: Value,
        effect: CallEffect,
        receiver: Value | None,
        arguments: Arguments,
    ) -> None:
        """Record that the result of a call is an open file, if it is."""
        opening = self.opening.get(node)
        if opening is not None:
            effect = replace(effect, reads_file=0)
        elif effect.unstorable:
            opening = Opening(mode="r" if effect.writes_file is None else "r+")
        else:
            return
        for path, _ in _paths(effect, receiver, arguments):
            if path.text is not None or not path.sites:
                name = self._name_of(path)
                single = opening.again and self._is_single(node) and is_carried(name)
                handle = Handle(file=name, order=self.order, opening=opening, single=single)
                self.open(made.sites, handle)

    def _is_single(self, node: ast.AST) -> bool:
        """Whether a call makes one object at most, because it stands alone: `f = open(path)`."""
        match self.statement:
            case ast.Assign(targets=[ast.Name()], value=value):
                return value is node and not self.stack
            case _:
                return False

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
            streams = path.sites and all(map(_is_stream, path.sites))
            if path.dotted or not streams:
                if appends:
                    self._use_unknown_file(path, node, writes=False)
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
        for name in self._perhaps(path):
            self.read(name, node)

    def _perhaps(self, path: Value) -> list[str]:
        """Return the names of the files that an unknown path may be that of."""
        known = [name for name in self.names if name.startswith(FILES)]
        fitting = [name for name in known if name.endswith(f"{path.suffix}>")]
        return [*fitting, *self._unknown(path.suffix)]

    def _lose_files(self, path: Value, node: ast.AST) -> None:
        """Record that any of the files that an unknown path may be that of, or that may be in a folder, may be gone."""
        known = self.from_start(path) is not None
        for name in dict.fromkeys(self._unknown("") if known else self._perhaps(path)):
            self.read(name, node)
            self.touch(name, node, "it may remove this file")

    def use_any_file(self, node: ast.AST) -> None:
        """Record that a program runs, which may read and write any file."""
        self._use_unknown_file(IMMUTABLE, node, writes=False)
        self._use_unknown_file(IMMUTABLE, node, writes=True)
        self._lose_files(IMMUTABLE, node)

    def _unknown(self, suffix: str) -> Iterator[str]:
        """Yield the names of unknown files, as far as these may end in `suffix`."""
        return (name for name in self.names if may_be(name, suffix))

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

    # --- modules

    def import_by_name(self, name: str, node: ast.AST) -> None:
        """Record that a module is imported whose full name a text has."""
        self.read_module(name.partition(".")[0], node)
        self.run_module(name, node)

    def run_module(self, name: str, node: ast.AST) -> None:
        """Record what a local module, and the packages that it is in, do when they are imported.

        Generators are seeded by the first import alone.
        """
        parts = name.split(".")
        for module in (".".join(parts[:count]) for count in range(1, len(parts) + 1)):
            known = module in self.imported
            self.imported |= self.knowledge.inside.get(module, frozenset())
            for state in sorted(self.knowledge.sets.get(module, ())):
                if state not in GENERATOR_STATES:
                    self.set_option(state, node)
                elif not known:
                    self.define(state, IMMUTABLE, node)

    def read_module(self, name: str, node: ast.AST) -> None:
        """Read the file of a module that the notebook itself wrote."""
        for file in [
            known for known in self.names if known.endswith((f"/{name}.py>", f":{name}.py>"))
        ]:
            self.read(file, node)


def keys_of(keys: Key | tuple[Key, ...] | None) -> tuple[Key, ...]:
    """Return the positions and keywords of one argument of a call."""
    return keys if isinstance(keys, tuple) else () if keys is None else (keys,)


def _is_stream(site: Site) -> bool:
    return site.type == "file" or (site.type or "").startswith("io.")


def _paths(
    effect: CallEffect, receiver: Value | None, arguments: Arguments
) -> Iterable[tuple[Value, bool]]:
    for keys, writes in ((effect.reads_file, False), (effect.writes_file, True)):
        for key in keys_of(keys):
            path = receiver if key == _SELF else arguments.get(key)
            if path is not None:
                yield path, writes
