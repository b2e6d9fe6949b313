"""The edges as a table: on the terminal, and as a page of the documentation."""

from pathlib import Path
from typing import Any

from section import write_section

_COLUMNS = ("notebook", "steps", "edges", "needed", "needless", "extra")


def print_table(document: dict[str, Any]) -> None:
    """Print how many edges each notebook has, and list those that it does not need."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Edges")
    for number, column in enumerate(_COLUMNS):
        table.add_column(column, justify="right" if number else "left")
    for line in _lines(document):
        table.add_row(*line)
    Console().print(table)
    for line in _needless(document):
        print(line)


def write_page(page: Path, document: dict[str, Any]) -> None:
    """Put the table and the list between the two marks of `page`.

    Raises:
        ValueError: the page has no marks.
    """
    rule = ("---", *["--:"] * (len(_COLUMNS) - 1))
    table = "\n".join(f"| {' | '.join(cells)} |" for cells in (_COLUMNS, rule, *_lines(document)))
    needless = "\n".join(f"* {line}" for line in _needless(document)) or "There is no needless one."
    write_section(page, "edges.py", f"{table}\n\n{needless}")


def _lines(document: dict[str, Any]) -> list[list[str]]:
    rows = [
        (row["notebook"], row["steps"], row["edges"], len(row["needless"]))
        for row in document["rows"]
    ]
    total = ("all", *(sum(row[column] for row in rows) for column in (1, 2, 3)))
    return [_line(*row) for row in (*rows, total)]


def _line(notebook: str, steps: int, edges: int, needless: int) -> list[str]:
    needed = edges - needless
    extra = f"{100 * needless / needed:.0f} %" if needed else "-"
    return [notebook, str(steps), str(edges), str(needed), str(needless), extra]


def _needless(document: dict[str, Any]) -> list[str]:
    return [
        f"{row['notebook']}: `{edge['source']}` → `{edge['target']}`. {'; '.join(edge['reasons'])}"
        for row in document["rows"]
        for edge in row["needless"]
    ]
