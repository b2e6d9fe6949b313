"""What accuracy.py found, as tables."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from report import _markdown as markdown
from section import write_section

_STATE = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One variable over one cell: what `really` became of it, and what the analysis `said`.

    Really: `changed`, `rewritten` (objects inside were replaced by equal ones), `same`, `opaque` (cannot
    be looked at), `drawing`. Said: `change` (in place), `write` (a new value), `nothing`.
    """

    notebook: str
    cell: int
    variable: str
    type: str
    really: str
    said: str
    cautious: bool
    because: str
    line: int
    where: str

    @property
    def library(self) -> str:
        """The library that the value's type comes from."""
        root = self.type.partition(".")[0]
        return {
            "__main__": "the notebook's own",
            "builtins": "Python",
            "collections": "Python",
        }.get(root, root)

    @property
    def missed(self) -> bool:
        """It changed, and nothing was said."""
        return self.really == "changed" and self.said == "nothing"

    @property
    def found(self) -> bool:
        """It changed, and that was said."""
        return self.really == "changed" and self.said != "nothing"

    @property
    def false_alarm(self) -> bool:
        """Nothing changed, but that was said."""
        return self.really == "same" and self.said == "change"

    @property
    def right_alarm(self) -> bool:
        """It was said to change, and did."""
        return self.really in {"changed", "rewritten"} and self.said == "change"

    @property
    def counted(self) -> bool:
        """It takes part in recall or precision."""
        return self.found or self.missed or self.false_alarm or self.right_alarm


def print_summary(judged: Sequence[Judged], *, details: bool) -> None:
    variables = [item for item in judged if item.type != _STATE]
    states = [item for item in judged if item.type == _STATE]
    for title, items in (("variables", variables), ("hidden state", states)):
        print(title)
        for row in _rows(items, _library if title == "variables" else _variable):
            print("  ", *(f"{cell:>10}" for cell in row))
    if details:
        for item in judged:
            if item.missed or item.false_alarm:
                sign = "MISS " if item.missed else "ALARM"
                caution = "?" if item.cautious else " "
                print(
                    f"{sign}{caution} {item.notebook.rpartition('/')[2]} cell {item.cell}:{item.line} "
                    f"{item.variable} ({item.type}) {item.where or item.because}"
                )


def write_page(page: Path, judged: Sequence[Judged], notebooks: int, failed: Sequence[str]) -> None:
    """Write the tables between the marks of the page; its other text is by hand."""
    variables = [item for item in judged if item.type != _STATE]
    states = [item for item in judged if item.type == _STATE]
    apart = Counter(item.really for item in variables if item.really in {"drawing", "opaque"})
    cells = len({(item.notebook, item.cell) for item in judged})
    columns = (
        "of",
        "changed in place",
        "found",
        "recall",
        "said to change",
        "rightly",
        "precision",
    )
    counts = (
        f"{notebooks} notebooks, {cells} cells with variables before them, {len(variables)} variables in cells; "
        f"of these {apart['drawing']} are drawings and {apart['opaque']} cannot be looked at."
    )
    text = "\n\n".join(
        [
            counts,
            *([f"Not here, because they took too long: {', '.join(failed)}."] if failed else []),
            markdown(columns, _rows(variables, _library)),
            _causes([item for item in variables if item.false_alarm]),
            "Hidden state, where the notebook seeds it:",
            markdown(columns, _rows(states, _variable)),
            "## Missed changes",
            _listing(item for item in judged if item.missed),
            "## False alarms",
            _listing(item for item in judged if item.false_alarm),
        ]
    )
    write_section(page, "accuracy.py", text)


def _causes(alarms: Sequence[Judged]) -> str:
    cautious = [item for item in alarms if item.cautious]
    notebooks = len({item.notebook for item in cautious})
    return (
        f"Of the {len(alarms)} false alarms {len(cautious)} are cautious, in {notebooks} notebooks: they call "
        "code that no rule describes, such as modules that lie beside them."
    )


def _library(item: Judged) -> str:
    return item.library


def _variable(item: Judged) -> str:
    return f"`{item.variable.strip('<>')}`"


def _rows(items: Sequence[Judged], key: Callable[[Judged], str]) -> list[list[str]]:
    counted = [item for item in items if item.counted]
    keys = sorted({key(item) for item in counted}, key=lambda name: (name.lower(), name))
    rows = [_row(name, [item for item in counted if key(item) == name]) for name in keys]
    return [*rows, _row("all", counted)]


def _row(name: str, items: Sequence[Judged]) -> list[str]:
    found, missed = sum(item.found for item in items), sum(item.missed for item in items)
    right, wrong = sum(item.right_alarm for item in items), sum(item.false_alarm for item in items)
    return [
        name, str(found + missed), str(found), _share(found, found + missed),
        str(right + wrong), str(right), _share(right, right + wrong),
    ]  # fmt: skip


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "-"


def _listing(items: Iterable[Judged]) -> str:
    lines = [
        [
            item.notebook, str(item.cell), f"`{item.variable}`", f"`{item.type}`",
            item.where or item.because, "yes" if item.cautious else "",
        ]
        for item in items
    ]  # fmt: skip
    if not lines:
        return "None."
    return markdown(("notebook", "cell", "variable", "type", "why", "cautious"), lines)
