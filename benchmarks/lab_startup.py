"""What the extension costs when JupyterLab starts: with and without it, in turn, in a real browser.

See README.md in this folder. Each start is a page with an empty cache, on a notebook that is open.
"""

import argparse
import gzip
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright
from section import write_section

_ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(_ROOT))

from tests.browser.server import (  # noqa: E402
    BUILT,
    CHROMIUM_OPTIONS,
    TOKEN,
    find_chromium,
    jupyterlab,
)
from tests.conftest import notebook_document  # noqa: E402

_RESULTS = Path(__file__).parent / "results" / "lab_startup.json"
_PAGE = _ROOT / "docs" / "performance.md"
_CELLS = 50
_PATIENCE = 120_000  # milliseconds
# The page notes itself when it is there: whoever asks from outside would ask late.
_NOTE_RESTORED = """
let app;
Object.defineProperty(window, 'jupyterapp', {
  get: () => app,
  set: value => {
    app = value;
    void app.restored.then(() => { window.restoredAt = performance.now(); });
  }
});
"""
_TOLD = """() => ({
  restored: window.restoredAt,
  activated: performance.getEntriesByName('nb2pipe:activate').map(entry => entry.duration)[0] ?? null,
  files: performance.getEntriesByType('resource').filter(entry => entry.name.includes('/extensions/nb2pipe/')).length
})"""


def main() -> int:
    """Measure, print, and keep what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--python", default=sys.executable, help="the Python that has JupyterLab")
    parser.add_argument("--keep", action="store_true", help="write the results and the page")
    given = parser.parse_args()
    document = _measure(given.python, given.runs)
    print(to_markdown(document))
    if given.keep:
        _RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        write_section(_PAGE, Path(__file__).name, to_markdown(document))
    return 0


def to_markdown(document: Mapping[str, Any]) -> str:
    """Return the figures as a table, and what they are of."""
    without, extended = document["without"], document["with"]
    begins, ends = statistics.median(without), statistics.median(extended)
    activated = document["activated"]
    lines = [
        "| | without | with | difference |",
        "| --- | --: | --: | --: |",
        f"| until JupyterLab is there, median | {begins:.0f} ms | {ends:.0f} ms | {ends - begins:+.0f} ms |",
        f"| the shortest | {min(without):.0f} ms | {min(extended):.0f} ms | {min(extended) - min(without):+.0f} ms |",
        f"| the longest | {max(without):.0f} ms | {max(extended):.0f} ms | {max(extended) - max(without):+.0f} ms |",
        f"| of that, activation of the extension, median | - | {statistics.median(activated):.1f} ms | |",
        f"| files of the extension that are loaded | {document['files'][0]} | {document['files'][1]} | |",
        "",
        (
            f"{len(extended)} starts each, JupyterLab {document['jupyterlab']}, {document['cores']} cores, load"
            f" {document['load'][0]} to {document['load'][1]}. All files of the extension have"
            f" {document['bytes'] / 1024:.0f} KiB, {document['compressed'] / 1024:.0f} KiB compressed."
        ),
    ]
    return "\n".join(lines)


def _measure(python: str, runs: int) -> dict[str, Any]:
    load = os.getloadavg()[0]
    found: dict[bool, list[dict[str, Any]]] = {False: [], True: []}
    with ExitStack() as stack:
        addresses = {
            extended: _serve(stack, python, is_extended=extended) for extended in (False, True)
        }
        browser = stack.enter_context(sync_playwright()).chromium.launch(
            executable_path=find_chromium(), args=CHROMIUM_OPTIONS
        )
        stack.callback(browser.close)
        for run in range(runs + 1):
            # One does not always follow the other; the first of each warms up.
            for extended in (False, True) if run % 2 else (True, False):
                told, version = _start(browser, addresses[extended])
                if run:
                    found[extended].append(told)
    sizes = [path.read_bytes() for path in _files()]
    return {
        "without": [item["restored"] for item in found[False]],
        "with": [item["restored"] for item in found[True]],
        "activated": [item["activated"] for item in found[True]],
        "files": [found[False][-1]["files"], found[True][-1]["files"]],
        "bytes": sum(map(len, sizes)),
        "compressed": sum(len(gzip.compress(content)) for content in sizes),
        "jupyterlab": version,
        "cores": os.cpu_count(),
        "load": [round(load, 1), round(os.getloadavg()[0], 1)],
    }


def _serve(stack: ExitStack, python: str, *, is_extended: bool) -> str:
    home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="nb2pipe-")))
    address, root = stack.enter_context(jupyterlab(home, python, is_extended=is_extended))
    cells = [(f"v{n} = {n}", f"step:s{n // 5}") for n in range(_CELLS)]
    (root / "start.ipynb").write_text(json.dumps(notebook_document(*cells)))
    return address


def _start(browser: Browser, address: str) -> tuple[dict[str, Any], str]:
    """Return what a page says of its start, and the version of JupyterLab."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    context.set_default_timeout(_PATIENCE)
    context.add_init_script(_NOTE_RESTORED)
    page = context.new_page()
    page.goto(f"{address}/lab/tree/start.ipynb?reset&token={TOKEN}")
    page.wait_for_function("window.restoredAt")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    told = page.evaluate(_TOLD)
    version = page.evaluate("window.jupyterapp.version")
    context.close()
    return told, version


def _files() -> Iterator[Path]:
    return (path for path in BUILT.rglob("*") if path.is_file())


if __name__ == "__main__":
    sys.exit(main())
