"""Compare what cells displayed, without what differs between any two runs of a notebook."""

import copy
import json
import re
import tempfile
from collections.abc import Iterable, Mapping
from typing import Any

# Where a pattern begins with any text, a look behind has it tried at one place only: the code of a library for
# plots is one line of megabytes.
_VOLATILE = (
    # Memory addresses.
    (re.compile(r"0x[0-9a-fA-F]{6,}"), "0x…"),
    # What `%time` and `%timeit` measure.
    (re.compile(r"(CPU times|Wall time): .*"), r"\1: …"),
    (re.compile(r"^.* per loop \(mean ± .*", re.MULTILINE), "… per loop"),
    # When a summary of statsmodels was printed, as text, HTML and LaTeX.
    (re.compile(r"Date: +\w{3}, \d\d \w{3} \d{4}|Time: +\d\d:\d\d:\d\d"), "…"),
    (re.compile(r"<th>(Date|Time):</th> *<td>[^<]*"), r"\1: …"),
    (re.compile(r"\\textbf\{(Date|Time):\} *& *[^&]*"), r"\1: …"),
    # The file of a cell, in a warning, or at the end of a line.
    (re.compile(r"(?<!\S)\S*/ipykernel_\d+/\d+\.py(?=:\d+: |$)", re.MULTILINE), "cell.py"),
    (
        re.compile(
            r"((?<=File: )|^)((?!File: ).)*\.ipynb cell \d+( from line \d+)?(?=:\d+: |$)",
            re.MULTILINE,
        ),
        "cell.py",
    ),
    # The same by its name alone, among other words.
    (
        re.compile(
            r"\b\d{6,10}\.py(?=:\d)|(?<![^\s,(])[^\s,(]+\.ipynb cell \d+( from line \d+)?(?=:\d)"
        ),
        "cell.py",
    ),
    # The same in a traceback that the notebook printed itself.
    (
        re.compile(r'File "[^"\n]*(\.ipynb cell \d+( from line \d+)?|/ipykernel_\d+/\d+\.py)"'),
        'File "cell.py"',
    ),
    # The same as a value.
    (re.compile(r"(['\"])[^'\"\n]*\.ipynb cell \d+(?: from line \d+)?\1"), r"\1…\1"),
    # A slow fit of iminuit says how long it took.
    (re.compile(r"time = \d+(\.\d+)? sec"), lambda match: " " * len(match[0])),
    # A process of matplotlib says once which font it does not find.
    (re.compile(r"^findfont: .*\n?", re.MULTILINE), ""),
    # Where packages are installed.
    (re.compile(r"(?<!\S)\S*/site-packages/"), "site-packages/"),
    # pandas counts tables in it that only those who looked something up have made.
    (re.compile(r"memory usage: [\d.]+\+? (bytes|[KMGT]B)"), "memory usage: …"),
    # networkx counts which of its functions were called, each for the first time.
    (re.compile(r"argmap'> compilation \d+"), "argmap'> compilation …"),
    # Counters and random parts of HTML ids.
    (re.compile(r"sk-(container|estimator)-id-\d+"), r"sk-\1-id-…"),
    (re.compile(r"\bT_[0-9a-f]{5}"), "T_…"),
    # Progress bars: only the last state counts, and not how fast it came.
    (re.compile(r"(?<![^\r\n])[^\r\n]*\r(?!\n)"), ""),
    (re.compile(r"(\d+%)?\|[^|\n]*\| *\d+/[^\n]*"), "… progress"),
    (re.compile(r"\d+(it)? \[\d\d:\d\d[^\]\n]*\]"), "… progress"),
    # How long something took so far, and will take.
    (
        re.compile(r"(?i)\b(elapsed|eta|remaining):? +(\d+(:\d\d)+|\d+(\.\d+)? ?(s|min|h)\b)"),
        r"\1 …",
    ),
    # Every run has a temporary folder of its own.
    (re.compile(re.escape(tempfile.gettempdir()) + r"/[^\s'\"]+"), "…"),
    # Colours of tracebacks.
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
)


def compare_outputs(whole: Mapping[str, Any], cells: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return where the cells of a pipeline differ from the whole notebook, one line each.

    Args:
        whole: the executed notebook.
        cells: executed cells, each with its `cell` (the position among code cells) and `outputs`.
    """
    code = [cell for cell in whole["cells"] if cell["cell_type"] == "code"]
    differences = []
    for cell in cells:
        expected = normalise(code[cell["cell"]]["outputs"])
        actual = normalise(cell["outputs"])
        if expected != actual:
            where = f"code cell {cell['cell']}:"
            sides = f"\n  notebook: {_short(expected)}\n  pipeline: {_short(actual)}"
            differences.append(where + sides)
    return differences


def normalise(outputs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return outputs without what differs between two runs of the same notebook."""
    normal: list[dict[str, Any]] = []
    streams: dict[str, dict[str, Any]] = {}
    for output in outputs:
        plain = _join_lines(copy.deepcopy(dict(output)))
        if plain["output_type"] != "stream":
            streams = {}
        elif plain["name"] in streams:
            # A kernel sends the two streams apart: how they were interleaved is lost in it.
            streams[plain["name"]]["text"] += plain["text"]
            continue
        else:
            streams[plain["name"]] = plain
        normal.append(plain)
    return sorted_streams([_without_volatile(output) for output in normal])


def sorted_streams(outputs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return outputs with standard error always behind standard output."""
    ordered = list(outputs)
    for at in range(len(ordered) - 1):
        if [output.get("name") for output in ordered[at : at + 2]] == ["stderr", "stdout"]:
            ordered[at : at + 2] = ordered[at + 1], ordered[at]
    return ordered


def _join_lines(output: dict[str, Any]) -> dict[str, Any]:
    """Text in a file is a list of lines, and JSON is not."""
    output.pop("transient", None)
    if output["output_type"] == "error":
        # What was raised counts, not the frames of whoever ran the cell.
        output.pop("traceback", None)
    if isinstance(output.get("text"), list):
        output["text"] = "".join(output["text"])
    for kind, content in output.get("data", {}).items():
        if isinstance(content, list) and not kind.endswith("json"):
            output["data"][kind] = "".join(content)
    # Each widget has a random number.
    output.get("data", {}).get("application/vnd.jupyter.widget-view+json", {}).pop("model_id", None)
    for kind in [kind for kind in output.get("data", {}) if kind.startswith("image/")]:
        output["data"][kind] = "".join(str(output["data"][kind]).split())
    return output


def _without_volatile(value: Any) -> Any:
    match value:
        case str():
            for pattern, replacement in _VOLATILE:
                value = pattern.sub(replacement, value)
            return value
        case dict():
            return {
                key: item if key.startswith("image/") else _without_volatile(item)
                for key, item in value.items()
            }
        case list():
            return [_without_volatile(item) for item in value]
        case _:
            return value


def _short(outputs: list[dict[str, Any]], longest: int = 600) -> str:
    text = json.dumps(outputs, ensure_ascii=False)
    return text if len(text) <= longest else text[:longest] + "…"
