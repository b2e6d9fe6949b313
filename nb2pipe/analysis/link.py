"""Link steps: which versions each step needs before each of its cells, and which step supplies them.

Demand drives it: what a cell reads is demanded of the step that made it, and what that rests on of
the steps before. Whatever nobody demands is neither stored nor an edge. This is the one place where
facts, of variables and of hidden state alike, become edges.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from nb2pipe.analysis.facts import ReplayKind, WriteKind
from nb2pipe.analysis.handles import handles_in, portable
from nb2pipe.analysis.heap import NOTHING, Site, Sites
from nb2pipe.analysis.interpret import Interpretation
from nb2pipe.analysis.reaching import Reaching
from nb2pipe.analysis.supply import Group, Supply, merge_groups
from nb2pipe.analysis.versions import History, Option, Version
from nb2pipe.frontend.layout import Layout, Role


@dataclass(slots=True)
class StepLinks:
    """What one step needs: per cell the versions that must be there when it starts, and options."""

    name: str
    needs: dict[int, list[Version]] = field(default_factory=dict)
    options: dict[int, list[Option]] = field(default_factory=dict)
    groups: list[Group] = field(default_factory=list)


class Linker(Reaching):
    """Collects what every step needs until nothing is missing."""

    def __init__(self, layout: Layout, interpretation: Interpretation, history: History) -> None:
        super().__init__(interpretation, history)
        self.step_of = {laid.cell.position: laid.cell.step for laid in layout.cells}
        self.steps = {step.name: StepLinks(step.name) for step in layout.steps}
        self._layout = layout
        self._cells = {step.name: step.cells for step in layout.steps}
        self.supplies: tuple[Supply, ...] = ()
        self._holders: dict[Version, list[Supply]] = {}
        self._definitions_of: dict[tuple[Supply, bool], Sequence[Version]] = {}
        self.views: set[tuple[str, Version]] = set()
        self.portable = portable(interpretation.files)
        self._seen: set[tuple[str, int, Version]] = set()
        self._set_again: set[tuple[str, int]] = set()
        self._planting = [
            facts for parsed in interpretation.cells for facts in parsed.statements if facts.planted
        ]

    def link(self) -> Mapping[str, StepLinks]:
        """Return the links of every step."""
        for step in self._layout.steps:
            for cell in step.cells:
                for version in self.history.needs[cell].values():
                    self.require(step.name, cell, version)
            self._force_roles(step.name, step.cells)
            self._replay_options(step.name, step.cells)
        while self._group_all():
            pass
        return self.steps

    # --- needs

    def require(self, step: str, cell: int, version: Version | None) -> None:
        """Note that `version` must be bound in `step` when `cell` starts."""
        if version is None or (step, cell, version) in self._seen:
            return
        self._seen.add((step, cell, version))
        if version.replayable and self.step_of[version.cell] != step:
            cell = self._first_cell_after(step, version)
        if version.cell == cell:
            self._rest(version)
            return
        needs = self.steps[step].needs.setdefault(cell, [])
        if version not in needs:
            needs.append(version)
        if version.kind is WriteKind.DELETE or version.parameter:
            return
        if version.state_only and self.is_load(step, version):
            self.require(step, cell, version.origin)
        own = self.step_of[version.cell] == step and version.cell < cell
        again = version.replayable or (step, version) in self.views
        if not own and (again or self._is_fresh_view(step, version, cell)):
            for needed in version.eager:
                self.require(step, cell, needed)
            return
        self._rest(version)

    def _first_cell_after(self, step: str, version: Version) -> int:
        """Return where to replay a statement: early, before the step's own cells rebind what it needs."""
        return min(cell for cell in self._cells[step] if cell > version.cell)

    def _is_fresh_view(self, step: str, version: Version, cell: int) -> bool:
        """Whether a part of a variable is best taken again: it shares memory, and is still the same part."""
        before = self.history.before[cell]
        if not version.view or any(before.get(base.name) is not base for base in version.eager):
            return False
        sites = self.shareable(version.name, cell)
        # A slice of a list is another list, which may have other names as well.
        inside = NOTHING.union(*(self.shareable(base.name, cell) for base in version.eager))
        if sites <= inside and any(self._mattering(sites, self._first_order[cell])):
            self.views.add((step, version))
            return True
        return False

    def _rest(self, version: Version) -> None:
        """Require what a version rests on, in the step that makes it."""
        producer = self.step_of[version.cell]
        if producer is not None:
            for needed in (version.previous, *version.handles):
                self.require(producer, version.cell, needed)

    def _require_definitions(self, step: str, cell: int, supply: Supply) -> None:
        """Require the classes and functions that an artifact refers to, before `cell` loads it."""
        for made in self._definitions(supply):
            if made.order >= self._first_order[cell]:
                continue
            current = self.history.before[cell].get(made.name)
            if made.replayable:
                self.require(step, cell, made)
            same = current is not None and current.origin is made
            if same and (not made.replayable or current is not made):
                self.require(step, cell, current)
        for base in self._definitions(supply, bases=True):
            current = self.history.before[cell].get(base.name)
            if current is not None and current is not base and current.origin is base:
                self.require(step, cell, current)

    def _require_files(self, step: str, cell: int, supply: Supply) -> None:
        """Require the files on which an artifact has handles, before `cell` loads it."""
        for version in self.files_of(supply, cell):
            self.require(step, cell, version)

    def files_of(self, supply: Supply, cell: int) -> Iterable[Version]:
        """Return the files on which an artifact has handles, as they are when `cell` starts."""
        handles = self.interpretation.files.handles
        names = sorted({handles[site].file for site in handles_in(self, supply)})
        before = self.history.before[cell]
        return [before[name] for name in names if name in before]

    def replays(self, supply: Supply) -> Iterable[Version]:
        """Return the definitions that must be replayed before an artifact is loaded."""
        return [made for made in self._definitions(supply) if made.replayable]

    def _definitions(self, supply: Supply, *, bases: bool = False) -> Sequence[Version]:
        """Return the classes and functions of the notebook that an artifact refers to, if asked with their `bases`.

        Of those with one name it is the last: that is what the name means where it is stored.
        """
        if (supply, bases) not in self._definitions_of:
            after = self.interpretation.cells[supply.cell].after
            order = self._first_order[supply.cell + 1]
            sites = NOTHING.union(*(after.get(name, NOTHING) for name in supply.names))
            made = {self._made(site) for site in self._reach_until(sites, order, bases=bases)}
            found = [version for version in made if version is not None]
            latest = {version.name: version for version in sorted(found, key=_made_at)}
            self._definitions_of[supply, bases] = sorted(latest.values(), key=_made_at)
        return self._definitions_of[supply, bases]

    def outdated(self, supply: Supply, cell: int) -> Iterable[tuple[Version, Version]]:
        """Yield changed definitions that an artifact refers to, whose names mean something else when `cell` starts.

        Each comes with the version in which it changed last.
        """
        start = self._first_order[cell]
        for made in self._definitions(supply, bases=True):
            current = self.history.before[cell].get(made.name)
            if made.order < start and (current is None or current.origin is not made):
                states = [
                    version
                    for version in self.history.definitions.values()
                    if version.name == made.name
                    and version.origin is made
                    and version.order < start
                ]
                if len(states) > 1 or not made.replayable:
                    yield made, states[-1]

    def _made(self, site: Site) -> Version | None:
        """Return the version that defines a function or class at the top level of the notebook."""
        definition = site.definition
        if definition is None or definition.name is None:
            return None
        return self.history.definitions.get((definition.name, definition.order))

    def _force_roles(self, step: str, cells: tuple[int, ...]) -> None:
        """Replay what stands in cells tagged `imports` or `functions` in every later step."""
        for laid in self._layout.cells:
            if laid.role not in {Role.IMPORTS, Role.FUNCTIONS} or laid.cell.step == step:
                continue
            later = [cell for cell in cells if cell > laid.cell.position]
            for version in self.history.before[later[0]].values() if later else ():
                if version.cell == laid.cell.position and version.replayable:
                    self.require(step, later[0], version)

    def _replay_options(self, step: str, cells: tuple[int, ...]) -> None:
        """Set the options again that other steps set before a cell of this one, or bring their state."""
        own = set(cells)
        done: set[int] = set()
        for cell in cells:
            for option in self.history.options:
                if option.statement.cell >= cell or option.statement.cell in own:
                    continue
                if option.statement.order not in done:
                    done.add(option.statement.order)
                    self.steps[step].options.setdefault(cell, []).append(option)
                    for version in option.eager:
                        self._require_again(step, cell, version)
            for state in sorted(self.history.states):
                changed = self.history.before[cell].get(state)
                if changed is not None and changed.cell not in own:
                    self._bring_state(step, cell, changed)
            for name in self._planted(cell):
                self.require(step, cell, self.history.before[cell].get(name))

    def _bring_state(self, step: str, cell: int, version: Version) -> None:
        """Bring options: by setting them again where the step makes all that this takes, or as stored."""
        chain: list[Version] = []
        link: Version | None = version
        while link is not None and self.step_of[link.cell] != step:
            chain.append(link)
            link = link.previous
        again = all(
            item.statement.replay is ReplayKind.SETTING
            and all(v.repeatable or self.step_of[v.cell] == step for v in item.eager)
            for item in chain
        )
        if not again:
            self.require(step, cell, version)
            return
        for item in chain:
            if (step, item.order) not in self._set_again:
                self._set_again.add((step, item.order))
                option = Option(statement=item.statement, eager=item.eager)
                self.steps[step].options.setdefault(cell, []).append(option)
                for needed in item.eager:
                    self._require_again(step, cell, needed)

    def _require_again(self, step: str, cell: int, version: Version) -> None:
        """Require what a setting reads; a literal is made anew unless the step gets it anyhow."""
        gets = any(version in versions for versions in self.steps[step].needs.values())
        if version.literal and self.step_of[version.cell] != step and not gets:
            self.views.add((step, version))
        self.require(step, cell, version)

    def _planted(self, cell: int) -> Iterable[str]:
        """Return the names that functions given to libraries may look up when `cell` runs."""
        given = (facts.planted for facts in self._planting if facts.cell <= cell)
        return sorted(frozenset[str]().union(*given))

    # --- groups

    def loads(self, step: str) -> dict[Version, int]:
        """Return the versions that `step` loads, each with the first cell that needs it."""
        found: dict[Version, int] = {}
        for cell in sorted(self.steps[step].needs):
            for version in self.steps[step].needs[cell]:
                if self.is_load(step, version):
                    found.setdefault(version, cell)
        return found

    def is_load(self, step: str, version: Version) -> bool:
        """Whether `step` gets `version` as an artifact."""
        return (
            self.step_of[version.cell] != step
            and not version.replayable
            and not version.parameter
            and version.kind is not WriteKind.DELETE
            and (step, version) not in self.views
        )

    def is_whole(self, version: Version) -> bool:
        """Whether the step that makes a version gets the one that it changes: nobody may ask for it by that name."""
        step, previous = self.step_of[version.cell], version.previous
        while previous is not None and (step, version.cell, previous) not in self._seen:
            if self.step_of[previous.cell] != step:
                return False
            version, previous = previous, previous.previous
        return True

    def _group_all(self) -> bool:
        """Form the groups of every step; tell whether that made new needs."""
        before = len(self._seen)
        loads = {name: self.loads(name) for name in self.steps}
        for name, links in self.steps.items():
            links.groups = self._group(loads[name])
            for group in links.groups:
                producer = self.step_of[group.latest.cell]
                for version in group.versions:
                    if producer is not None and self.step_of[version.cell] != producer:
                        self.require(producer, group.latest.cell, version)
        self.supplies = merge_groups(
            (self.step_of[group.latest.cell], group)
            for links in self.steps.values()
            for group in links.groups
        )
        self._holders = {}
        for supply in self.supplies:
            for version in supply.versions:
                self._holders.setdefault(version, []).append(supply)
        for name, links in self.steps.items():
            for group in links.groups:
                first = min(loads[name][version] for version in group.versions)
                self._require_definitions(name, first, self.supply_of(group))
                self._require_files(name, first, self.supply_of(group))
        return len(self._seen) > before

    def supply_of(self, group: Group) -> Supply:
        """Return the artifact that holds a group."""
        wanted = set(group.versions)
        holders = self._holders[group.versions[0]]
        return next(supply for supply in holders if wanted <= set(supply.versions))

    def _group(self, loads: Mapping[Version, int]) -> list[Group]:
        """Put versions together whose shared objects somebody changes later, or compares.

        Two versions of one name never are: the later one takes the place of the other. Nor is one that
        has changed by the time when all of the group are there.
        """
        groups: dict[int, list[tuple[Version, Sites]]] = {}
        holders: dict[Site, set[int]] = {}  # groups that hold an object, or did before they grew
        for rank, (version, cell) in enumerate(loads.items()):
            sites = NOTHING if version.hidden else self.shareable(version.name, cell)
            since = self._first_order[cell]
            groups[rank] = [(version, sites)]
            mattering = self._mattering(sites, since)
            sharing = set[int]().union(*(holders.get(site, ()) for site in mattering))
            for other in sorted(sharing & groups.keys()):
                if self._coexist([item for item, _ in groups[rank] + groups[other]]):
                    groups[rank] += groups.pop(other)
            for site in NOTHING.union(*(held for _, held in groups[rank])):
                holders.setdefault(site, set()).add(rank)
        return [Group(tuple(version for version, _ in group)) for group in groups.values()]

    def _coexist(self, versions: Sequence[Version]) -> bool:
        """Whether all these versions are current at once: after the cell that made the last one."""
        latest = max(version.cell for version in versions)
        current = self.history.before[latest + 1]
        return all(current.get(version.name) is version for version in versions)


def _made_at(version: Version) -> int:
    return version.order


def file_order(links: Linker) -> Iterable[tuple[str, str, str]]:
    """Yield (earlier step, later step, path) where a file must not be written before it was read.

    Steps own copies of variables, but those of one machine share its working directory.
    """
    users: dict[str, list[str]] = {}
    for cell in links.interpretation.cells:
        step = links.step_of[cell.cell]
        for facts in cell.statements:
            for name in [
                name for name in {**facts.reads, **facts.writes} if name.startswith("<file:")
            ]:
                if step is None:
                    continue
                if name in facts.writes:
                    for user in users.get(name, ()):
                        if user != step:
                            yield user, step, name
                    users[name] = [step]
                else:
                    users.setdefault(name, []).append(step)
