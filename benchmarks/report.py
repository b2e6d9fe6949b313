"""The results as tables: on the terminal, and as a section of the documentation."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

_BEGIN, _END = "<!-- benchmarks/compile.py: begin -->", "<!-- benchmarks/compile.py: end -->"
_COST_COLUMNS = (
    "notebook",
    "check, CPU s",
    "compile, CPU s",
    "peak memory, MiB",
    "YAML, KiB",
    "expanded, KiB",
    "Kale, CPU s",
    "Kale, MiB",
    "Kale YAML, KiB",
    "Kale ÷ compile",
)
_TARGET_COLUMNS = ("target", "value", "limit", "")
_HEADING = """\
## Compiling

Written by `make bench` (see `benchmarks/README.md`). Seconds are CPU, user and system, of the whole
process, start-up included; medians. "50 steps" has one line per step; the realistic notebooks are
an ordinary analysis with data frames, models and plots. The file holds the runtime once, as a YAML
anchor; "expanded" is its size as Kubeflow sees it, with a copy in every step.
Kale's time grows faster than the number of
steps, so it is not asked for 1,000."""


def print_tables(document: dict[str, Any]) -> None:
    """Print the costs and the targets."""
    from rich.console import Console

    console = Console()
    console.print(_rich("Compiling, as whole processes", _COST_COLUMNS, _cost_lines(document)))
    console.print(_rich("Targets", _TARGET_COLUMNS, _target_lines(document)))
    console.print(_baselines(document))


def write_section(page: Path, document: dict[str, Any]) -> None:
    """Put the tables between the two marks of `page`; make what is absent."""
    section = "\n\n".join(
        [
            _BEGIN,
            _markdown(_COST_COLUMNS, _cost_lines(document)),
            _baselines(document),
            _markdown(_TARGET_COLUMNS, _target_lines(document)),
            _END,
        ]
    )
    text = page.read_text(encoding="utf-8") if page.exists() else "# Performance\n"
    if _BEGIN in text and _END in text:
        before, rest = text.split(_BEGIN, 1)
        text = before + section + rest.split(_END, 1)[1]
    else:
        text = f"{text.rstrip()}\n\n{_HEADING}\n\n{section}\n"
    page.write_text(text, encoding="utf-8")


def _cost_lines(document: dict[str, Any]) -> list[list[str]]:
    return [_cost_line(row) for row in document["rows"]]


def _cost_line(row: dict[str, Any]) -> list[str]:
    cpu = row["compile"]["cpu_seconds"]
    line = [
        row["notebook"],
        f"{row['check']['cpu_seconds']:.2f}",
        f"{cpu:.2f}",
        f"{row['compile']['peak_bytes'] / 2**20:.0f}",
        f"{row['yaml_bytes'] / 1024:.0f}",
        f"{row['expanded_bytes'] / 1024:.0f}",
    ]
    if row["kale"] is None:
        return [*line, "refused" if row["kale_error"] else "-", "-", "-", "-"]
    kale = row["kale"]
    return [
        *line,
        f"{kale['cpu_seconds']:.1f}",
        f"{kale['peak_bytes'] / 2**20:.0f}",
        f"{row['kale_yaml_bytes'] / 1024:.0f}",
        f"{kale['cpu_seconds'] / cpu:.1f}",
    ]


def _target_lines(document: dict[str, Any]) -> list[list[str]]:
    return [
        [
            target["name"],
            f"{target['value']:.3g} {target['unit']}",
            f"{target['limit']:.4g} {target['unit']}",
            "met" if target["met"] else "missed",
        ]
        for target in document["targets"]
    ]


def _baselines(document: dict[str, Any]) -> str:
    versions = f"Python {document['python']}, nb2pipe {document['nb2pipe']}"
    if document["kale"]:
        versions += f", kubeflow-kale {document['kale']}"
    costs = ", ".join(
        f"`{name}` {cost['cpu_seconds']:.2f} s" for name, cost in document["baselines"].items()
    )
    return f"{versions}. For comparison: {costs}."


def _rich(title: str, columns: tuple[str, ...], lines: list[list[str]]) -> "Table":
    from rich.table import Table

    table = Table(title=title)
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left")
    for line in lines:
        table.add_row(*line)
    return table


def _markdown(columns: tuple[str, ...], lines: list[list[str]]) -> str:
    rule = ("---", *["--:"] * (len(columns) - 1))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, rule, *lines))
