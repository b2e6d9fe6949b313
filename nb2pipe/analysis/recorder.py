"""The interpreter's state: what names refer to now, and what the running statement did."""

import ast
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from nb2pipe.analysis.caches import Cache
from nb2pipe.analysis.definitions import Definition, Frame
from nb2pipe.analysis.facts import Read, Write, WriteKind
from nb2pipe.analysis.heap import IMMUTABLE, NOTHING, Heap, Site, Sites, Value, join
from nb2pipe.analysis.open_files import Handle, OpenFiles, Opening


@dataclass(frozen=True, slots=True)
class Binding:
    """A global name: its value, and whether some path leaves it unbound."""

    value: Value
    maybe: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state at one point, for paths that part and meet again."""

    names: dict[str, Binding]
    values: dict[str, Value] | None
    assigned: frozenset[str]
    opened: frozenset[Site]
    alive: bool


@dataclass(slots=True)
class Recorder:
    """What the running statement has done so far."""

    reads: dict[str, Read] = field(default_factory=dict)
    defined: dict[str, ast.AST] = field(default_factory=dict)
    deleted: dict[str, ast.AST] = field(default_factory=dict)
    mutated: dict[str, Write] = field(default_factory=dict)
    let_go: dict[str, list[str]] = field(default_factory=dict)
    sets_options: bool = False
    states: dict[str, ast.AST] = field(default_factory=dict)
    lost_option: ast.AST | None = None
    planted: set[str] = field(default_factory=set)
    varies: bool = False
    cases: set[str] = field(default_factory=set)
    displayed: set[str] = field(default_factory=set)
    lost_output: ast.AST | None = None
    calls: int = 0
    recreates: bool = False
    draws: bool = False
    unknown_file: ast.AST | None = None
    dynamic: ast.AST | None = None
    effects: int = 0
    opaque: list[tuple[ast.AST, str]] = field(default_factory=list)
    identified: dict[str, ast.AST] = field(default_factory=dict)


@dataclass(slots=True)
class Doings:
    """What a function that keeps its results has done so far: the names that it read, and more than compute."""

    reads: set[str] = field(default_factory=set)
    acts: bool = False


class Memory:
    """Names, heap and the record of the running statement."""

    def __init__(self) -> None:
        self.heap = Heap()
        self.names: dict[str, Binding] = {}
        self.assigned: set[str] = set()
        self.alive = True
        self.record = Recorder()
        self.order = 0
        self.statement: ast.stmt = ast.Pass()
        self.guards = 0
        self.changed_at: dict[Site, int] = {}
        self.surely_changed_at: dict[Site, int] = {}
        # The same, but also within a statement: counts changes.
        self.clock = 0
        self.changed_when: dict[Site, int] = {}
        self.compared: set[Site] = set()
        # Sets whose order somebody saw, and when last; and what the order of a set comes from.
        self.walked_at: dict[Site, int] = {}
        self.derived: dict[Site, Sites] = {}
        self.unstorable: set[Site] = set()
        # Decorators of libraries that call the function which they get.
        self.calling: set[Site] = set()
        self.states_set: set[str] = set()
        self.imported: set[str] = set()
        # The file behind what is written through.
        self.backed: dict[Site, str] = {}
        # What variables of a module hold: stored apart from these, a change would stay in one of them.
        self.shown: set[Site] = set()
        self.shown_changed: set[Site] = set()
        # Calls that open a file with a mode.
        self.opening: dict[ast.AST, Opening] = {}
        self.files = OpenFiles()
        self._sites: dict[tuple[object, ...], Site] = {}
        self.stack: list[ast.AST] = []
        # What `globals()` returns, and the names that are read somewhere but bound nowhere.
        self.namespace = Site("dict")
        self.missing: frozenset[str] = frozenset()
        # Where relative paths begin, seen from where the notebook began; None when that is not known.
        self.folder: str | None = ""
        # States that the context managers around put back at their end.
        self.put_back: frozenset[str] = frozenset()
        # The names of displayed values that the notebook reads, and those that may have another value than is known.
        self.outputs: frozenset[str] = frozenset()
        self.doubtful: dict[str, Binding | None] = {}
        # What tags say of the running cell: names that it leaves alone, whether its hidden ways are declared.
        self.pure: frozenset[str] = frozenset()
        self.explained = False
        # Functions that keep their results: what those do that are running, from the outside in; what each keeps;
        # and what they return when they call themselves.
        self.doings: list[Doings] = []
        self.caches: dict[Definition, Cache] = {}
        self.returned_again: set[Site] = set()
        # The cases of functions that choose one by the type of their first argument.
        self.cases: dict[Site, set[Site]] = {}

    # --- objects

    def site(self, node: ast.AST | str, role: str = "", type_: str | None = None) -> Site:
        """Return the object that `node` makes: the same one each time, per statement and innermost call."""
        if isinstance(node, str):
            key: tuple[object, ...] = (node, role)
        else:
            key = (id(node), role, self.order, id(self.stack[-1]) if self.stack else None)
        site = self._sites.get(key)
        if site is None:
            site = self._sites[key] = Site(type=type_)
        return site

    def mutate(self, sites: Sites, node: ast.AST, because: str, *, cautious: bool = False) -> None:
        """Record that `sites` change in place: every name that can see one of them is written."""
        if not sites:
            return
        self.record.effects += 1
        if self.namespace in sites:
            self.rewrite_names(node)
        if self.files.opened:
            sites |= self._streams(sites)
        self._use_handles(sites, node)
        sites = self.heap.memory(sites)
        self._note_kept(sites)
        if not cautious:
            self.shown_changed |= self.shown & sites
        names = [
            name
            for name in sorted(self.names_that_see(sites))
            # That unknown code might change a default argument is no reason to refuse a function.
            if not (cautious and all(site.definition for site in self.names[name].value.sites))
        ]
        if cautious and names and self.pure.issuperset(names):
            return
        self._note_changed(sites, cautious=cautious)
        for name in names:
            self.touch(name, node, because, cautious=cautious)

    def names_that_see(self, sites: Sites) -> frozenset[str]:
        """Return the variables from which one of `sites` can be reached."""
        observers = self.heap.observers(sites)
        return frozenset(
            name
            for name, binding in self.names.items()
            if not binding.value.sites.isdisjoint(observers)
        )

    def _note_kept(self, sites: Sites) -> None:
        """Record that results change which a function keeps; not what its own body makes."""
        for definition, cache in self.caches.items():
            if cache.kept in self.heap.observers(sites) and (
                definition.node not in self.stack or not self.returned_again.isdisjoint(sites)
            ):
                cache.changed = True

    # --- open files

    def open(self, sites: Sites, handle: Handle) -> None:
        """Record that objects are open files."""
        self.files.open(sites, handle)
        if handle.opening.writes:
            self.backed.update(dict.fromkeys(sites, handle.file))

    def close(self, sites: Sites, *, opened_for_it: bool = False) -> None:
        """Record that a file is closed, if it is certain which: the place that opens it may open several.

        All of these are closed in the end where a statement opens each of them for itself (`opened_for_it`).
        """
        handles = [self.files.handles.get(site) for site in sites]
        if len(handles) != 1 or handles[0] is None:
            return
        if opened_for_it and handles[0].order == self.order:
            self.files.opened -= sites
            return
        bound = [
            name for name, held in self.names.items() if not sites.isdisjoint(held.value.sites)
        ]
        if handles[0].single or (len(bound) <= 1 and sites.isdisjoint(self.heap.holders)):
            self.files.opened -= sites

    def _streams(self, sites: Sites) -> Sites:
        """Return the open files that move, or are let go, when `sites` change: a reader reads on in its file."""
        return frozenset(s for s in self.heap.reach(sites) & self.files.opened if s.type == "file")

    def _use_handles(self, sites: Sites, node: ast.AST) -> None:
        """Record that open files are used, and that what is behind `sites` changes with them."""
        self.files.use(sites, self.order)
        for name in self._files_behind(sites):
            self.names.setdefault(name, Binding(Value()))
            self._note_read(name, node)
            self._note_change(name, node, "it is written through an open file")

    def _files_behind(self, sites: Iterable[Site]) -> list[str]:
        """Return the files that are written through `sites`."""
        return sorted({self.backed[site] for site in sites if site in self.backed})

    def need_files(self, sites: Sites, node: ast.AST) -> None:
        """Record that open files are needed as they are now, to be opened again elsewhere."""
        if self.files.opened:
            found = self.heap.reach(sites) & self.files.opened
            for file in sorted({self.files.handles[site].file for site in found}):
                self._note_read(file, node)

    def _rename_handles(self, name: str, sites: Sites, node: ast.AST) -> None:
        """Record what becomes of open files when a name refers to `sites` instead of what it did.

        They may be closed, which writes them; or they get another name, and are stored with that.
        """
        if not self.files.opened:
            return
        binding = self.names.get(name)
        kept = self.heap.reach(sites) & self.files.opened
        let_go = (
            self.heap.reach(binding.value.sites if binding else NOTHING) & self.files.opened - kept
        )
        for file in self._files_behind(kept):
            self._note_change(file, node, "its handle gets another name")
        for file in self._files_behind(let_go):
            if file in self.assigned:
                self.read(name, node)
            self._note_change(file, node, "it is written when its handle is let go")
            self.record.let_go.setdefault(file, []).append(name)

    def walk(self, sites: Iterable[Site]) -> None:
        """Record that the order shows in which sets are walked, and of what they were made of."""
        queue = list(sites)
        while queue:
            site = queue.pop()
            if site.type == "set" and self.walked_at.get(site) != self.order:
                self.walked_at[site] = self.order
                queue += self.derived.get(site, NOTHING)

    def derive(self, made: Iterable[Site], sites: Sites) -> None:
        """Record that the order of the sets `made` comes from that of others."""
        for site in made:
            if site.type == "set" and site not in sites:
                self.derived[site] = self.derived.get(site, NOTHING) | sites

    def _note_changed(self, sites: Iterable[Site], *, cautious: bool = False) -> None:
        changed = dict.fromkeys(sites, self.order)
        self.changed_at |= changed
        self.clock += 1
        self.changed_when.update(dict.fromkeys(changed, self.clock))
        if not cautious:
            self.surely_changed_at |= changed

    def read_names(self, node: ast.AST) -> None:
        """Record that any variable may be needed: code reaches them in a way that does not show which."""
        for name in list(self.names):
            self.read(name, node)

    def rewrite_names(self, node: ast.AST) -> None:
        """Record that any variable may be bound anew or changed, to anything: not imports and code.

        The names that no cell is seen to define may get their value here as well.
        """
        if self.explained:
            return
        self.record.dynamic = node
        self.act()
        self.read_names(node)
        values = {name: binding.value.sites for name, binding in self.names.items()}
        plain = {
            name: sites
            for name, sites in values.items()
            if not name.startswith("<")
            and self.names[name].value.dotted is None
            and all(site.definition is None for site in sites)
        } | dict.fromkeys(self.missing - self.names.keys(), NOTHING)
        anything = self.site(node, "anything")
        self.heap.hold([anything], NOTHING.union(*plain.values()))
        self._note_changed(self.heap.reach(frozenset([anything])))
        for name, sites in plain.items():
            self.names[name] = Binding(Value(sites | {anything}), maybe=True)
            self.record.defined.setdefault(name, node)

    def touch(self, name: str, node: ast.AST, because: str, *, cautious: bool = False) -> None:
        """Record that the value of `name` changes in place; it is needed from before, too."""
        self.files.use_path(name, self.order, writes=True)
        self._note_change(name, node, because, cautious=cautious)

    def _note_change(
        self, name: str, node: ast.AST, because: str, *, cautious: bool = False
    ) -> None:
        self.act()
        if name not in self.assigned and not (cautious and name in self.pure):
            known = self.record.mutated.get(name)
            if known is None or (known.cautious and not cautious):
                self.record.mutated[name] = Write(
                    kind=WriteKind.MUTATE, node=node, cautious=cautious, because=because
                )

    def act(self) -> None:
        """Record that the running functions do more than compute a result."""
        for doings in self.doings:
            doings.acts = True

    # --- global names

    def read(self, name: str, node: ast.AST) -> None:
        """Record that the value of a global name is needed."""
        self.files.use_path(name, self.order, writes=False)
        self._note_read(name, node)

    def _note_read(self, name: str, node: ast.AST) -> None:
        for doings in self.doings:
            doings.reads.add(name)
        if name in self.doubtful and self.doubtful[name] is self.names.get(name):
            self.record.lost_output = node
        if name not in self.assigned:
            known = self.record.reads.get(name)
            guarded = self.guards > 0
            if known is None or (known.guarded and not guarded):
                self.record.reads[name] = Read(node=node, guarded=guarded)

    def define(self, name: str, value: Value, node: ast.AST) -> None:
        """Bind a global name."""
        self.record.effects += 1
        self.act()
        self.files.use_path(name, self.order, writes=True)
        self._rename_handles(name, value.sites, node)
        self.names[name] = Binding(value)
        self.assigned.add(name)
        self.record.defined[name] = node

    def unbind(self, name: str, node: ast.AST) -> None:
        """Remove a global name."""
        self.act()
        self._rename_handles(name, NOTHING, node)
        self.names.pop(name, None)
        self.assigned.discard(name)
        self.record.deleted[name] = node

    def set_option(self, state: str | None, node: ast.AST, *, harmless: bool = False) -> None:
        """Record that an option is set, here or in a called function.

        `state` is the hidden state that keeps it, None if that cannot travel; then it is lost to later
        steps if the statement cannot be run again there, unless it is `harmless`.
        """
        if state in self.put_back:
            return
        self.act()
        self.record.sets_options |= not self.stack
        if state is not None:
            self.carry_state(state, node)
        elif not harmless:
            self.record.lost_option = self.record.lost_option or node

    def carry_state(self, state: str, node: ast.AST) -> None:
        """Record that hidden state changes, in a way that running the statement again does not repeat."""
        if state not in self.put_back:
            self.act()
            self.states_set.add(state)
            self.record.states.setdefault(state, node)
            # What somebody else has of it changes, too, unless that is a number or the like.
            others = (site for site in self.shown if self.backed.get(site) == state)
            self.shown_changed |= {site for site in others if site.type is not None}

    def show(self, sites: Sites, state: str) -> None:
        """Record that the notebook gets objects that hidden state holds."""
        self.backed.update(dict.fromkeys(sites, state))
        self.shown |= sites

    def use_state(self, state: str, node: ast.AST) -> None:
        """Record that hidden state is read and changed; before anything set it, nobody can tell."""
        name = f"<{state}>"
        if name in self.names and name not in self.pure:
            self.read(name, node)
            self.touch(name, node, f"it draws from the global generator of `{state}`")

    def count(self, counter: str, node: ast.AST) -> None:
        """Record that a library numbers something, in an attribute of its own."""
        name = f"<{counter}>"
        self.names.setdefault(name, Binding(IMMUTABLE))
        self.read(name, node)
        self.touch(name, node, f"what it makes gets the next number, which is in `{counter}`")

    # --- paths

    def snapshot(self, frame: Frame | None) -> Snapshot:
        """Return the state, to come back to it."""
        values = dict(frame.values) if frame else None
        return Snapshot(
            dict(self.names),
            values,
            frozenset(self.assigned),
            frozenset(self.files.opened),
            self.alive,
        )

    def restore(self, snapshot: Snapshot, frame: Frame | None) -> None:
        """Go back to a state."""
        self.names = dict(snapshot.names)
        self.assigned = set(snapshot.assigned)
        self.files.opened = set(snapshot.opened)
        self.alive = snapshot.alive
        if frame is not None and snapshot.values is not None:
            frame.values = dict(snapshot.values)

    def meet(self, ends: Iterable[Snapshot], frame: Frame | None) -> None:
        """Go on in the state where all paths that are still alive meet."""
        states = list(ends)
        alive = [state for state in states if state.alive]
        if not alive:
            self.restore(states[-1], frame)
            self.alive = False
            return
        first, *others = alive
        if others:
            first = Snapshot(
                _meet_names(alive),
                _meet_values(alive),
                frozenset.intersection(*(state.assigned for state in alive)),
                frozenset.union(*(state.opened for state in alive)),
                alive=True,
            )
        self.restore(first, frame)

    @contextmanager
    def guarded(self, *, when: bool) -> Iterator[None]:
        """Within this block a missing name is caught, if `when`."""
        self.guards += when
        try:
            yield
        finally:
            self.guards -= when


def _meet_names(states: list[Snapshot]) -> dict[str, Binding]:
    names: dict[str, Binding] = {}
    first = states[0].names
    for name in dict.fromkeys(name for state in states for name in state.names):
        bindings = [state.names[name] for state in states if name in state.names]
        if len(bindings) == len(states) and all(b is first[name] for b in bindings):
            names[name] = first[name]
            continue
        maybe = len(bindings) < len(states) or any(binding.maybe for binding in bindings)
        names[name] = Binding(join(binding.value for binding in bindings), maybe)
    return names


def _meet_values(states: list[Snapshot]) -> dict[str, Value] | None:
    if any(state.values is None for state in states):
        return None
    values: dict[str, Value] = {}
    for state in states:
        for name, value in (state.values or {}).items():
            known = values.get(name)
            values[name] = value if known is None or known is value else join((known, value))
    return values


__all__ = ["NOTHING", "Binding", "Memory", "Recorder", "Snapshot"]
