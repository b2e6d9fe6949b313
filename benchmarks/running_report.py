"""The results of `running.py` as Markdown, and what they should be."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from chains import BARE, ISOLATED, WARM
from targets import Target

_CHAIN = 0.8  # of the work on the longest path: nothing to gain by running steps side by side

Document = Mapping[str, Any]


def to_markdown(document: Document) -> str:
    """Return the tables of the parts that were measured."""
    tables = [
        _TABLES[part](document[part]) + "\n\n" + _circumstances(document[part])
        for part in _TABLES
        if part in document
    ]
    lines = [
        [t.name, f"{t.value:.4g}{t.unit}", f"{t.limit:.4g}{t.unit}", "met" if t.met else "missed"]
        for t in targets_of(document)
    ]
    return "\n\n".join([*tables, _table(["target", "value", "at most", ""], lines)])


def targets_of(document: Document) -> tuple[Target, ...]:
    """Return the targets of the parts that were measured."""
    return tuple(
        target for part, targets in _TARGETS.items() if part in document
        for target in targets(document[part]["found"])
    )  # fmt: skip


# --- steps


def _steps_table(part: Document) -> str:
    costs = {cost["name"]: cost for cost in part["found"]}
    warm = costs[WARM]
    lines = [
        [
            name,
            f"{cost['steps']}",
            f"{1000 * cost['seconds']:.0f}",
            f"{1000 * cost['cpu_seconds']:.0f}",
            f"{cost['seconds'] / warm['seconds']:.1f}",
            f"{cost['cpu_seconds'] / warm['cpu_seconds']:.1f}",
        ]
        for name, cost in costs.items()
    ]
    head = ["for each step", "steps", "ms", "CPU, ms", "÷ nb2pipe", "CPU ÷ nb2pipe"]
    return _table(head, lines)


def _steps_targets(found: Sequence[Document]) -> Iterator[Target]:
    seconds = {cost["name"]: cost["seconds"] for cost in found}
    warm = seconds[WARM]
    yield Target(name="a step", value=1000 * warm, limit=25, unit=" ms")
    peers = [seconds[name] for name in seconds if name not in {WARM, ISOLATED, BARE}]
    if peers:
        value = warm / min(peers)
        yield Target(name="a step ÷ that of the best peer", value=value, limit=1 / 20, unit="")
    over = 1000 * (seconds[ISOLATED] - seconds[BARE])
    yield Target(name="an isolated step over bare imports", value=over, limit=60, unit=" ms")


# --- little changed


def _incremental_table(part: Document) -> str:
    found = part["found"]
    lines = [
        [f"{found['steps']} steps, {name}", f"{seconds:.2f}"]
        for name, seconds in found["seconds"].items()
    ]
    return _table(["whole process", "seconds"], lines)


def _incremental_targets(found: Document) -> Iterator[Target]:
    seconds = found["seconds"]["nothing changed"]
    yield Target(name="50 steps, nothing changed", value=seconds, limit=0.5, unit=" s")
    ran = len(found["ran after the edit"])
    yield Target(name="steps that run after an edit of the last", value=ran, limit=1, unit="")


# --- notebooks


def _notebooks_table(part: Document) -> str:
    lines = [
        [
            row["notebook"],
            f"{row['steps']}",
            f"{row['longest']:.2f}",
            f"{row['whole']:.1f}",
            f"{row['pipeline']:.1f}",
            f"{row['pipeline'] / row['whole']:.2f}",
            f"{row['pipeline_cpu'] / row['whole_cpu']:.2f}",
        ]
        for row in sorted(part["found"], key=lambda row: -row["longest"])
    ]
    head = ["notebook", "steps", "longest path", "nbclient, s", "nb2pipe, s", "÷", "CPU ÷"]
    return _table(head, lines)


def _notebooks_targets(found: Sequence[Document]) -> Iterator[Target]:
    ratios = {row["notebook"]: row["pipeline"] / row["whole"] for row in found}
    chains = [row["notebook"] for row in found if row["longest"] >= _CHAIN]
    wide = [row["notebook"] for row in found if row["longest"] < _CHAIN]
    for name, limit, group in (("chain", 1.1, chains), ("wide notebook", 1.0, wide)):
        if group:
            value = max(ratios[notebook] for notebook in group)
            yield Target(name=f"the worst {name} ÷ nbclient", value=value, limit=limit, unit="")


_TABLES = {
    "steps": _steps_table,
    "notebooks": _notebooks_table,
    "incremental": _incremental_table,
}
_TARGETS = {
    "steps": _steps_targets,
    "notebooks": _notebooks_targets,
    "incremental": _incremental_targets,
}


def _circumstances(part: Document) -> str:
    before, after = part["load"]
    return (
        f"Medians of {part['runs']} runs, Python {part['python']}, {part['cores']} cores; the load of the"
        f" machine was {before} before and {after} after."
    )


def _table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    rule = ["---", *["--:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, rule, *lines))
