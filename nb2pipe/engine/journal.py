"""The program that keeps a journal in a step's process, of how files were before it changes them.

It runs in the step's own Python with nothing but the standard library, before the runtime does. An audit hook
hears what Python is about to open for writing, make, rename or remove. Each such path is noted once, in a line
`[path, state]`: the state is `new`, `lost`, or the name of a copy beside the journal. Paths are relative to
where the step begins.
"""

import contextlib
import json
import os
import shutil
import sys
from typing import Any


def keep_journal(folder: str, most: int) -> None:
    """Begin a journal in a folder, which has an empty one; files of at most so many bytes are copied.

    Raises:
        OSError: the journal cannot be opened.
    """
    journal = open(folder + "/journal", "ab", 0)  # noqa: SIM115 -- it ends with the process
    begin = os.getcwd()
    kept: set[str] = set()

    def keep(path: Any) -> None:
        full = os.path.realpath(os.fsdecode(path)) if isinstance(path, (str, bytes)) else ""
        if not full or full in kept or "/.nb2pipe/" in full:
            return
        kept.add(full)
        state = "lost" if os.path.lexists(full) else "new"
        with contextlib.suppress(OSError):
            if os.path.isfile(full) and os.path.getsize(full) <= most:
                name = os.urandom(8).hex()
                # The runtime hears of this, too; that the file is opened for writing it will hear anyway.
                with open(full, "rb+") as old, open(f"{folder}/{name}", "wb") as new:
                    shutil.copyfileobj(old, new)
                shutil.copystat(full, new.name)
                state = name
        journal.write(json.dumps([os.path.relpath(full, begin), state]).encode() + b"\n")

    def hear(event: str, arguments: Any) -> None:
        if event == "open":
            if arguments[2] & (os.O_WRONLY | os.O_RDWR):
                keep(arguments[0])
        elif event == "os.rename":
            keep(arguments[0])
            keep(arguments[1])
        elif event in {"os.remove", "os.rmdir"} or (
            event == "os.mkdir" and not os.path.lexists(arguments[0])
        ):
            keep(arguments[0])

    sys.addaudithook(hear)
