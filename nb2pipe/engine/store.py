"""The store of artifacts, by content: `.nb2pipe/store/objects/<first two>/<digest>`.

Run folders hold their files as hard links to these objects, so that equal content is there once, and
the number of links tells whether a run still needs it.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# What a file system says that has no links, not between these places, or not one more of this file.
_NO_LINK: Final = frozenset(
    {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK}
)

_FIRST_LINE: Final = 64  # bytes; that of an artifact is shorter


@dataclass(frozen=True, slots=True)
class Store:
    """The store in the folder `root`."""

    root: Path

    def object(self, digest: str) -> Path:
        """Return where the content with this digest is, if it is there."""
        return self.root / "objects" / digest[:2] / digest

    def adopt(self, path: Path, digest: str) -> None:
        """Take the file at `path` in; if its content is there already, `path` becomes a link to that.

        Raises:
            OSError: it cannot be written.
        """
        known = self.object(digest)
        with contextlib.suppress(FileNotFoundError):
            # After a power failure a file may be there without its content.
            if known.stat().st_size == path.stat().st_size:
                _replace_by_link(known, path)
                return
        known.parent.mkdir(parents=True, exist_ok=True)
        _replace_by_link(path, known)

    def place(self, digest: str, path: Path) -> bool:
        """Let `path` be the content with this digest; return whether the store has it.

        Raises:
            OSError: it cannot be written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            _replace_by_link(self.object(digest), path)
        except FileNotFoundError:  # somebody may be cleaning at this moment
            return False
        return True

    def forget(self, digest: str) -> None:
        """Remove content that turned out to be damaged."""
        with contextlib.suppress(OSError):
            self.object(digest).unlink()


def digest_of(path: Path) -> str:
    """Return the digest of a file's content (BLAKE2b, 128 bits, as hexadecimal digits).

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()


def is_whole(path: Path, digest: str) -> bool:
    """Whether a file has the content with this digest: that of an artifact, or of all its bytes.

    Raises:
        OSError: it cannot be read.
    """
    from nb2pipe.runtime.store import MAGIC, hasher  # noqa: PLC0415 -- only what is fetched needs it

    with path.open("rb") as file:
        first = file.readline(_FIRST_LINE)
        for fast, magic in enumerate(MAGIC):
            if first == (magic % digest).encode():
                found = hashlib.file_digest(file, lambda: hasher(fast))  # noqa: B023 -- at once
                return found.hexdigest() == digest
    return digest_of(path) == digest


def _replace_by_link(source: Path, path: Path) -> None:
    """Let `path` be the file `source`, or a copy of it where there can be no link, whole or not at all."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        try:
            os.link(source, draft)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise
            shutil.copyfile(source, draft)
        draft.replace(path)
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()
