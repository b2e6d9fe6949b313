"""Open files: what the interpreter notes of each handle, and of who else uses its file."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from nb2pipe.analysis.arguments import Arguments
from nb2pipe.analysis.file_names import is_file
from nb2pipe.analysis.heap import Site, Sites, Value

# What may be asked of a handle that is opened again at its position: not what is in its buffer.
_SHOWN: Final = frozenset(
    {
        *("read", "readline", "readlines", "readinto", "write", "writelines", "seek", "tell", "truncate", "flush"),
        *("close", "closed", "readable", "writable", "seekable", "isatty", "name", "mode", "encoding", "errors"),
        *("line_buffering", "__enter__", "__exit__", "__iter__", "__next__"),
    }
)  # fmt: skip
# Encodings that remember nothing from one write to the next.
_ENCODINGS: Final = re.compile(r"utf|(us-?)?ascii|latin|iso-?_?8859|cp-?\d|windows", re.IGNORECASE)
_WRITING: Final = frozenset("wxa+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """How a call opens a file; `again`: nothing but the file, this and what the handle shows opens it again."""

    mode: str
    again: bool = False
    newline: str | None = None

    @property
    def reads(self) -> bool:
        """Whether the handle may read."""
        return "+" in self.mode or self.mode[:1] not in _WRITING

    @property
    def writes(self) -> bool:
        """Whether the handle may write."""
        return not _WRITING.isdisjoint(self.mode)


def plain_opening(arguments: Arguments) -> Opening:
    """Return how `open` opens a file with these arguments."""
    mode, encoding, newline = (
        arguments.get(place) or arguments.get(word) or Value(constant=default)
        for place, word, default in ((1, "mode", "r"), (3, "encoding", None), (5, "newline", None))
    )
    known = all(given.text is not None or given.constant is None for given in (encoding, newline))
    plain = encoding.text is None or _ENCODINGS.match(encoding.text)
    words = {word for word, _ in arguments.keywords}
    more = len(arguments.positional) > 6 or words & {"closefd", "opener", None}  # noqa: PLR2004
    # What reads and writes has more positions than it tells, for what is read ahead, but for plain bytes.
    several = mode.text is None or ("+" in mode.text and ("b" not in mode.text or "a" in mode.text))
    return Opening(
        mode=mode.text or "r+",
        again=bool(known and plain and not (more or several)),
        newline=newline.text,
    )


def library_opening(arguments: Arguments) -> Opening:
    """Return how a library's function opens a file with these arguments, the second of which is a mode."""
    mode = arguments.get(1) or arguments.get("mode") or Value(constant="r")
    plain = len(arguments.positional) <= 2 and {word for word, _ in arguments.keywords} <= {"mode"}  # noqa: PLR2004
    return Opening(mode=mode.text or "r+", again=plain and mode.text is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """An open file: its hidden variable, the statement that opens it and how.

    `single`: it is the only object of its site, and can be opened again.
    """

    file: str
    order: int
    opening: Opening
    single: bool


@dataclass(frozen=True, slots=True)
class FileUse:
    """A statement reads or writes a file; `through` is the handle, None where it is used by its path."""

    order: int
    file: str
    writes: bool
    through: Site | None = None


@dataclass(eq=False, slots=True)
class OpenFiles:
    """The handles that some code made, and those of them that may still be open.

    `spoiled` are those of which somebody may have more than can be made again, `closed_at` tells which
    statement closed the others.
    """

    handles: dict[Site, Handle] = field(default_factory=dict)
    opened: set[Site] = field(default_factory=set)
    spoiled: set[Site] = field(default_factory=set)
    closed_at: dict[Site, int] = field(default_factory=dict)
    uses: set[FileUse] = field(default_factory=set)

    def open(self, sites: Sites, handle: Handle) -> None:
        """Note that objects are open files."""
        self.handles.update(dict.fromkeys(sites, handle))
        self.opened |= sites

    def end_statement(self, order: int) -> None:
        """Note which files are closed since the statement began."""
        for site in self.handles.keys() - self.opened:
            self.closed_at.setdefault(site, order)

    def use(self, sites: Iterable[Site], order: int) -> None:
        """Note that a statement uses files through their handles."""
        for site in self.handles.keys() & set(sites):
            handle = self.handles[site]
            self.uses.add(FileUse(order, handle.file, handle.opening.writes, site))

    def use_path(self, name: str, order: int, *, writes: bool) -> None:
        """Note that a statement uses a hidden variable, which may be a file, by its path."""
        if is_file(name):
            self.uses.add(FileUse(order, name, writes))

    def ask(self, sites: Iterable[Site], attribute: str) -> None:
        """Note that an attribute of objects, which may be open files, is read."""
        for site in self.handles.keys() & set(sites):
            # A flush makes a handle that was iterated over tell a wrong position.
            flushes = attribute == "flush" and self.handles[site].opening.reads
            plain = site.type == "file" and (flushes or attribute not in _SHOWN)
            # Of an HDF5 file, that is another object each time.
            if plain or attribute == "file":
                self.spoiled.add(site)

    def spoil(self, sites: Iterable[Site]) -> None:
        """Note that somebody may keep open files, or ask them for more, than can be made again."""
        self.spoiled.update(s for s in self.handles.keys() & set(sites) if s.type == "file")

    def foreign_uses(self, site: Site) -> Iterator[FileUse]:
        """Yield who uses any file, other than through this handle, while it is open."""
        end = self.closed_at.get(site)
        for use in self.uses:
            while_open = self.handles[site].order < use.order and (end is None or use.order < end)
            if while_open and use.through is not site:
                yield use
