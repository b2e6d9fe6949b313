"""The hidden variables that stand for files: `<file:PATH>`, and `<files:.csv>` where no more is known."""

import posixpath
from collections.abc import Iterable
from typing import Final

FILES: Final = "<file:"
UNKNOWN_FILES: Final = "<files"


def file_name(path: str) -> str:
    """Return the hidden variable that stands for the file at `path`, however that is spelt."""
    return f"{FILES}{path if '://' in path else posixpath.normpath(path)}>"


def unknown_files(suffix: str = "") -> str:
    """Return the hidden variable that stands for files of which no more than the `suffix` is known."""
    return f"{UNKNOWN_FILES}{suffix and ':'}{suffix}>"


def path_of(name: str) -> str:
    """Return the path of the file that a hidden variable stands for."""
    return name.removeprefix(FILES).removesuffix(">")


def is_file(name: str) -> bool:
    """Whether a hidden variable stands for a file, or for some."""
    return name.startswith((FILES, UNKNOWN_FILES))


def is_carried(name: str) -> bool:
    """Whether a file is known, and travels with the working directory."""
    return name.startswith(FILES) and not path_of(name).startswith(("/", "~")) and "://" not in name


def is_inside(known: str, name: str) -> bool:
    """Whether the file `known` is in the folder `name`."""
    if not (known.startswith(FILES) and name.startswith(FILES)) or known == name:
        return False
    inner, outer = path_of(known), path_of(name)
    return inner.startswith(f"{outer}/") or (outer == "." and not inner.startswith(("/", "..")))


def may_be(name: str, suffix: str) -> bool:
    """Whether unknown files of this name may end in `suffix`; without one, be in a folder."""
    if name.startswith(FILES) or not name.startswith(UNKNOWN_FILES):
        return False
    ending = name.removeprefix(UNKNOWN_FILES).strip(":>")
    return not ending or not suffix or ending == suffix


def may_write(written: Iterable[str], name: str) -> bool:
    """Whether code that writes the names `written` may write `name`, also as one of unknown files."""
    if not name.startswith(FILES):
        return name in written
    return any(
        other == name
        or is_inside(other, name)
        or is_inside(name, other)
        or may_be(other, posixpath.splitext(name[:-1])[1])
        for other in written
    )
