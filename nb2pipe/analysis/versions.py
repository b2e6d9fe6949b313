"""Versions: what each name holds between which cells.

Cells run in notebook order, so at every point a name has exactly one current version, made by the last
statement that may have written it. A statement that only may write a name, or that changes it in
place, makes a version that rests on the one before.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from nb2pipe.analysis.facts import CellFacts, ReplayKind, StatementFacts, WriteKind
from nb2pipe.analysis.imports import imports_only_standard
from nb2pipe.analysis.interpret import Interpretation


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Version:
    """The value of `name` after a statement.

    `previous` is the version that it rests on, if it does; `handles` are variables with an open file that it
    is written through. `replayable`: running the statement again
    makes it, given `eager`, the versions that the statement itself reads. `view`: so it does, as long as
    these are unchanged, because it only names a part of them. `literal`: it makes an equal one, which will
    do where nobody changes it or asks which it is.
    """

    name: str
    statement: StatementFacts
    kind: WriteKind
    previous: "Version | None" = None
    handles: tuple["Version", ...] = ()
    parameter: bool = False
    replayable: bool = False
    view: bool = False
    literal: bool = False
    eager: tuple["Version", ...] = ()

    @property
    def cell(self) -> int:
        """The position of the cell that makes it."""
        return self.statement.cell

    @property
    def order(self) -> int:
        """The place of its statement among all."""
        return self.statement.order

    @property
    def names_options(self) -> bool:
        """Whether it is where a library or the process keeps options: hidden state, by another name."""
        write = self.statement.writes.get(self.name)
        return write is not None and write.names_options

    @property
    def repeatable(self) -> bool:
        """Whether a step can make it for itself, for a setting to read."""
        return self.replayable or self.parameter or self.literal

    @property
    def origin(self) -> "Version":
        """The version that first bound the object which this one still is, changed in place."""
        version = self
        while version.kind is WriteKind.MUTATE and version.previous is not None:
            version = version.previous
        return version

    def rests_on(self, other: "Version") -> bool:
        """Whether it is another version, or may be the same object, changed since."""
        version: Version | None = self
        while version is not None and version is not other:
            version = version.previous
        return version is not None

    @property
    def state_only(self) -> bool:
        """Whether it is a function or class that changed, and that can be defined anew."""
        return self.origin is not self and self.defined_anew

    @property
    def defined_anew(self) -> bool:
        """Whether it is a function or class, changed or not, that each step can define for itself."""
        origin = self.origin
        return origin.replayable and origin.statement.replay is ReplayKind.DEFINITION

    @property
    def hidden(self) -> bool:
        """Whether it is hidden state, not a variable."""
        return self.name.startswith("<")


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A statement that sets options and may run again, with the versions that it reads."""

    statement: StatementFacts
    eager: tuple[Version, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Which version every name has when a cell starts, which names each cell needs from before it.

    `options` are settings that are run again in later steps; `states` is hidden state with options that
    cannot be set so, and is handed on instead.
    """

    before: Sequence[Mapping[str, Version]]
    needs: Sequence[Mapping[str, Version | None]]
    options: tuple[Option, ...]
    states: frozenset[str]
    definitions: Mapping[tuple[str, int], Version]
    last: Mapping[str, Version]

    def written(self, cell: CellFacts) -> Iterable[str]:
        """Return the names that a cell writes, states of options included."""
        return dict.fromkeys(
            name for facts in cell.statements for name in (*facts.writes, *facts.states)
        )


def trace(
    interpretation: Interpretation,
    parameters: Mapping[int, frozenset[str]],
    preamble: frozenset[int],
) -> History:
    """Follow every name through the cells, in notebook order.

    `parameters` are the parameters that each cell (by position) defines. `preamble` are the cells
    whose constants are configuration, and replayed; elsewhere a constant is a step's result.
    """
    current: dict[str, Version] = {}
    before: list[Mapping[str, Version]] = []
    needs: list[Mapping[str, Version | None]] = []
    options: list[Option] = []
    carried: set[str] = set()
    definitions: dict[tuple[str, int], Version] = {}
    read = {name for cell in interpretation.cells for s in cell.statements for name in s.reads}
    for cell in interpretation.cells:
        start = dict(current)
        before.append(start)
        wanted: dict[str, Version | None] = {}
        certain: set[str] = set()
        for facts in cell.statements:
            eager = {name: current[name] for name in facts.reads if name in current}
            for name in facts.reads:
                if name not in certain:
                    wanted.setdefault(name, start.get(name))
            option = _option(facts, eager, read)
            options += [option] if option is not None else []
            states = facts.states if option is None else {}
            given = parameters.get(cell.cell, frozenset())
            configures = cell.cell in preamble
            for version in _versions(facts, current, eager, given, configures=configures):
                current[version.name] = version
                definitions[version.name, version.order] = version
                if version.kind in {WriteKind.DEFINE, WriteKind.DELETE}:
                    certain.add(version.name)
            for state in states:
                changed = Version(
                    name=state,
                    statement=facts,
                    kind=WriteKind.MUTATE,
                    previous=current.get(state),
                    eager=tuple(eager.values()),
                )
                current[state] = definitions[state, facts.order] = changed
                carried.add(state)
        needs.append(wanted)
    return History(
        before=before,
        needs=needs,
        options=tuple(options),
        states=frozenset(carried),
        definitions=definitions,
        last=current,
    )


def _option(
    facts: StatementFacts, eager: Mapping[str, Version], read: Collection[str]
) -> Option | None:
    """Return how later steps set the options of a statement again, None if they cannot.

    What is imported and never used (`read` are the names that are) is imported for what that does.
    """
    unused = facts.replay is ReplayKind.IMPORT and not any(name in read for name in facts.writes)
    for_its_effect = unused and not imports_only_standard(facts.node)
    sets = facts.sets_options or facts.states or facts.lost_option or for_its_effect
    if not sets or facts.replay is None:
        return None
    given = tuple(eager.values())
    cheap = all(version.repeatable for version in given)
    if not cheap and (facts.lost_option is None or not facts.sets_options):
        return None
    return Option(statement=facts, eager=given)


def _versions(
    facts: StatementFacts,
    current: Mapping[str, Version],
    eager: Mapping[str, Version],
    parameters: frozenset[str],
    *,
    configures: bool,
) -> list[Version]:
    view, literal = facts.replay is ReplayKind.VIEW, facts.replay is ReplayKind.LITERAL
    result = facts.replay is ReplayKind.CONSTANT and not configures and not _is_seed(facts)
    given = all(version.replayable or version.parameter for version in eager.values())
    replayable = given and facts.replay is not None and not (result or view or literal)
    made = []
    for name, write in facts.writes.items():
        rests = write.kind in {WriteKind.MAY_DEFINE, WriteKind.MUTATE}
        made.append(
            Version(
                name=name,
                statement=facts,
                kind=write.kind,
                previous=current.get(name) if rests else None,
                handles=tuple(current[n] for n in facts.let_go.get(name, ()) if n in current),
                parameter=name in parameters and write.kind is WriteKind.DEFINE,
                # What a definition changes is another one, to which it adds a case.
                replayable=replayable
                and not (name.startswith("<") and facts.replay is ReplayKind.IMPORT)
                and write.kind is not WriteKind.DELETE
                and not write.displayed,
                view=view and write.kind is WriteKind.DEFINE,
                literal=literal and given and write.kind is WriteKind.DEFINE,
                eager=tuple(eager.values()),
            )
        )
    return made


def _is_seed(facts: StatementFacts) -> bool:
    return all(name.startswith("<") for name in facts.writes)
