"""From a notebook's document to the steps that it could have."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from nb2pipe.compiler import Compilation, compile_document
from nb2pipe.diagnostics import Diagnostic, Span
from nb2pipe.frontend.cell_tags import read_tag
from nb2pipe.frontend.layout import Role
from nb2pipe.frontend.tags import NotebookTag, RoleTag
from nb2pipe.ir import Pipeline
from nb2pipe.suggest.cuts import Boundary, choose_cuts
from nb2pipe.suggest.model import (
    SuggestedStep,
    Suggestion,
    apply_suggestion,
    without_step_tags,
)
from nb2pipe.suggest.names import heading_of, step_name_for

_NOWHERE: Final = Span(notebook="")
_FIXED: Final = frozenset({Role.SKIP, Role.METRICS})
_LEAST_WORK: Final = 0.05  # of an average cell, so that cells that do nothing are not free


@dataclass(frozen=True, slots=True, kw_only=True)
class _CellToPlace:
    """A code cell that may become part of a step; `heading` stands between it and the one above."""

    number: int
    id: str
    source: str
    tags: tuple[str, ...]
    has_role: bool
    heading: tuple[int, str] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether it mostly defines what other steps run again: no step is worth having for it."""
        busy, defining = _statements(self.source)
        return self.has_role or busy <= defining


def suggest_steps(
    document: Mapping[str, Any], path: Path, seconds: Mapping[str, float] | None = None
) -> Suggestion:
    """Return the steps that a notebook could have; steps that it names already count for nothing.

    Args:
        document: the notebook, of format 4.5.
        path: where it is, for the modules and settings beside it; it is not read.
        seconds: how long cells took, by id, as far as that is known.
    """
    cells = list(_cells_to_place(document))
    bare = apply_suggestion(document, {cell.number: cell.tags for cell in cells})
    finest = {cell.number: (*cell.tags, f"step:cell-{cell.number}") for cell in cells}
    flows = _flows(compile_document(apply_suggestion(bare, finest), path).draft)
    boundaries = [
        Boundary(
            variables=len(_crossing(flows, cell.number)),
            level=cell.heading[0] if cell.heading else None,
        )
        for cell in cells
    ]
    work = _work(cells, seconds or {})
    known = {_identity(item) for item in compile_document(bare, path).diagnostics if item.is_error}
    forbidden = _idle_ends(cells)
    while True:
        cuts = choose_cuts(work, boundaries, forbidden)
        steps = tuple(_steps(cells, cuts, flows, seconds or {}))
        tags = _tags(document, cells, steps)
        compilation = compile_document(apply_suggestion(document, tags), path)
        broken = _broken_cuts(compilation, known, cells, cuts)
        if not broken:
            return Suggestion(steps=steps, tags=tags)
        forbidden |= broken


# --- the cells


def _cells_to_place(document: Mapping[str, Any]) -> Iterator[_CellToPlace]:
    heading: tuple[int, str] | None = None
    for number, cell in enumerate(document["cells"], 1):
        if cell["cell_type"] == "markdown":
            found = heading_of(_joined(cell["source"]))
            heading = min((h for h in (found, heading) if h), key=lambda h: h[0], default=None)
        if cell["cell_type"] != "code" or not _joined(cell["source"]).strip():
            continue
        texts = cell.get("metadata", {}).get("tags", ())
        texts = tuple(text for text in texts if isinstance(text, str))
        tags = [read_tag(text, _NOWHERE)[0] for text in texts]
        roles = {tag.role for tag in tags if isinstance(tag, RoleTag)}
        if roles & _FIXED or any(isinstance(tag, NotebookTag) for tag in tags):
            continue
        yield _CellToPlace(
            number=number,
            id=cell.get("id", ""),
            source=_joined(cell["source"]),
            tags=without_step_tags(texts),
            has_role=bool(roles),
            heading=heading,
        )
        heading = None


def _joined(source: str | Sequence[str]) -> str:
    return source if isinstance(source, str) else "".join(source)


def _work(cells: Sequence[_CellToPlace], seconds: Mapping[str, float]) -> list[float]:
    """Return how long each cell took; how many statements it has, when that is not known of any."""
    known = [seconds.get(cell.id) for cell in cells]
    if any(known):
        work = [value or 0.0 for value in known]
    else:
        work = [float(_statements(cell.source)[0]) for cell in cells]
    least = _LEAST_WORK * sum(work) / max(1, len(work))
    return [max(amount, least) for amount in work]


def _statements(source: str) -> tuple[int, int]:
    """Return how many statements do something when they run, and how many import or define."""
    nothing = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    lines = [line for line in source.splitlines() if not line.startswith("%")]
    try:
        body = ast.parse("\n".join(lines)).body
    except (SyntaxError, ValueError, RecursionError):  # with other magics, or wrong
        return sum(bool(line.strip()) for line in lines), 0
    defining = sum(isinstance(node, nothing) for node in body)
    return len(body) - defining, defining


def _idle_ends(cells: Sequence[_CellToPlace]) -> frozenset[int]:
    """Return the places that have only idle cells before or after them."""
    busy = [index for index, cell in enumerate(cells) if not cell.is_idle]
    first, last = (busy[0], busy[-1]) if busy else (len(cells), len(cells))
    return frozenset(i for i in range(len(cells)) if i <= first or i > last)


# --- what flows


def _flows(draft: Pipeline | None) -> list[tuple[int, int, str]]:
    """Return, of a notebook with a step for each cell, who makes and who uses each variable: cell numbers."""
    if draft is None:
        return []
    number = {step.name: draft.cells[step.cells[0]].number for step in draft.steps if step.cells}
    return [
        (number[edge.source], number[edge.target], name)
        for edge in draft.edges
        for name in edge.variables
        if edge.source in number and edge.target in number
    ]


def _crossing(flows: Sequence[tuple[int, int, str]], number: int) -> tuple[str, ...]:
    """Return the variables that a cut before the cell would store."""
    names = (name for made, used, name in flows if made < number <= used)
    return tuple(dict.fromkeys(names))


# --- the steps


def _steps(
    cells: Sequence[_CellToPlace],
    cuts: tuple[int, ...],
    flows: Sequence[tuple[int, int, str]],
    seconds: Mapping[str, float],
) -> Iterator[SuggestedStep]:
    taken: set[str] = set()
    bounds = zip((0, *cuts), (*cuts, len(cells)), strict=True)
    for index, (start, end) in enumerate(bounds, 1):
        part = cells[start:end]
        if not part:
            return
        heading = _heading(part)
        name = step_name_for(
            heading and heading[1], [cell.source for cell in part], taken, default=f"part-{index}"
        )
        taken.add(name.lower())
        numbers = [cell.number for cell in part]
        own = (f for f in flows if f[0] < numbers[0] and f[1] in numbers)
        variables = tuple(dict.fromkeys(flow[2] for flow in own))
        took = [seconds[cell.id] for cell in part if cell.id in seconds]
        yield SuggestedStep(
            name=name,
            cells=tuple(numbers),
            tagged=tuple(
                cell.number
                for index, cell in enumerate(part)
                if index == 0 or (part[index - 1].has_role and not cell.has_role)
            ),
            variables=variables,
            seconds=round(sum(took), 3) if took else None,
            reason=_reason(heading, len(_crossing(flows, numbers[0])), first=start == 0),
        )


def _heading(part: Sequence[_CellToPlace]) -> tuple[int, str] | None:
    """Return the last heading above the first cell of the part that does something."""
    busy = next((index for index, cell in enumerate(part) if not cell.is_idle), 0)
    return next((cell.heading for cell in reversed(part[: busy + 1]) if cell.heading), None)


def _reason(heading: tuple[int, str] | None, variables: int, *, first: bool) -> str:
    if heading:
        return f"the heading “{heading[1]}”"
    if first:
        return "the notebook begins here"
    if not variables:
        return "nothing is handed on here"
    return f"only {variables} variable{'' if variables == 1 else 's'} would be stored here"


def _tags(
    document: Mapping[str, Any], cells: Sequence[_CellToPlace], steps: Sequence[SuggestedStep]
) -> dict[int, tuple[str, ...]]:
    """Return the new tags of the cells whose tags change."""
    named = {number: step.name for step in steps for number in step.tagged}
    wanted = {
        cell.number: (*cell.tags, f"step:{named[cell.number]}")
        if cell.number in named
        else cell.tags
        for cell in cells
    }
    return {number: tags for number, tags in wanted.items() if tags != _own(document, number)}


def _own(document: Mapping[str, Any], number: int) -> tuple[str, ...]:
    return tuple(document["cells"][number - 1].get("metadata", {}).get("tags", ()))


# --- what does not compile


def _identity(diagnostic: Diagnostic) -> tuple[object, ...]:
    return diagnostic.code, diagnostic.span, diagnostic.message


def _broken_cuts(
    compilation: Compilation,
    known: set[tuple[object, ...]],
    cells: Sequence[_CellToPlace],
    cuts: tuple[int, ...],
) -> frozenset[int]:
    """Return the cuts that must not be, by the errors that the notebook does not have without them."""
    errors = [d for d in compilation.diagnostics if d.is_error and _identity(d) not in known]
    broken: set[int] = set()
    for error in errors:
        numbers = [
            span.cell for span in (error.span, *(r.span for r in error.related)) if span.cell
        ]
        low, high = min(numbers, default=0), max(numbers, default=0)
        between = {cut for cut in cuts if low < cells[cut].number <= high}
        after = {cut for cut in cuts if cells[cut].number > low}
        broken |= between or ({min(after)} if after else set(cuts[-1:]))
    return frozenset(broken)
