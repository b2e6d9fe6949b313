"""What the runtime is to watch: values of a step that others use later, and are believed to be left alone.

A cell that changes such a value, unnoticed by the analysis, changes it for the others when the notebook runs
whole but not in the pipeline. The runtime compares, and fails the step (`docs/manifest.md`).
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field

from nb2pipe.analysis.facts import ReplayKind, WriteKind
from nb2pipe.analysis.file_names import may_write
from nb2pipe.analysis.heap import Site
from nb2pipe.analysis.history import LAST
from nb2pipe.analysis.labels import renames_labels
from nb2pipe.analysis.link import Linker
from nb2pipe.analysis.supply import Supply
from nb2pipe.analysis.versions import Version
from nb2pipe.analysis.watch_modules import Uses, module_state, note_use, uses_of_modules
from nb2pipe.frontend.modules import Module
from nb2pipe.ir import Apart, Tied

GENERATORS = {"<random>", "<numpy.random>", "<torch>"}
_PROCESS = "process"
"""The working directory, the search path of modules, the environment, and options of libraries."""
_PROCESS_STATES = "matplotlib", "numpy", "os", "pandas", "sys"
"""The states that the runtime looks at for it (`runtime/process.py`)."""


@dataclass(slots=True)
class Watch:
    """Knows where every version and every object is used, and by which steps."""

    linker: Linker
    versions: dict[Version, Uses] = field(default_factory=dict)
    sites: dict[Site, Uses] = field(default_factory=dict)
    files: dict[str, Uses] = field(default_factory=dict)
    changes: dict[Version, list[Version]] = field(default_factory=dict)
    stored: dict[Version, list[int]] = field(default_factory=dict)
    loads: dict[str, Collection[Version]] = field(default_factory=dict)
    local: Mapping[str, Module] = field(default_factory=dict)
    modules: dict[str, Uses] = field(default_factory=dict)

    def __post_init__(self) -> None:
        linker = self.linker
        for cell, needs in enumerate(linker.history.needs):
            for name, version in needs.items():
                self._use(name, version, linker.step_of.get(cell), cell)
        for step, links in linker.steps.items():
            for cell, versions in links.needs.items():
                for version in versions:
                    self._use(version.name, version, step, cell)
        for supply in linker.supplies:
            for version in supply.versions:
                self.stored.setdefault(version, []).append(supply.cell)
        for version in linker.history.definitions.values():
            if version.kind is WriteKind.MUTATE and version.previous is not None:
                self.changes.setdefault(version.previous, []).append(version)
        self.modules = uses_of_modules(self.versions, self.local)

    def _use(self, name: str, version: Version | None, step: str | None, cell: int) -> None:
        if version is None:
            if name.startswith("<file:"):
                note_use(self.files.setdefault(name, {}), step, cell)
            return
        note_use(self.versions.setdefault(version, {}), step, cell)
        if not version.hidden:
            for site in self.linker.shareable(version.name, cell):
                note_use(self.sites.setdefault(site, {}), step, cell)

    def after(self, cell: int) -> Mapping[str, Version]:
        """Return the version that every name has when `cell` has run."""
        before = self.linker.history.before
        return before[cell + 1] if cell + 1 < len(before) else self.linker.history.last

    def kept(
        self, step: str, cell: int, bound: Mapping[str, Version]
    ) -> Iterator[tuple[str, bool]]:
        """Yield what a cell is to leave alone, and whether its step has it; `bound` is what the step has."""
        facts = self.linker.interpretation.cells[cell]
        written = set(self.linker.history.written(facts))
        patches = any(item.lost_option or "." in "".join(item.states) for item in facts.statements)
        for name, version in self.after(cell).items():
            if may_write(written, name) or not _is_watched(version):
                continue
            if patches and version.statement.replay is ReplayKind.IMPORT:
                continue  # the cell is known to change an attribute of a module, or of what it holds
            held = version.hidden or bound.get(name) is version
            if name in GENERATORS and not self._has(step, version):
                # It was seeded, in another step: what the cell draws would not be what the notebook draws.
                yield name, False
            elif held and self._matters(version, step, cell):
                yield name, True
            elif (
                not held
                and name not in LAST
                and _is_later(self.versions.get(version, {}), step, cell)
            ):
                yield name, False
        for name, uses in self.files.items():
            if not may_write(written, name) and _is_later(uses, step, cell):
                yield name, True
        yield from (
            (module_state(module, self.local[module], written), True)
            for module, uses in self.modules.items()
            if _is_later(uses, step, cell)
        )
        if any(
            later > cell and other not in {step, None}
            for later, other in self.linker.step_of.items()
        ):
            changed = [state for state in _PROCESS_STATES if f"<{state}>" in written]
            yield f"<{' '.join([_PROCESS, *changed])}>", True

    def _has(self, step: str, version: Version) -> bool:
        """Whether a step makes hidden state, or gets it."""
        if step not in self.loads:
            self.loads[step] = self.linker.loads(step).keys()
        return self.linker.step_of[version.cell] == step or version in self.loads[step]

    def _matters(self, version: Version, step: str, cell: int) -> bool:
        """Whether somebody would miss a change of `version`, or see it too early."""
        uses = self.versions.get(version, {})
        own = self.linker.step_of[version.cell] == step
        stores = self.stored.get(version, [])
        if own and any(at >= cell for at in stores):
            return any(other != step and first < cell for other, (first, _) in uses.items())
        if _is_later(uses, step, cell):
            return True
        if own or version.hidden:
            return False
        sites = self.linker.shareable(version.name, cell)
        return any(_is_later(self.sites.get(site, {}), step, cell) for site in sites)

    def apart(self, step: str, supply: Supply, bound: Mapping[str, Version]) -> Iterator[Apart]:
        """Yield pairs of a variable of an artifact, which other steps change, and one that is used as it was."""
        current = self.after(supply.cell)
        for version in supply.versions:
            changes = [] if version.hidden else [*self._later_changes(version, step)]
            if not changes:
                continue
            for name, other in bound.items():
                if other in supply.versions or other.hidden or current.get(name) is not other:
                    continue
                until = self._last_use(other)
                if any(
                    until > at or (until == at and not self._writes(at, name)) for at in changes
                ):
                    yield Apart(name=version.name, other=name, until=until)

    def ties(self, step: str, supply: Supply, bound: Mapping[str, Version]) -> Iterator[Tied]:
        """Yield pairs of a variable of an artifact, used later, and one that is changed elsewhere before."""
        current = self.after(supply.cell)
        for version in supply.versions:
            if version.hidden:
                continue
            used = self._used_until(version)
            for name, other in bound.items():
                if other in supply.versions or other.hidden or current.get(name) is not other:
                    continue
                if self._is_stored_since(other, version, step):
                    continue
                missed = [
                    at
                    for at in self._later_changes(other, step)
                    if at < used or (at == used and not self._writes(at, version.name))
                ]
                if missed and not self._are_known_to_share(version.name, name, supply.cell):
                    at = next(filter(self._renames_labels, missed), None)
                    yield Tied(
                        name=version.name,
                        other=name,
                        cell=missed[0] if at is None else at,
                        labels=at is not None,
                    )

    def _renames_labels(self, cell: int) -> bool:
        return renames_labels(f.node for f in self.linker.interpretation.cells[cell].statements)

    def _are_known_to_share(self, name: str, other: str, cell: int) -> bool:
        """Whether it is known after a cell what two variables share, and so what a change of one does."""
        reached = self.linker.reach_after(name, cell)
        memory = self.linker.interpretation.heap.memory(reached)
        return not memory.isdisjoint(self.linker.reach_after(other, cell))

    def _is_stored_since(self, version: Version, other: Version, step: str) -> bool:
        """Whether the step stores `version` once it has `other`: `apart` tells what they share then."""
        stored = self.stored.get(version, ())
        return self.linker.step_of[version.cell] == step and any(s >= other.cell for s in stored)

    def _writes(self, cell: int, name: str) -> bool:
        return name in self.linker.history.written(self.linker.interpretation.cells[cell])

    def _later_changes(self, version: Version, step: str) -> Iterator[int]:
        """Yield the cells of other steps that change a version, or what rests on it, in place."""
        changes = (change.cell for change in self._resting_on(version))
        return (cell for cell in changes if self.linker.step_of[cell] != step)

    def _used_until(self, version: Version) -> int:
        """Return the last cell that uses a version, or what it becomes when it is changed in place."""
        return max(map(self._last_use, (version, *self._resting_on(version))))

    def _last_use(self, version: Version) -> int:
        """Return the last cell that uses this very version, -1 if none does."""
        return max((last for _, last in self.versions.get(version, {}).values()), default=-1)

    def _resting_on(self, version: Version) -> Iterator[Version]:
        """Yield the versions that changes in place make of one."""
        waiting = [version]
        while waiting:
            changes = self.changes.get(waiting.pop(), ())
            yield from changes
            waiting += changes


def _is_watched(version: Version) -> bool:
    if version.kind is WriteKind.DELETE or version.names_options:
        return False
    return not version.hidden or version.name in GENERATORS or version.name.startswith("<file:")


def _is_later(uses: Uses, step: str, cell: int) -> bool:
    """Whether another step than `step` uses something after `cell`."""
    return any(last > cell for other, (_, last) in uses.items() if other not in {step, None})
