"""Runs as tables for the terminal. Everything that comes from a notebook is shown, never obeyed."""

from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Final

from nb2pipe.reporting.quantities import duration_text, size_text, time_text
from nb2pipe.reporting.text import printable

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

Document = Mapping[str, Any]
"""A run as `nb2pipe show --format json` prints it."""

LOOKS: Final[Mapping[str, str]] = {
    "succeeded": "green",
    "failed": "red",
    "interrupted": "yellow",
    "not run": "dim",
    "running or killed": "cyan",
}
_NUMBERS: Final = frozenset({"duration", "steps", "size", "time", "peak memory", "artifacts"})


def runs_table(runs: Iterable[Document]) -> "Table":
    """Return a table with a row for each run."""
    table = _table("run", "notebook", "status", "started", "duration", "steps", "size")
    for run in runs:
        table.add_row(
            _text(run["id"]),
            _text(PurePath(run["notebook"] or "").name),
            status_text(run["status"]),
            time_text(run["started"]),
            duration_text(run["seconds"]),
            steps_text(run),
            size_text(run["bytes"]),
        )
    return table


def steps_table(run: Document) -> "Table":
    """Return a table with a row for each step of a run."""
    table = _table("step", "status", "time", "peak memory", "artifacts", "reason")
    for step in run["steps"]:
        table.add_row(
            _text(step["name"]),
            status_text("reused" if step["reused"] else step["status"]),
            "" if step["status"] == "not run" else duration_text(step["seconds"]),
            size_text(step["peak"]),
            size_text(artifact_bytes(step)),
            _text(reason_text(step)),
        )
    return table


def artifacts_table(step: Document) -> "Table":
    """Return a table with a row for each artifact that a step stored."""
    table = _table("artifact", "variables", "type", "size")
    for key, artifact in step["artifacts"].items():
        names = ", ".join(name for name in artifact["names"] or () if not name.startswith(" "))
        table.add_row(
            _text(key), _text(names), _text(artifact["type"] or ""), size_text(artifact["bytes"])
        )
    return table


def status_text(status: str) -> "Text":
    """Return a status in its colour."""
    return _text(status, LOOKS.get(status, "green"))


def steps_text(run: Document) -> str:
    """Return how many steps of a run are done, such as `3/4 (2 reused)`."""
    steps = run["steps"]
    done = sum(step["status"] == "succeeded" for step in steps)
    reused = sum(bool(step["reused"]) for step in steps)
    return f"{done}/{len(steps)}" + (f" ({reused} reused)" if reused else "")


def reason_text(step: Document) -> str:
    """Return why a step was run, how often it was tried, or where it was taken from."""
    taken = [f"from run {step['reused']}"] if step["reused"] else []
    tried = [f"{len(step['tries']) + 1} tries"] if step["tries"] else []
    return "; ".join([*taken, *step["reasons"], *tried])


def artifact_bytes(step: Document) -> int:
    """Return how many bytes a step stored."""
    return sum(artifact["bytes"] or 0 for artifact in step["artifacts"].values())


def _table(*columns: str) -> "Table":
    from rich.table import Table

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        # An id that is cut, or broken in two, can be typed by nobody.
        whole = column in {"run", "step", "status", "started"} or column in _NUMBERS
        table.add_column(
            column,
            justify="right" if column in _NUMBERS else "left",
            no_wrap=whole,
            overflow="fold",
        )
    return table


def _text(text: str, style: str = "") -> "Text":
    from rich.text import Text

    return Text(printable(text), style=style)
