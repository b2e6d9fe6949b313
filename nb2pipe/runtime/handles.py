"""Store open files: by their position, to be opened there again. Their content travels as that of all files.

Only steps that hand on open files, or get some, have this module, in their manifest.
"""

import csv
import functools
import gc
import hashlib
import importlib
import io
import os
import sys
from typing import Any, Optional

# `cwd` is where the step began; `paths` are the files on which handles may be stored, with the `newline` of
# the calls that open them.
SETTINGS: dict[str, Any] = {}
UNKNOWN = "it cannot be told how to open it again"
HDF5 = "File", "Group", "Dataset", "AttributeManager"
OPENED: dict[int, list[Any]] = {}  # what is stored of each HDF5 file
STREAMS = io.TextIOWrapper, io.FileIO, io.BufferedReader, io.BufferedWriter, io.BufferedRandom


def install(start: dict[str, Any], paths: dict[str, Any], reducers: list[Any], _ways: Any) -> None:
    """Add to `reducers` what stores open files."""
    SETTINGS.update(start=start, paths=paths)
    reducers.append(reduce_handle)


def reduce_handle(value: Any) -> Any:
    """Return how pickle is to store an open file, or what reads or writes CSV; NotImplemented for all else.

    Raises:
        TypeError, OSError: it cannot be opened again as it is.
    """
    kind = type(value)
    if kind in STREAMS:
        return rebuild_file, describe_stream(value, kind)
    if kind.__module__[:8] == "h5py._hl" and kind.__name__ in HDF5:
        return rebuild_hdf5, describe_hdf5(value, kind.__name__)
    if kind.__module__ == "_csv" and not getattr(value, "line_num", 0):
        dialect, stream = gc.get_referents(value)[:2]
        options = {name: getattr(dialect, name) for name in dir(dialect) if name[0] != "_"}
        make = csv.writer if hasattr(value, "writerow") else csv.reader
        # A writer has the method that writes.
        return functools.partial(make, **options), (getattr(stream, "__self__", stream),)
    return NotImplemented


def describe_stream(stream: Any, kind: Any) -> tuple[Any, ...]:
    """Return the arguments for `rebuild_file`.

    Raises:
        TypeError, OSError: it cannot be opened again as it is.
    """
    if stream.closed:
        path = os.path.relpath(stream.name, SETTINGS["start"]["cwd"])
    else:
        path = path_of(stream.fileno())
    if path not in SETTINGS["paths"]:
        raise TypeError(UNKNOWN)
    content = position = None
    if not stream.closed:
        # In this order: a flush would make it tell a wrong position after an iteration.
        position = place_in(stream, kind)
        stream.flush()
        content = digest_of(path)
    how: tuple[Any, ...] = stream.name, stream.mode, 0 if kind is io.FileIO else -1
    if kind is io.TextIOWrapper:
        buffering = 1 if stream.line_buffering else -1
        newline = SETTINGS["paths"][path]
        how = *how[:2], buffering, stream.encoding, stream.errors, newline
    return path, content, position, *how


def place_in(stream: Any, kind: Any) -> tuple[int, ...]:
    """Return the arguments of `seek` that bring a stream opened anew to where this one is.

    Raises:
        OSError: it cannot tell, within an iteration.
    """
    position = stream.tell()
    ends = kind is io.TextIOWrapper and stream.readable() and position
    if not ends or position != os.fstat(stream.fileno()).st_size:
        return (position,)
    # Whoever went to the end without reading has a decoder that knows no byte order yet; reading tells.
    stream.read(1)
    place = (position,) if stream.tell() == position else (0, 2)
    stream.seek(*place)
    return place


def rebuild_file(path: str, content: Optional[str], position: Any, *how: Any) -> Any:
    """Open a file that has this `content`, by its digest, at a position; without one, make a closed handle.

    Raises:
        ValueError, OSError: the file is not as it was.
    """
    if content:
        check_content(path, content)
    place = place_of(path) if content else os.devnull
    flags = os.O_TRUNC | os.O_EXCL
    stream: Any = open(*how, opener=lambda _, given: os.open(place, given & ~flags))  # type: ignore[call-overload] # noqa: SIM115
    if content:
        stream.seek(*position)
    else:
        stream.close()
    return stream


def describe_hdf5(value: Any, kind: str) -> tuple[Any, ...]:
    """Return the arguments for `rebuild_hdf5`: a list for the file, the same for all its parts, and the part.

    Raises:
        TypeError: its file, or a part of it, cannot be opened again as it is.
    """
    h5i, identity = sys.modules["h5py.h5i"], value._id  # noqa: SLF001 -- attributes have no other
    if not identity:
        if kind == "File":
            return [], ""
        raise TypeError("its file is closed")
    file = sys.modules["h5py"].File(h5i.get_file_id(identity))
    name = h5i.get_name(identity)
    if not name:
        raise TypeError(UNKNOWN)
    if file.mode != "r":
        file.flush()
    path = path_of(file.id.get_vfd_handle())
    opened = OPENED.setdefault(file.id.id, [])
    opened[:] = path, digest_of(path), file.filename, file.mode
    return opened, "" if kind == "File" else name.decode(), kind == HDF5[-1]


def rebuild_hdf5(opened: list[Any], name: str, of_attributes: bool = False) -> Any:  # noqa: FBT001, FBT002
    """Return an HDF5 file, or a part of it; the first call opens it and adds it to `opened`.

    Raises:
        ValueError, OSError: the file is not as it was.
    """
    make = importlib.import_module("h5py").File
    if not opened:
        file = make("closed", "w", driver="core", backing_store=False)
        file.close()
        return file
    path, content, given, mode = opened[:4]
    if opened[4:] == []:
        check_content(path, content)
        if not os.path.samefile(given, place_of(path)):
            raise ValueError(UNKNOWN)
        opened.append(make(given, mode))
    part = opened[4][name] if name else opened[4]
    return part.attrs if of_attributes else part


def path_of(number: int) -> str:
    """Return the path of the file that is open under a descriptor.

    Raises:
        TypeError: no handles are expected on it.
    """
    opened = os.fstat(number)
    for path in SETTINGS["paths"]:
        place = place_of(path)
        if os.path.exists(place) and os.path.samestat(opened, os.stat(place)):
            return path  # type: ignore[no-any-return]
    raise TypeError(UNKNOWN)


def place_of(path: str) -> str:
    """Return where a file is, whatever the working directory is now."""
    return os.path.join(SETTINGS["start"]["cwd"], path)


def digest_of(path: str) -> str:
    """Return the digest of a file's content."""
    digest = hashlib.blake2b(digest_size=16)
    with open(place_of(path), "rb") as file:
        for part in iter(lambda: file.read(1 << 20), b""):
            digest.update(part)
    return digest.hexdigest()


def check_content(path: str, content: str) -> None:
    """Compare a file with the digest that it had.

    Raises:
        ValueError: it has another one.
    """
    if digest_of(path) != content:
        raise ValueError(f"`{path}` is not as it was when it was open")
