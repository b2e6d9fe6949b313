"""One notebook's cells placed in steps; the notebooks that it includes are sections in it.

The rules, which `docs/tags.md` tells to users:

* A cell with `step:NAME` belongs to NAME; an untagged code cell continues what the cell above it
  was for. Cells above the first step belong to it.
* `imports`, `functions` and `pipeline-parameters` cells belong to the step of the cell above.
* A `pipeline-metrics` cell is a step of its own, unless it names one.
* `skip` cells belong to no step and change nothing for the cells below.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from nb2pipe.diagnostics import Code, Diagnostic, Related, Span
from nb2pipe.frontend import values
from nb2pipe.frontend.cell_tags import CellTags, read_cell_tags
from nb2pipe.frontend.declarations import Declaration
from nb2pipe.frontend.layout import Role
from nb2pipe.frontend.notebook import Notebook, NotebookCell
from nb2pipe.frontend.options import Entries, entries, from_entries, merge
from nb2pipe.frontend.tags import ROLES, OptionTag, Tag
from nb2pipe.ir import StepOptions

ONLY_STEP = "notebook"
"""The step of a notebook that names none."""

_OWNED = frozenset({Role.IMPORTS, Role.FUNCTIONS, Role.PARAMETERS})


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedCell:
    """A code cell, what it is for, and the step that runs it (None: skipped)."""

    notebook: Notebook
    cell: NotebookCell
    role: Role
    step: str | None
    declared: tuple[Declaration, ...] = ()

    @property
    def span(self) -> Span:
        """The cell's place."""
        return self.notebook.span(self.cell)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedStep:
    """A step as declared: where it is named first, what it comes after and asks for."""

    name: str
    span: Span
    after: tuple[str, ...] = ()
    options: StepOptions = StepOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A notebook, and all that it includes, in notebook order."""

    cells: tuple[PlacedCell, ...]
    steps: tuple[PlacedStep, ...]

    @property
    def first_steps(self) -> tuple[str, ...]:
        """The steps that are declared to come after none."""
        return tuple(step.name for step in self.steps if not step.after)

    @property
    def last_steps(self) -> tuple[str, ...]:
        """The steps that none is declared to come after."""
        followed = {name for step in self.steps for name in step.after}
        return tuple(step.name for step in self.steps if step.name not in followed)

    def renamed(self, names: Mapping[str, str]) -> "Section":
        """Return the section with other names for its steps."""
        return Section(
            cells=tuple(
                replace(cell, step=names[cell.step]) if cell.step else cell for cell in self.cells
            ),
            steps=tuple(
                replace(
                    step, name=names[step.name], after=tuple(names[name] for name in step.after)
                )
                for step in self.steps
            ),
        )

    def with_defaults(self, defaults: StepOptions) -> "Section":
        """Return the section with `defaults` for what its steps do not say themselves."""
        steps = (replace(step, options=merge(defaults, step.options)) for step in self.steps)
        return replace(self, steps=tuple(steps))


@dataclass(frozen=True, slots=True, kw_only=True)
class TaggedCell:
    """A code cell and what its tags say; `included` is what a `notebook:` cell stands for."""

    cell: NotebookCell
    tags: CellTags
    included: Section | None = None


def tag_cells(notebook: Notebook) -> tuple[tuple[TaggedCell, ...], tuple[Diagnostic, ...]]:
    """Return the notebook's code cells with their tags, and what is wrong with the tags."""
    cells: list[TaggedCell] = []
    diagnostics: list[Diagnostic] = []
    for cell in notebook.cells:
        tags, found = read_cell_tags(cell.tags, notebook.span(cell))
        if cell.is_code:
            cells.append(TaggedCell(cell=cell, tags=tags))
            diagnostics.extend(found)
        elif tags.step or tags.prev or tags.include or tags.asks or tags.role in _OWNED:
            diagnostics.append(
                _without_effect(
                    notebook.span(cell), cell.tags, f"the cell is {cell.cell_type}, not code"
                )
            )
    return tuple(cells), tuple(diagnostics)


def names_steps(cells: Iterable[TaggedCell]) -> bool:
    """Whether any cell names a step, or includes a notebook, which has steps."""
    return any(cell.tags.step or cell.tags.include for cell in cells)


def place_cells(
    notebook: Notebook, cells: Sequence[TaggedCell]
) -> tuple[Section, tuple[Diagnostic, ...]]:
    """Place the tagged cells of `notebook` in steps."""
    placement = _Placement(notebook, cells)
    for cell in cells:
        placement.place(cell)
    return placement.section(), tuple(placement.diagnostics)


class _Placement:
    """Walks over the cells from top to bottom and keeps what is active."""

    def __init__(self, notebook: Notebook, cells: Sequence[TaggedCell]) -> None:
        self.notebook = notebook
        self.step = _first_step(cells)
        self.role = Role.STEP
        self.cells: list[PlacedCell] = []
        self.named: dict[str, Span] = {}
        self.included: dict[str, list[Section]] = {}
        self.inner: dict[str, PlacedStep] = {}
        self.wanted: list[tuple[tuple[str, ...], tuple[str, ...], Span]] = []
        self.options: dict[str, Entries] = {}
        self.option_spans: dict[tuple[str, tuple[str, str]], Span] = {}
        self.diagnostics: list[Diagnostic] = []

    def place(self, tagged: TaggedCell) -> None:
        tags, span = tagged.tags, self.notebook.span(tagged.cell)
        if tags.include is not None:
            self._include(tagged, tags.include, span)
        elif tags.role is Role.SKIP:
            self._append(tagged.cell, Role.SKIP, None)
            self._reject(span, tags.asks, "the cell is skipped")
        else:
            self._activate(tags, span)
            self._append(tagged.cell, self.role, self.step, tags.declared)
            if self.role in _OWNED and tags.step is None:
                prev = tuple(f"prev:{name}" for name in tags.prev)
                self._reject(span, (*prev, *tags.options), f"the cell is for `{self.role}`")
            else:
                self._want((self.step,), tags.prev, span)
                self._ask(tags.options, span)

    def _activate(self, tags: CellTags, span: Span) -> None:
        """Make the cell's step and role the active ones."""
        if tags.step is not None:
            self.step, self.role = tags.step, tags.role or Role.STEP
            self.named.setdefault(self.step, span)
        elif tags.role is Role.METRICS:
            self.step, self.role = Role.METRICS.value, Role.METRICS
            self.named.setdefault(self.step, span)
        elif tags.role is not None:
            self.role = tags.role
        elif self.role is Role.PARAMETERS:
            self.role = Role.STEP

    def _include(self, tagged: TaggedCell, name: str, span: Span) -> None:
        # The cell itself stays, so that the executed notebook has it; what it holds never runs.
        self._append(tagged.cell, Role.SKIP, None)
        self._reject(span, tagged.tags.declared, f"the notebook `{name}` runs in the cell's place")
        if tagged.cell.source.strip() and not tagged.cell.source.lstrip().startswith("%run"):
            self.diagnostics.append(
                Diagnostic(
                    code=Code.TAG_WITHOUT_EFFECT,
                    span=span,
                    message=f"the code of this cell does not run: the notebook `{name}` runs"
                    " in its place",
                )
            )
        if tagged.included is None:
            return
        asked = merge(*(tag.options() for tag in tagged.tags.options))
        section = tagged.included.with_defaults(asked)
        self.cells.extend(section.cells)
        self.inner.update({step.name: step for step in section.steps})
        self.included.setdefault(name, []).append(section)
        self._want(section.first_steps, tagged.tags.prev, span)
        last = next((cell.step for cell in reversed(section.cells) if cell.step), None)
        self.step, self.role = last or self.step, Role.STEP

    def _append(
        self,
        cell: NotebookCell,
        role: Role,
        step: str | None,
        declared: tuple[Declaration, ...] = (),
    ) -> None:
        self.cells.append(
            PlacedCell(notebook=self.notebook, cell=cell, role=role, step=step, declared=declared)
        )

    def _reject(self, span: Span, tags: Iterable[Tag | str], why: str) -> None:
        names = [str(tag) for tag in tags]
        if names:
            self.diagnostics.append(_without_effect(span, names, why))

    def _want(self, steps: tuple[str, ...], names: tuple[str, ...], span: Span) -> None:
        if names:
            self.wanted.append((steps, names, span))

    def _ask(self, tags: Iterable[OptionTag], span: Span) -> None:
        """Add to the options of the active step; another cell of it may have asked otherwise."""
        asked = self.options.setdefault(self.step, {})
        for tag in tags:
            for key, value in entries(tag.options()).items():
                if asked.setdefault(key, value) != value:
                    first = self.option_spans[self.step, key]
                    if first != span:  # within a cell it is reported already
                        self.diagnostics.append(_conflict(self.step, tag, span, first))
                self.option_spans.setdefault((self.step, key), span)

    # --- the result

    def section(self) -> Section:
        spans: dict[str, Span] = {}
        for cell in self.cells:
            if cell.step is not None:
                spans.setdefault(cell.step, cell.span)
        after = self._after(spans)
        steps = []
        for name, span in spans.items():
            inner = self.inner.get(name, PlacedStep(name=name, span=span))
            own = from_entries(self.options.get(name, {}))
            steps.append(
                replace(
                    inner,
                    span=self.named.get(name, inner.span),
                    after=tuple(dict.fromkeys((*inner.after, *after.get(name, ())))),
                    options=merge(inner.options, own),
                )
            )
        return Section(cells=tuple(self.cells), steps=tuple(steps))

    def _after(self, steps: Mapping[str, Span]) -> dict[str, list[str]]:
        """Return the declared predecessors of each step."""
        after: dict[str, list[str]] = {}
        for followers, names, span in self.wanted:
            for name in names:
                before = self._resolve(name, steps, span)
                for follower in followers:
                    if follower in before and name == follower:
                        self.diagnostics.append(_own_predecessor(follower, span))
                    found = after.setdefault(follower, [])
                    found.extend(step for step in before if step != follower)
        return after

    def _resolve(self, name: str, steps: Mapping[str, Span], span: Span) -> tuple[str, ...]:
        """Return the steps that `prev:name` means: a step, or the end of an included notebook."""
        if name in steps and name not in self.inner:
            return (name,)
        if name in self.included:
            return tuple(step for part in self.included[name] for step in part.last_steps)
        if name in steps:
            return (name,)
        if name in ROLES:
            self._reject(span, [f"prev:{name}"], f"`{name}` is no step")
            return ()
        self.diagnostics.append(_unknown_step(name, (*steps, *self.included), span))
        return ()


def _first_step(cells: Iterable[TaggedCell]) -> str:
    """Return the step that owns what stands above every step."""
    for tagged in cells:
        if tagged.tags.step is not None:
            return tagged.tags.step
        if tagged.included is not None and tagged.included.steps:
            return tagged.included.steps[0].name
    return ONLY_STEP


def unique_names(section: Section, prefix: str, taken: Iterable[str]) -> dict[str, str]:
    """Return names for the steps of an included notebook that clash with none of `taken`."""
    used = set(taken)
    for part in _numbered(prefix):
        names = {
            step.name: part if step.name == ONLY_STEP else f"{part}-{step.name}"
            for step in section.steps
        }
        if used.isdisjoint(names.values()):
            return names
    raise AssertionError("numbers do not end")


def _numbered(prefix: str) -> Iterator[str]:
    yield prefix
    number = 2
    while True:
        yield f"{prefix}-{number}"
        number += 1


# --- diagnostics


def _without_effect(span: Span, tags: Iterable[str], why: str) -> Diagnostic:
    names = ", ".join(f"`{tag}`" for tag in tags)
    return Diagnostic(
        code=Code.TAG_WITHOUT_EFFECT, span=span, message=f"{names} has no effect: {why}"
    )


def _conflict(step: str, tag: OptionTag, span: Span, first: Span) -> Diagnostic:
    return Diagnostic(
        code=Code.CONFLICTING_OPTIONS,
        span=span,
        message=f"`{tag}` contradicts what another cell of the step `{step}` asks for",
        hint="keep it on one cell of the step",
        step=step,
        related=(Related(span=first, message="asked for here first"),),
    )


def _own_predecessor(step: str, span: Span) -> Diagnostic:
    return Diagnostic(
        code=Code.SELF_DEPENDENCY,
        span=span,
        message=f"the step `{step}` is declared to come after itself",
        hint=f"remove `{step}` from the tag",
        step=step,
    )


def _unknown_step(name: str, known: Iterable[str], span: Span) -> Diagnostic:
    names = list(dict.fromkeys(known))
    return Diagnostic(
        code=Code.UNKNOWN_STEP,
        span=span,
        message=f"`prev:{name}` names a step that does not exist",
        hint=values.did_you_mean(name, names)
        or f"steps are {', '.join(f'`{step}`' for step in names)}",
    )
