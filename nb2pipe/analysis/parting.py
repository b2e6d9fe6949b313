"""Objects of which a step would get two: one in a value that it loads, one in what it holds or defines anew."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from nb2pipe.analysis.facts import ReplayKind, WriteKind
from nb2pipe.analysis.heap import NOTHING, Sites
from nb2pipe.analysis.link import Linker
from nb2pipe.analysis.versions import Version
from nb2pipe.diagnostics import Code, Diagnostic, Span
from nb2pipe.frontend.layout import Layout, StepLayout


@dataclass(slots=True)
class Parting:
    """What one step has in two; `bound` is what its names are bound to, as its program is written.

    `doubted` are names of what must be left alone, because it came apart from what may share an object with it.
    """

    step: StepLayout
    layout: Layout
    linker: Linker
    bound: Mapping[str, Version]
    doubted: set[str] = field(default_factory=set)

    def check(
        self, arriving: Sequence[Version], version: Version, cell: int
    ) -> Iterator[Diagnostic]:
        """Report what is parted from something that the step holds when it gets `arriving`, because of `version`.

        Where only caution says that the object is changed later, the runtime is to see that it is not.
        """
        fresh = {item.name for item in arriving}
        for name, held in self.bound.items():
            if name in fresh or held.hidden:
                continue
            shared = self._shared(arriving, held, cell)
            if not shared or not self._is_used(held, cell):
                continue
            if self.linker.shows(shared, cell, surely=True):
                yield Diagnostic(
                    code=Code.VIEW_CROSSES,
                    span=line_span(self.layout.cells[version.cell].span, version),
                    step=self.step.name,
                    message=f"`{version.name}` comes to step `{self.step.name}` from another step, but "
                    f"shares an object with `{name}`, which is there already",
                    hint=f"make `{version.name}` in step `{self.step.name}`, or give the cells from "
                    f"cell {self.layout.cells[cell].cell.number} on a step of their own",
                )
            elif self.linker.shows(shared, cell):
                self.doubted.update({name, *fresh})

    def left_alone(self, cell: int) -> list[str]:
        """Return what a cell must leave alone."""
        for facts in self.linker.interpretation.cells[cell].statements:
            for name, write in facts.writes.items():
                if write.kind is not WriteKind.MUTATE:
                    self.doubted.discard(name)
        return sorted(self.doubted)

    def _shared(self, arriving: Sequence[Version], held: Version, cell: int) -> Sites:
        """Return the objects in `arriving` that `held` has as well, and that become two."""
        linker = self.linker
        values = [item for item in arriving if not item.hidden]
        if held.defined_anew:
            # What is reached through code is that of the code defined anew.
            names = [item.name for item in values if linker.is_load(self.step.name, item)]
            had = NOTHING.union(*(linker.beside_code(name, cell) for name in names))
            return had & linker.own_objects(held)
        if _is_made_anew(held):
            return NOTHING
        fresh = [item for item in values if item.replayable and item.defined_anew]
        defined = [linker.own_objects(item) for item in fresh]
        loaded = [linker.shareable(item.name, cell) for item in values if item not in fresh]
        return (NOTHING.union(*defined) & linker.beside_code(held.name, cell)) | (
            NOTHING.union(*loaded) & linker.shareable(held.name, cell)
        )

    def _is_used(self, held: Version, cell: int) -> bool:
        """Whether the step uses what a name has when `cell` starts, from there on, changed or not."""
        history = self.linker.history
        current = history.before[cell].get(held.name)
        if held.defined_anew:  # other code may use it
            return current is not None and current.origin is held.origin
        later = (history.needs[other].get(held.name) for other in self.step.cells if other >= cell)
        return current is held and any(
            version is not None and version.rests_on(held) for version in later
        )


def _is_made_anew(version: Version) -> bool:
    """Whether each step has its own: not an open file, of which another step hands on parts."""
    origin = version.origin
    return origin.replayable and origin.statement.replay is not ReplayKind.RECREATE


def line_span(span: Span, version: Version) -> Span:
    """Return the line, in the cell at `span`, of the statement that made a version."""
    return replace(span, line=version.statement.node.lineno)
