"""The file of an artifact, and the variables, generator states or files that it holds."""

import contextlib
import hashlib
import importlib
import importlib.util
import io
import json
import mmap
import os
import pickle
import sys
import tarfile
import tempfile
import threading
import time
from types import ModuleType
from typing import Any, Collection, Iterator

from nb2pipe.runtime.libraries import WAYS
from nb2pipe.runtime.pickling import LATER, REDUCERS, Definition, Loader, blame, dump_values
from nb2pipe.runtime.sets import LOST

MAGIC = "nb2pipe artifact 1 %s\n", "nb2pipe artifact 2 %s\n"  # by what the digest is
LARGE = 1 << 24  # bytes of a file whose digest is compared in the background
UNSETTLED: list[Any] = []  # what `compare_digest` needs, of files that are still being compared

# How the step began, and for each name of hidden state: a module, what gets and what sets it there.
START: dict[str, Any] = {}
STATES: dict[str, Any] = {}


def note_start() -> None:
    """Note how things are now, when a step begins."""
    START.update(
        environ={**os.environ},
        path=[*sys.path],
        cwd=os.getcwd(),
        time=time.time() - 0.1,  # file systems count in ticks
    )


class StepError(Exception):
    """Ends a step; the arguments are the result's error: code, message, number, line and text."""


def unstorable(path: str, message: str, made: dict[str, Any], hint: str = "") -> StepError:
    """Return the error for what stands at `path` below a variable; `made` tells where each got its value."""
    name = path.partition(".")[0]
    number, line = made.get(name, (None, None))
    hint = hint or f"make and use `{name}` in one step, or hand on what it can be made from"
    return StepError("NB504", message, number, line, "", hint)


def write_artifact(
    path: str,
    values: dict[str, Any],
    made: dict[str, Any],
    ordered: Collection[str] = (),
    fast: Any = None,
) -> dict[str, Any]:
    """Store `values` at `path`, whole or not at all, and return what the file holds.

    `ordered`: names with sets that are walked later. `fast`: all who read it have the fast digest, which
    is used if this Python has it, too.

    Raises:
        StepError: NB504, a value cannot be stored.
    """
    try:
        parts = dump_values(values, {} if ordered else None)
    except Exception as error:
        path, value = blame(values)
        kind = str(type(value))[8:-2]
        raise unstorable(
            path, f"`{path}` of type `{kind}` cannot be stored: {error}", made
        ) from error
    for name in ordered if LOST else ():
        LOST.clear()
        dump_values({name: values.get(name)}, {})
        if LOST:
            message = f"`{name}` has a set that later cells would walk in another order than here"
            hint = "walk `sorted(…)` of it, or make and walk it in one step"
            raise unstorable(name, message, made, hint)
    about: dict[str, Any] = {
        "names": [*values],
        "type": ", ".join(str(type(value))[8:-2] for value in values.values()),
        "sizes": [*map(len, parts)],
    }
    head = json.dumps(about) + "\n"
    # The first line has 52 characters; each part begins at a multiple of 64.
    body: list[Any] = [head.rjust(len(head) + (-52 - len(head) & 63)).encode()]
    for part in parts:
        body += part, bytes(-len(part) & 63)
    fast = fast and importlib.util.find_spec("xxhash")
    digest = hasher(fast)
    with draft(path) as file:
        file.write(bytes(52))
        for part in body:
            while part:
                # Little enough to be still in the processor's cache when it is written.
                digest.update(part[: 1 << 22])
                file.write(part[: 1 << 22])
                part = part[1 << 22 :]  # noqa: PLW2901 -- what is left of it
        about["bytes"] = file.tell()
        file.seek(0)
        file.write((MAGIC[bool(fast)] % digest.hexdigest()).encode())
    about["digest"] = digest.hexdigest()
    return about


def read_artifact(path: str) -> Any:
    """Return the values that `write_artifact` stored; large ones are mapped, not read.

    The digest of a large file is compared in the background; `settle` tells when it is wrong.

    Raises:
        Exception: the file is not whole, or a value needs something that is not here.
    """
    with open(path, "rb") as file:
        first = file.readline().decode("latin-1")
    content = map_file(path)[len(first) :]
    magic = MAGIC[first[:18] == MAGIC[1][:18]]
    digest = hasher(magic is MAGIC[1])
    if len(content) < LARGE:
        digest.update(content)
        compare_digest(int, digest, magic, first, path)
    else:
        # Hashing a large buffer leaves the interpreter to others.
        thread = threading.Thread(target=digest.update, args=[content])
        thread.start()
        UNSETTLED.append((thread.join, digest, magic, first, path))
    parts = artifact_parts(path)
    return Loader(parts).load()


def settle() -> None:
    """Wait until all that was read is compared with its digests.

    Raises:
        ValueError: a file is damaged.
    """
    while UNSETTLED:
        compare_digest(*UNSETTLED.pop())


def compare_digest(wait: Any, digest: Any, magic: str, first: str, path: str) -> None:
    """Compare a digest with a file's `first` line, when `wait` says that it is computed.

    Raises:
        ValueError: the file is damaged.
    """
    wait()
    if magic % digest.hexdigest() != first:
        raise ValueError(f"`{os.path.basename(path)}` is damaged")


def hasher(fast: Any) -> Any:
    """Return what computes a digest of 128 bits: XXH3 if it is wanted, else BLAKE2b."""
    if fast:
        return importlib.import_module("xxhash").xxh3_128()
    return hashlib.blake2b(digest_size=16)


def map_file(path: str) -> memoryview:
    """Return a file's content, mapped: whoever writes to it changes a copy."""
    with open(path, "rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY))


def artifact_parts(path: str) -> list[Any]:
    """Return the stream and the buffers that an artifact's file holds, mapped anew."""
    content = map_file(path)
    parts = []
    with open(path, "rb") as file:
        file.readline()
        for size in json.loads(file.readline())["sizes"]:
            parts.append(content[file.tell() :][:size])
            file.seek(size + (-size & 63), 1)
    return parts


@contextlib.contextmanager
def draft(path: str) -> Iterator[Any]:
    """Let a file be written under another name first, so that nobody meets half of it."""
    _parent(path)
    try:
        with open(path + "~", "wb") as file:
            yield file
        os.replace(path + "~", path)
    except OSError:
        with contextlib.suppress(OSError):
            os.remove(path + "~")  # the disk may be full of it
        raise


def _parent(path: str) -> str:
    parent = os.path.dirname(os.path.abspath(path))
    os.makedirs(parent, exist_ok=True)
    return parent


def use_manifest(manifest: dict[str, Any]) -> None:
    """Take over what a manifest says of hidden state, and its modules."""
    STATES.update(manifest.get("states", {}))
    START["later"] = LATER
    for name, (settings, code) in manifest.get("modules", {}).items():
        # Artifacts name it.
        module = sys.modules[name] = ModuleType(name)
        with contextlib.suppress(ImportError):  # nor has the notebook what it is for
            exec(code, vars(module))
            module.install(START, settings, REDUCERS, WAYS)


# --- the kinds of artifacts: from the process to a value, and back


def collect(kind: str, name: str, scope: dict[str, Any]) -> Any:
    """Return what an artifact of `kind` holds for `name`.

    Raises:
        LookupError, OSError: it does not exist.
    """
    if kind == "state":
        return _evaluate(name, 1)
    if kind == "files":
        archive = io.BytesIO()
        path = os.path.join(START["cwd"], name)
        with tarfile.open(fileobj=archive, mode="w") as tar:
            if os.path.lexists(path):  # that it is gone travels, too
                tar.add(path, "it")
        return pickle.PickleBuffer(archive.getvalue())
    return scope[name]


def restore(kind: str, name: str, value: Any, scope: dict[str, Any]) -> None:
    """Put a value that `collect` found back to where it was."""
    if kind == "state":
        _evaluate(name, 2, value)
    elif kind == "files":
        name = os.path.join(START["cwd"], name)
        it = value[0]  # an archive of nothing begins with a zero
        with tempfile.TemporaryDirectory(dir=_parent(name) if it else START["cwd"]) as folder:
            tarfile.open(fileobj=io.BytesIO(value)).extractall(folder)  # noqa: S202, SIM115
            if os.path.isdir(name) or (not it and os.path.lexists(name)):
                os.replace(name, folder + "/old")
            if it:
                os.replace(folder + "/it", name)
    elif isinstance(value, Definition):
        value.restore(scope[name])
    else:
        scope[name] = value


def _evaluate(name: str, part: int, value: Any = None) -> Any:
    code = STATES[name]
    scope = vars(importlib.import_module(code[0]))
    return eval(code[part], {**scope, "value": value, "start": START})  # noqa: S307 -- the manifest's
