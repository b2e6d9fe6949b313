"""Turn links into steps: programs, inputs, outputs and edges of the intermediate representation."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from nb2pipe.analysis.artifacts import artifact_kind, artifact_type, output_keys, shown_name
from nb2pipe.analysis.edges import program_edges
from nb2pipe.analysis.facts import ReplayKind, StatementFacts, WriteKind
from nb2pipe.analysis.file_names import FILES, path_of
from nb2pipe.analysis.handles import carried_handles, handles_in
from nb2pipe.analysis.heap import NOTHING
from nb2pipe.analysis.history import LAST, execution_counts
from nb2pipe.analysis.imports import imported_modules, reached_submodules
from nb2pipe.analysis.link import Linker, StepLinks
from nb2pipe.analysis.parameters import ParameterCells
from nb2pipe.analysis.parting import Parting, line_span
from nb2pipe.analysis.seeding import first_imports
from nb2pipe.analysis.supply import Supply
from nb2pipe.analysis.syntax import cut
from nb2pipe.analysis.unbound import may_be_unbound
from nb2pipe.analysis.versions import Option, Version
from nb2pipe.analysis.watch import Watch
from nb2pipe.diagnostics import Code, Diagnostic
from nb2pipe.frontend.layout import Layout, Role, StepLayout
from nb2pipe.frontend.modules import Module
from nb2pipe.ir import (
    ArtifactKind,
    Bind,
    Edge,
    Handle,
    Input,
    Load,
    Operation,
    Output,
    Place,
    Replay,
    Run,
    Step,
    Store,
    Unbind,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """All steps of the pipeline with their edges, in notebook order.

    `handles` are the paths of the files on which handles may go from step to step.
    """

    steps: tuple[Step, ...]
    edges: tuple[Edge, ...]
    supplies: tuple[Supply, ...]
    handles: frozenset[str]


def build_program(
    layout: Layout,
    linker: Linker,
    parameters: ParameterCells,
    sources: Mapping[int, str],
    local: Mapping[str, Module],
) -> tuple[Program, tuple[Diagnostic, ...]]:
    """Return the steps and edges.

    `sources` are the cells' texts that statements are cut out of, `local` the modules beside the notebook.
    """
    supplies = linker.supplies
    keys = output_keys(supplies)
    watch = Watch(linker, local=local)
    cells = linker.interpretation.cells
    modules = imported_modules([facts.node for cell in cells for facts in cell.statements])
    carried = carried_handles(linker)
    counts = execution_counts(layout.cells)
    builders = [
        _StepBuilder(
            step,
            layout,
            linker,
            parameters,
            sources,
            supplies,
            keys,
            watch,
            modules,
            carried,
            counts,
        )
        for step in layout.steps
    ]
    steps = tuple(builder.build() for builder in builders)
    diagnostics = tuple(found for builder in builders for found in builder.diagnostics)
    edges = program_edges(layout, linker, steps)
    program = Program(steps=steps, edges=edges, supplies=supplies, handles=frozenset(carried))
    return program, diagnostics


# --- programs


@dataclass(slots=True)
class _StepBuilder:
    """Writes the program of one step, following what is bound in its namespace."""

    step: StepLayout
    layout: Layout
    linker: Linker
    parameters: ParameterCells
    sources: Mapping[int, str]
    supplies: Sequence[Supply]
    keys: Mapping[Supply, str]
    watch: Watch
    modules: Mapping[str, str]
    carried: Mapping[str, str | None]
    counts: Mapping[int, int]
    bound: dict[str, Version] = field(default_factory=dict)
    program: list[Operation] = field(default_factory=list)
    inputs: dict[Supply, Input] = field(default_factory=dict)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    used: dict[str, None] = field(default_factory=dict)
    imported: set[str] = field(default_factory=set)
    nodes: list[ast.AST] = field(default_factory=list)
    parting: Parting = field(init=False)

    def __post_init__(self) -> None:
        self.parting = Parting(self.step, self.layout, self.linker, self.bound)

    @property
    def links(self) -> StepLinks:
        return self.linker.steps[self.step.name]

    def build(self) -> Step:
        for cell in self.step.cells:
            self._prepare(cell)
            self._run(cell)
            made = [s for s in self.supplies if s.step == self.step.name and s.cell == cell]
            # A handle that is stored writes what its file is to hold.
            for supply in sorted(made, key=lambda supply: supply.names[0].startswith(FILES)):
                self._store(supply)
        own = [supply for supply in self.supplies if supply.step == self.step.name]
        return Step(
            name=self.step.name,
            cells=self.step.cells,
            program=(*self._first_imports(), *self.program),
            inputs=tuple(self.inputs.values()),
            outputs=tuple(self._output(supply) for supply in own),
            parameters=tuple(self.used),
            metrics=self._metrics(),
            after=self.step.after,
            options=self.step.options,
            handles=self._handles(own),
        )

    def _first_imports(self) -> Iterator[Replay]:
        """Yield the imports that are to come before all that the step loads."""
        if not self.watch.local:
            return
        cells = self.linker.interpretation.cells
        own = (facts.node for cell in self.step.cells for facts in cells[cell].statements)
        others = (
            facts
            for position, cell in enumerate(cells)
            for facts in cell.statements
            if position not in self.step.cells
        )
        for facts in first_imports([*self.nodes, *own], others, self.watch.local):
            yield self._replay_of(facts)

    def _prepare(self, cell: int) -> None:
        """Bring what the cell needs, in the order in which the notebook made it."""
        wanted: list[Version | Option] = [
            version for version in self.links.needs.get(cell, ()) if not self._is_there(version)
        ]
        wanted += self.links.options.get(cell, [])
        for item in sorted(wanted, key=_order):
            if isinstance(item, Option):
                self._replay(item.statement, item.statement.order)
            elif not self._is_there(item):
                self._bring(item, cell)

    def _is_there(self, version: Version) -> bool:
        """Whether a name is bound to a version, or to the same definition with a later state."""
        bound = self.bound.get(version.name)
        defined = version.statement.replay is ReplayKind.DEFINITION
        return bound is version or (
            bound is not None and defined and version.replayable and bound.origin is version
        )

    def _bring(self, version: Version, cell: int) -> None:
        self._check_overwrite(version, cell)
        if version.kind is WriteKind.DELETE:
            if version.name in self.bound and not version.hidden:
                self.program.append(Unbind(names=(version.name,)))
            self.bound[version.name] = version
        elif version.parameter:
            self.used[version.name] = None
            self.program.append(Bind(name=version.name))
            self.bound[version.name] = version
        elif self.linker.is_load(self.step.name, version):
            self._load(version, cell)
        elif version.replayable or (self.step.name, version) in self.linker.views:
            for needed in version.eager:
                if version.replayable and not self._is_there(needed):
                    self._bring(needed, cell)
            parts = version.view and all(base.replayable for base in version.eager)
            if parts or version.statement.replay is ReplayKind.DEFINITION:
                # What it holds is made anew here, and so nothing of what was loaded.
                self.diagnostics += self.parting.check([version], version, cell)
            self._replay(version.statement, version.order)

    def _replay(self, statement: StatementFacts, order: int) -> None:
        self.program.append(self._replay_of(statement))
        self.nodes.append(statement.node)
        definitions = self.linker.history.definitions
        for name in statement.writes:
            made = definitions[name, order]
            if made.replayable or not made.hidden:
                self.bound[name] = made

    def _replay_of(self, statement: StatementFacts) -> Replay:
        node = statement.node
        start = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        lines = self.sources[statement.cell].split("\n")
        text = cut(
            lines, start, node.col_offset, node.end_lineno or start, node.end_col_offset or 0
        )
        return Replay(cell=statement.cell, line=start, source=text)

    def _load(self, version: Version, cell: int) -> None:
        group = next(group for group in self.links.groups if version in group.versions)
        supply = self.linker.supply_of(group)
        displaced: list[Version] = []
        for made in [*self.linker.replays(supply), *self.linker.files_of(supply, cell)]:
            if made in self.links.needs[cell] and not self._is_there(made):
                held = self.bound.get(made.name)
                displaced += [held] if held is not None and held.order > made.order else []
                self._bring(made, cell)
        self._check_definitions(supply, version, cell)
        current = self.linker.history.before[cell]
        names = [item for item in group.versions if current.get(item.name) is item]
        names = names if version in names else [version]
        self.diagnostics += self.parting.check(names, version, cell)
        item = self.inputs.get(supply)
        if item is None:
            item = self.inputs[supply] = self._input(supply)
        plain = tuple(dict.fromkeys(shown_name(v.name) if v.hidden else v.name for v in names))
        self.program.append(Load(input=item.key, names=plain))
        for loaded in names:
            self.bound[loaded.name] = loaded
        # A name that has another meaning by now had its old one only for what was loaded.
        for held in displaced:
            self._bring(held, cell)

    def _check_definitions(self, supply: Supply, version: Version, cell: int) -> None:
        """Report when an artifact refers to a class or function that cannot be had again as it was."""
        for made, changed in self.linker.outdated(supply, cell):
            self.diagnostics.append(
                Diagnostic(
                    code=Code.NAME_REUSED,
                    span=line_span(self.layout.cells[changed.cell].span, changed),
                    step=self.step.name,
                    message=f"step `{self.step.name}` needs `{version.name}`, which was made with "
                    f"`{made.name}` as it is after this cell, but the name means something else by then",
                    hint=f"give the other `{made.name}` another name "
                    f"(the older one is needed in cell {self.layout.cells[cell].cell.number})",
                )
            )

    def _handles(self, own: Sequence[Supply]) -> tuple[Handle, ...]:
        """Return the files on which the step hands handles on, or gets some."""
        handles = self.linker.interpretation.files.handles
        sites = NOTHING.union(*(handles_in(self.linker, item) for item in [*own, *self.inputs]))
        paths = sorted({path_of(handles[site].file) for site in sites} & self.carried.keys())
        return tuple(Handle(path=path, newline=self.carried[path]) for path in paths)

    def _input(self, supply: Supply) -> Input:
        output = self.keys[supply]
        taken = {item.key for item in self.inputs.values()}
        key = output if output not in taken else f"{output}_from_{supply.step}"
        while key in taken:
            key += "_"
        return Input(
            key=key,
            step=supply.step,
            output=output,
            kind=artifact_kind(supply.names[0]),
            type=artifact_type(self.linker, supply),
        )

    def _output(self, supply: Supply) -> Output:
        kind = artifact_kind(supply.names[0])
        plain = kind is ArtifactKind.VARIABLES
        latest = {version.name: version for version in supply.versions}
        return Output(
            key=self.keys[supply],
            names=tuple(name if plain else shown_name(name) for name in supply.names),
            optional=tuple(v.name for v in supply.versions if plain and may_be_unbound(v)),
            definitions=tuple(v.name for v in supply.versions if v.state_only),
            ordered=tuple(v.name for v in supply.versions if plain and self._is_walked(v, supply)),
            kind=kind,
            type=artifact_type(self.linker, supply),
            made=tuple(
                Place(cell=latest[name].cell, line=latest[name].statement.node.lineno)
                for name in supply.names
            ),
        )

    def _is_walked(self, version: Version, supply: Supply) -> bool:
        """Whether the order of a set of the version shows in a cell after the one where it is stored."""
        found = self.linker.interpretation
        statements = found.cells[supply.cell].statements
        last = max((facts.order for facts in statements), default=-1)
        sites = self.linker.reach_after(version.name, supply.cell)
        return any(found.walked_at.get(site, -1) > last for site in sites)

    def _run(self, cell: int) -> None:
        substitutions = self.parameters.substitutions.get(cell, ())
        self.used.update((item.name, None) for item in substitutions)
        watched = [*self.watch.kept(self.step.name, cell, self.bound)]
        keeps = [name for name, held in watched if held]
        run = Run(
            cell=cell,
            count=self.counts.get(cell, 0),
            substitutions=substitutions,
            keeps=tuple(dict.fromkeys([*keeps, *self.parting.left_alone(cell)])),
            spares=tuple(name for name, held in watched if not held),
            modules=self._submodules(cell),
            may_raise=self.layout.cells[cell].may_raise,
            history=self._history(cell),
        )
        self.program.append(run)
        definitions = self.linker.history.definitions
        for facts in self.linker.interpretation.cells[cell].statements:
            for name in facts.writes:
                self.bound[name] = definitions[name, facts.order]

    def _history(self, cell: int) -> tuple[str, ...]:
        """Return the displayed values that a cell reads or moves on, and that are IPython's own before it."""
        found = self.linker.interpretation
        statements = found.cells[cell].statements
        names = {name for facts in statements for name in (*facts.reads, *facts.writes)}
        used = names & found.outputs
        last = LAST if found.cells[cell].shows and not used.isdisjoint(LAST) else ()
        return (*last, *sorted(used.difference(LAST)))

    def _submodules(self, cell: int) -> tuple[str, ...]:
        """Return the submodules that a cell, or code that it calls, may reach without their import."""
        if all(self.linker.step_of[other] in {self.step.name, None} for other in range(cell)):
            return ()
        nodes = [facts.node for facts in self.linker.interpretation.cells[cell].statements]
        code = [version.statement.node for version in self.bound.values() if version.replayable]
        reached = dict.fromkeys(reached_submodules([*code, *nodes], self.modules))
        new = tuple(name for name in reached if name not in self.imported)
        self.imported.update(new)
        return new

    def _store(self, supply: Supply) -> None:
        apart = tuple(self.watch.apart(self.step.name, supply, self.bound))
        ties = tuple(self.watch.ties(self.step.name, supply, self.bound))
        self.program.append(Store(output=self.keys[supply], apart=apart, ties=ties))

    def _metrics(self) -> tuple[str, ...]:
        names: dict[str, None] = {}
        for laid in self.layout.cells:
            if laid.role is Role.METRICS and laid.cell.step == self.step.name:
                for facts in self.linker.interpretation.cells[laid.cell.position].statements:
                    names.update((name, None) for name in [*facts.reads, *facts.writes])
        before = self.linker.history.last
        return tuple(name for name in names if name in before and not _is_code(before[name]))

    def _check_overwrite(self, version: Version, cell: int) -> None:
        """Report when bringing an old version would destroy a value of this step's own."""
        held = self.bound.get(version.name)
        if held is None or held is version or version.order > held.order:
            return
        if self.linker.step_of[held.cell] != self.step.name or held.replayable:
            return
        laid = self.layout.cells[cell]
        self.diagnostics.append(
            Diagnostic(
                code=Code.NAME_REUSED,
                span=line_span(self.layout.cells[version.cell].span, version),
                step=self.step.name,
                message=(
                    f"step `{self.step.name}` needs `{version.name}` both as it was here and as it "
                    f"is after its own cell {self.layout.cells[held.cell].cell.number}"
                ),
                hint=f"give one of the two another name than `{version.name}` "
                f"(the older one is needed in cell {laid.cell.number})",
            )
        )


def _order(item: Version | Option) -> tuple[int, bool]:
    """Return when to bring something: a file before the handle that the same statement makes."""
    file = isinstance(item, Version) and item.name.startswith(FILES)
    return item.statement.order, not file


def _is_code(version: Version) -> bool:
    return version.hidden or (version.statement.replay is not None and not _is_value(version))


def _is_value(version: Version) -> bool:
    return version.parameter or version.statement.replay in {"constant", "literal"}
