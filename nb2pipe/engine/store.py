"""The store of artifacts, by content: `.nb2pipe/store/objects/<first two>/<digest>`.

Run folders hold their files as hard links to these objects, so that equal content is there once, and
the number of links tells whether a run still needs it.
"""

import contextlib
import hashlib
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path


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
        if known.exists():
            _replace_by_link(known, path)
            return
        known.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):  # another run was faster
            _link(path, known)

    def place(self, digest: str, path: Path) -> bool:
        """Let `path` be the content with this digest; return whether the store has it.

        Raises:
            OSError: it cannot be written.
        """
        known = self.object(digest)
        if not known.exists():
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace_by_link(known, path)
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


def _replace_by_link(known: Path, path: Path) -> None:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    _link(known, draft)
    draft.replace(path)


def _link(source: Path, target: Path) -> None:
    """Link a file, or copy it where the file system has no links."""
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except OSError:
        shutil.copyfile(source, target)
