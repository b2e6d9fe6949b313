"""Repairs that a hint spells out so exactly that the page can offer them at a click."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, Final

from nb2pipe.diagnostics import Code, Diagnostic
from nb2pipe.frontend.tags import TagError, parse_tag

_TAG_CELL: Final = re.compile(r"\btag cell (\d+) `([^`]+)`|\band cell (\d+) `([^`]+)`")
_MEANT: Final = re.compile(r"^did you mean `([^`]+)`\?$")
_WRONG_TAG: Final = re.compile(r"^`([^`]+)` is no tag")


@dataclass(frozen=True, slots=True, kw_only=True)
class TagChange:
    """A tag to add to a cell, and one to take off."""

    cell: int
    add: str
    remove: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A repair, all of whose changes belong together."""

    title: str
    changes: tuple[TagChange, ...]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return asdict(self)


def fixes_for(diagnostic: Diagnostic) -> tuple[Fix, ...]:
    """Return the repairs that the diagnostic's hint names: none, or one."""
    changes = tuple(_changes(diagnostic, diagnostic.hint or ""))
    if not changes:
        return ()
    return (Fix(title=_title(changes), changes=changes),)


def _changes(diagnostic: Diagnostic, hint: str) -> Iterator[TagChange]:
    for number, tag, other, other_tag in _TAG_CELL.findall(hint):
        if _is_tag(tag or other_tag):
            yield TagChange(cell=int(number or other), add=tag or other_tag)
    meant, wrong = _MEANT.match(hint), _WRONG_TAG.match(diagnostic.message)
    cell = diagnostic.span.cell
    if diagnostic.code is Code.UNKNOWN_TAG and meant and wrong and cell and _is_tag(meant[1]):
        yield TagChange(cell=cell, add=meant[1], remove=wrong[1])


def _title(changes: tuple[TagChange, ...]) -> str:
    parts = [
        f"tag cell {change.cell} `{change.add}`"
        + (f" instead of `{change.remove}`" if change.remove else "")
        for change in changes
    ]
    return " and ".join(parts)


def _is_tag(text: str) -> bool:
    try:
        parse_tag(text)
    except TagError:
        return False
    return True
