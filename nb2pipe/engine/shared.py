"""A store that several machines share, at a URL: results of steps by their keys, files by their content.

```text
URL/steps/<first two>/<key>              what a step's results are, see `Record`
URL/objects/<first two>/<digest>         artifacts, and what the step displayed
```
"""

import contextlib
import re
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nb2pipe.engine.index import Record, record_from_text, record_text
from nb2pipe.engine.store import is_whole


class SharedStore:
    """The store at a URL; without one, nothing is found and nothing kept.

    No method raises because of the store. The first problem is in `problem`, and ends its use: a run goes on
    without it.
    """

    def __init__(self, url: str | None) -> None:
        """Find out what reaches the `url`; any that fsspec knows, or a path."""
        self.problem: str | None = None
        self.name = re.sub(r"//[^/@]*@", "//", url or "")  # without a password
        self._url = url
        self._puts = ThreadPoolExecutor(1)
        self._place()

    @property
    def is_used(self) -> bool:
        """Whether there is a store that can be asked."""
        return bool(self._url) and self.problem is None

    def find(self, key: str) -> Record | None:
        """Return the results of the step with this key."""
        place = self._place()
        if place is not None:
            with self._trying(), contextlib.suppress(FileNotFoundError):
                text: bytes = place.files.cat_file(place.step(key))
                return record_from_text(text.decode(errors="replace"))
        return None

    def fetch(self, digest: str, path: Path) -> bool:
        """Write the content with this digest to `path`; return whether the store has it whole.

        Raises:
            OSError: `path` cannot be written.
        """
        place = self._place()
        if place is None:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        try:
            with self._trying(), contextlib.suppress(FileNotFoundError):
                place.files.get_file(place.object(digest), str(draft))
            if self.problem or not draft.exists():
                return False
            if not is_whole(draft, digest):
                # Who makes it anew puts it there again; who may only read cannot help it.
                with contextlib.suppress(Exception):
                    place.files.rm_file(place.object(digest))
                return False
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        return True

    def put(self, key: str, record: Record, objects: Mapping[str, Path], *, anew: bool) -> None:
        """Begin to take the results of a step in, with the files of its `objects` by their digests.

        `anew`: the step was run, so they are not there, or were of no use.
        """
        if self.is_used:
            self._puts.submit(self._put, key, record, objects, anew)

    def close(self, *, wait: bool = True) -> None:
        """End its use; `wait` for what is being put."""
        self._puts.shutdown(wait=wait, cancel_futures=not wait)

    def _put(self, key: str, record: Record, objects: Mapping[str, Path], anew: bool) -> None:  # noqa: FBT001
        place = self._place()
        if place is None:
            return
        with self._trying():
            if not anew and place.files.exists(place.step(key)):
                return
            for digest, path in objects.items():
                # One of another size is what is left of a try.
                if place.size(place.object(digest)) != path.stat().st_size:
                    place.write(path, place.object(digest))
            # Who finds this finds all of the above.
            with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
                file.write(record_text(record))
                file.flush()
                place.write(Path(file.name), place.step(key))

    def _place(self) -> "_Place | None":
        """Return the place for this thread; None if there is none that can be used."""
        if self._url and self.is_used:
            with self._trying():
                return _reach(self._url)
        return None

    @contextlib.contextmanager
    def _trying(self) -> Iterator[None]:
        """Note what goes wrong; each kind of store has exceptions of its own."""
        try:
            yield
        except Exception as error:  # noqa: BLE001 -- see above
            self.problem = self.problem or str(error) or type(error).__name__


@dataclass(frozen=True, slots=True)
class _Place:
    """The folder `root` of a file system of fsspec, for the thread that asked; `is_local` if it is of this machine."""

    files: Any
    root: str
    is_local: bool

    def step(self, key: str) -> str:
        return f"{self.root}/steps/{key[:2]}/{key}"

    def object(self, digest: str) -> str:
        return f"{self.root}/objects/{digest[:2]}/{digest}"

    def size(self, target: str) -> int | None:
        """Return the size of a file; None if it is not there."""
        with contextlib.suppress(FileNotFoundError):
            return int(self.files.size(target))
        return None

    def write(self, path: Path, target: str) -> None:
        """Write a file, and the folders above it where there are folders."""
        # Elsewhere nobody sees a file before it is whole.
        draft = f"{target}.{secrets.token_hex(4)}" if self.is_local else target
        self.files.put_file(str(path), draft)
        if self.is_local:
            Path(draft).replace(target)


def _reach(url: str) -> _Place:
    """Return the place that a URL names. fsspec keeps what it has made, for each thread apart.

    Raises:
        ImportError, ValueError: nothing here reaches such a URL; the message says what would.
    """
    try:
        # Most runs have no such store.
        from fsspec.core import url_to_fs  # noqa: PLC0415
        from fsspec.implementations.local import LocalFileSystem  # noqa: PLC0415
    except ImportError as error:
        raise ImportError("it needs fsspec: `pip install 'nb2pipe[store]'`") from error
    files, root = url_to_fs(url)
    is_local = isinstance(files, LocalFileSystem)
    return _Place(
        LocalFileSystem(auto_mkdir=True) if is_local else files, root.rstrip("/"), is_local
    )
