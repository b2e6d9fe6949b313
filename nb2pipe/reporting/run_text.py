"""A run, or one of its steps, as text for the terminal."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from nb2pipe.reporting.output_texts import output_text, without_escapes
from nb2pipe.reporting.quantities import duration_text, size_text, time_text
from nb2pipe.reporting.run_tables import reason_text, steps_text
from nb2pipe.reporting.text import Style, printable

Document = Mapping[str, Any]

_SHOWN = 40  # lines of an output


def run_heading(run: Document, style: Style) -> str:
    """Return what was run, how it ended and where its files are."""
    rows = [
        ("notebook", run["notebook"] or ""),
        ("parameters", parameters_text(run)),
        ("started", time_text(run["started"])),
        ("duration", duration_text(run["seconds"])),
        ("steps", steps_text(run)),
        ("git", git_text(run)),
        ("python", run["python"] or ""),
        ("folder", f"{run['folder']} ({size_text(run['bytes'])})"),
    ]
    return "\n".join([_title(run["id"], run["status"], style), *_rows(rows, style)])


def step_heading(step: Document, style: Style) -> str:
    """Return how a step ended and what it took."""
    rows = [
        ("time", duration_text(step["seconds"])),
        ("peak memory", size_text(step["peak"])),
        ("reason", reason_text(step)),
        *((f"try {n} failed", try_text(item)) for n, item in enumerate(step["tries"], 1)),
        ("metrics", ", ".join(f"{name}={value}" for name, value in step["metrics"].items())),
    ]
    return "\n".join([_title(f"step {step['name']}", step["status"], style), *_rows(rows, style)])


def try_text(item: Document) -> str:
    """Return how a try of a step failed."""
    return f"{item['message']} ({duration_text(item['seconds'])})"


def cells_text(step: Document, style: Style) -> str:
    """Return the cells of a step, each with what it displayed."""
    return "\n\n".join("\n".join(_cell(cell, style)) for cell in step["cells"])


def error_text(step: Document, style: Style) -> str:
    """Return why a step failed; empty when it did not."""
    error = step["error"]
    if not error:
        return ""
    shown = style(f"error[{error['code']}]", "error") + f": {printable(error['message'])}"
    return shown + (f"\n  = help: {printable(error['hint'])}" if error["hint"] else "")


def log_text(step: Document, style: Style) -> str:
    """Return the end of a step's log; empty when there is none."""
    if not step["log_tail"]:
        return ""
    lines = "\n".join(
        f"  {line}" for line in without_escapes("\n".join(step["log_tail"])).split("\n")
    )
    return style(f"the last lines of {printable(step['log'])}", "title") + "\n" + printable(lines)


def parameters_text(run: Document) -> str:
    """Return the parameters of a run, such as `n=3, names=["a"]`."""
    values = run["parameters"].items()
    return ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in values)


def git_text(run: Document) -> str:
    """Return the commit that was run; empty outside a repository."""
    git = run["git"] or {}
    if not git:
        return ""
    commit: str = git["commit"][:12]
    return commit + (", with changes that are not committed" if git["changed"] else "")


def _cell(cell: Document, style: Style) -> Iterator[str]:
    title = f"cell {cell['number']}"
    state = {"ok": duration_text(cell["seconds"]), "": "did not run"}
    yield style(title, "title") + f"  {state.get(cell['status'], cell['status'])}"
    for line in cell["source"].split("\n"):
        yield f"{style('|', 'frame')} {printable(line)}"
    for output in cell["outputs"]:
        lines = printable(output_text(output)).rstrip("\n").split("\n")
        left = len(lines) - _SHOWN
        if left > 0:
            lines = [f"… {left} lines more", *lines[-_SHOWN:]]
        yield from (f"  {line}" for line in lines)


def _title(name: str, status: str, style: Style) -> str:
    role = {"failed": "error", "interrupted": "warning"}.get(status, "hint")
    return f"{style(printable(name), 'title')}: {style(status, role)}"


def _rows(rows: list[tuple[str, str]], style: Style) -> list[str]:
    width = max(len(name) for name, _ in rows)
    return [
        f"  {style(name.ljust(width), 'frame')}  {printable(text)}" for name, text in rows if text
    ]
