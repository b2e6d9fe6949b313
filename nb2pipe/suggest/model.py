"""What is suggested, as values, and putting it into a notebook."""

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from nb2pipe.diagnostics import Span
from nb2pipe.frontend.cell_tags import read_tag
from nb2pipe.frontend.tags import PrevTag, StepTag

Document = dict[str, Any]
_NOWHERE: Final = Span(notebook="")


@dataclass(frozen=True, slots=True, kw_only=True)
class SuggestedStep:
    """A step that the notebook could have.

    `cells` are the numbers of its code cells, ascending, and `tagged` those of them that need the tag
    `step:NAME`; the others continue it. `variables` come in from the steps before. `seconds` is how long its
    cells took in a run that is kept, None without one. `reason` says why it begins where it does.
    """

    name: str
    cells: tuple[int, ...]
    tagged: tuple[int, ...]
    variables: tuple[str, ...] = ()
    seconds: float | None = None
    reason: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "name": self.name,
            "cells": list(self.cells),
            "tagged": list(self.tagged),
            "variables": list(self.variables),
            "seconds": self.seconds,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """The steps that are suggested for a notebook, and the `tags` that its cells then have, by number.

    `tags` has those cells only whose tags change.
    """

    steps: tuple[SuggestedStep, ...]
    tags: Mapping[int, tuple[str, ...]]

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values."""
        return {
            "steps": [step.to_json() for step in self.steps],
            "tags": {str(number): list(tags) for number, tags in self.tags.items()},
        }


def apply_suggestion(
    document: Mapping[str, Any], tags: Mapping[int, tuple[str, ...]]
) -> dict[str, Any]:
    """Return a copy of a notebook of format 4 whose cells, by number, have these tags."""
    changed = copy.deepcopy(dict(document))
    for number, texts in tags.items():
        metadata = changed["cells"][number - 1].setdefault("metadata", {})
        if texts:
            metadata["tags"] = list(texts)
        else:
            metadata.pop("tags", None)
    return changed


def without_step_tags(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Return a cell's tags without those that name steps."""
    return tuple(
        tag for tag in tags if not isinstance(read_tag(tag, _NOWHERE)[0], (StepTag, PrevTag))
    )
