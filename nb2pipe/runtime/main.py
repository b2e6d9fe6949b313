"""The runtime's entry: `MANIFEST SOURCE… --ports FILE` or `… --executor_input JSON`."""

import atexit
import contextlib
import json
import os
import re
import sys
import threading
from typing import Any

from nb2pipe.runtime.capture import to_json
from nb2pipe.runtime.execute import prepare, run_program, start_loop
from nb2pipe.runtime.kubeflow import executor_output, kubeflow_ports
from nb2pipe.runtime.report import render_report
from nb2pipe.runtime.store import draft, note_start

UNWRITTEN = 74  # exit code of a step that cannot say what became of it; `EX_IOERR` in sysexits.h


def _flush() -> None:
    """Write what open files of the notebook have in their buffers, which would be lost."""
    for value in [*vars(sys.modules["__main__"]).values()]:
        with contextlib.suppress(Exception):
            if type(value).__module__ in {"_io", "h5py._hl.files"}:
                value.flush()


def _end() -> None:
    """Call what is to be called at exit, but do not wait for threads that the notebook left behind."""
    # The processes of a pool that was not told to end would be waited for.
    stops = [*getattr(threading, "_threading_atexits", ())]
    ending = threading.Thread(target=lambda: [stop() for stop in stops[::-1]], daemon=True)
    ending.start()
    ending.join(10)
    atexit._run_exitfuncs()  # noqa: SLF001 -- what `sys.exit` calls after it has waited for threads


def find_like_a_kernel() -> None:
    """Look for modules beside the notebook after Python's own, and before those that are installed."""
    sys.path[:] = filter(None, sys.path)
    folders = [os.path.basename(path) for path in sys.path]
    places = [folders.index(name) for name in ("site-packages", "dist-packages") if name in folders]
    sys.path.insert(min(places, default=0), "")


def main(arguments: list[str], ready: Any = None) -> int:
    """Run a step, and return what `os._exit` is to end the process with: 0 if it succeeded, else 1 or `UNWRITTEN`.

    `ready` is what `prepare` returned, if that and `start_loop` were called already.
    """
    *texts, option, value = arguments
    # `nb2pipe.bundle` armours them; an argument that goes on in the next one ends with the mark.
    texts = "\0".join(texts).replace("\u241b\0", "").split("\0")
    texts = [re.sub("\u241b(.+?);", lambda code: chr(int(code[1], 16)), text) for text in texts]
    manifest, *sources = json.loads(texts[0]), *texts[1:]
    ports = given = json.loads(open(value).read() if option == "--ports" else value)  # noqa: SIM115
    names = manifest.get("kubeflow")
    if option != "--ports":
        ports = kubeflow_ports(names, given)
    packed, sys.argv[1:] = sys.argv[1:2], []
    find_like_a_kernel()
    if not ready:
        ready = prepare()
        start_loop()
    note_start()

    def write(path: Any, content: Any) -> None:
        if path:
            text = content if isinstance(content, str) else json.dumps(content, default=to_json)
            with draft(path) as file:
                file.write(text.encode("utf-8", "replace"))

    def save(result: Any) -> None:
        write(ports.get("result"), result)

    try:
        with ready[0].listening():
            result = run_program(manifest, sources, ports, save, ready)
        save(result)
        write(ports.get("metrics"), result["metrics"])
        page = render_report(manifest, sources, json.dumps(result, default=to_json))
        write(ports.get("report"), page)
        write(ports.get("runtime"), "".join(packed))
        if ports is not given:
            write(given["outputs"]["outputFile"], executor_output(names, given, result))
    except OSError as problem:
        print(f"error[NB507]: the step's files cannot be written: {problem}", file=sys.stderr)
        return UNWRITTEN
    error = result["error"]
    if error:
        print("error[{code}]: {message}".format_map(error), file=sys.stderr)
    _flush()
    _end()
    return int(error is not None)
