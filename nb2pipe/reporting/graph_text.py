"""The DAG of a pipeline as a drawing for the terminal, one row for each step.

```text
●      load
●      clean            ← load: df
├─╮
│ ●    train_forest     ← clean: x, y
● │    train_linear     ← clean: x, y
├─╯
●      compare          ← train_forest: forest  ← train_linear: linear
```

Time goes down. A column carries what one step made until the last step that needs it, as
`git log --graph` draws branches; lines that meet in a row lead to the step right below it.
networkx draws trees of text too, but hides the second and further ways to a step; the other
drawing libraries found are no longer kept or join lines that do not belong together.
"""

from collections.abc import Iterator, Sequence

from nb2pipe.ir import Edge, Pipeline
from nb2pipe.reporting.text import Style, plain, printable

_NODE = "●"
# The bits of a joint: up, down, left, right.
_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_JOINTS = {
    _UP | _DOWN: "│",
    _LEFT | _RIGHT: "─",
    _UP | _DOWN | _RIGHT: "├",
    _UP | _DOWN | _LEFT: "┤",
    _UP | _DOWN | _LEFT | _RIGHT: "┼",
    _DOWN | _RIGHT: "╭",
    _DOWN | _LEFT: "╮",
    _UP | _RIGHT: "╰",
    _UP | _LEFT: "╯",
    _DOWN | _LEFT | _RIGHT: "┬",
    _UP | _LEFT | _RIGHT: "┴",
}


def draw_graph(pipeline: Pipeline, style: Style = plain) -> str:
    """Return the drawing, each row ended by a line feed.

    Args:
        pipeline: what to draw; its steps are in execution order.
        style: how the roles `title` (names of steps) and `frame` (lines) look.
    """
    names = [step.name for step in pipeline.steps]
    rank = {name: index for index, name in enumerate(names)}
    edges = sorted(pipeline.edges, key=lambda edge: rank[edge.source])
    incoming = {name: [edge for edge in edges if edge.target == name] for name in names}
    rows = list(_rows(names, incoming))
    drawn = max((len(row) for row, _ in rows), default=0)
    named = max((len(printable(name)) for name in names), default=0)
    return "".join(
        _line(row, drawn, incoming.get(name or "", []), name, named, style) + "\n"
        for row, name in rows
    )


def _line(
    row: str, drawn: int, incoming: Sequence[Edge], name: str | None, named: int, style: Style
) -> str:
    if name is None:
        return style(row, "frame")
    shown = printable(name)
    line = f"{style(row.ljust(drawn), 'frame')}   {style(shown, 'title')}"
    if not incoming:
        return line
    return line + " " * (named - len(shown)) + "  " + "  ".join(map(_source, incoming))


def _source(edge: Edge) -> str:
    names = ", ".join(map(printable, edge.variables))
    return f"← {printable(edge.source)}" + (f": {names}" if names else "")


# --- the columns


def _rows(
    names: Sequence[str], incoming: dict[str, list[Edge]]
) -> Iterator[tuple[str, str | None]]:
    """Yield each row of the drawing, with the name of its step when it has one."""
    last_need = {edge.source: name for name in names for edge in incoming[name]}
    columns: list[str | None] = []
    above: int | None = None
    for name in names:
        sources = {edge.source for edge in incoming[name]}
        before = list(columns)
        needed = [i for i, owner in enumerate(columns) if owner in sources]
        ending = [i for i in needed if last_need[columns[i] or ""] == name]
        for index in ending:
            columns[index] = None
        target = ending[0] if ending else _free(columns)
        columns[target : target + 1] = [name]
        if needed and needed != [target]:
            yield _joints(before, columns, needed, target), None
        elif not needed and target == above:
            yield _bars(before), None
        row = [f"{_NODE} " if i == target else _bar(owner) for i, owner in enumerate(columns)]
        yield "".join(row).rstrip(), name
        above = target
        if name not in last_need:
            columns[target] = None
        while columns and columns[-1] is None:
            columns.pop()


def _free(columns: Sequence[str | None]) -> int:
    return next((i for i, owner in enumerate(columns) if owner is None), len(columns))


def _bars(columns: Sequence[str | None]) -> str:
    return "".join(map(_bar, columns)).rstrip()


def _bar(owner: str | None) -> str:
    return "  " if owner is None else "│ "


def _joints(
    before: Sequence[str | None], after: Sequence[str | None], needed: Sequence[int], target: int
) -> str:
    """Return the row in which the columns `needed` meet in `target`."""
    left, right = min(*needed, target), max(*needed, target)
    row = ""
    for index in range(max(len(before), len(after))):
        owned = index < len(before) and before[index] is not None
        if index in needed or index == target:
            goes_on = index == target or (index < len(after) and after[index] is not None)
            joint = _JOINTS[
                (_UP if index in needed else 0)
                | (_DOWN if goes_on else 0)
                | (_LEFT if index > left else 0)
                | (_RIGHT if index < right else 0)
            ]
        elif owned:
            joint = "│"
        else:
            joint = "─" if left < index < right else " "
        row += joint + ("─" if left <= index < right else " ")
    return row.rstrip()
