"""Run all cells over the abstract heap, in notebook order, and write down the facts."""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from nb2pipe.analysis.caches import Cache, carry_caches
from nb2pipe.analysis.declared import Act, after_cell, before_cell, pure_names
from nb2pipe.analysis.definitions import Definition
from nb2pipe.analysis.displays import Displays
from nb2pipe.analysis.expressions import BUILTINS, SHELL_NAMES
from nb2pipe.analysis.facts import CellFacts, ReplayKind, StatementFacts, Write, WriteKind
from nb2pipe.analysis.heap import NOTHING, Heap, Site, Sites, Value
from nb2pipe.analysis.history import HISTORY_NAMES
from nb2pipe.analysis.hoist import replay_kind, wrapping_objects
from nb2pipe.analysis.knowledge import Knowledge, load_knowledge
from nb2pipe.analysis.open_files import OpenFiles
from nb2pipe.analysis.patterns import changed_nodes
from nb2pipe.analysis.recorder import Binding, Memory, Recorder
from nb2pipe.analysis.scopes import bound_names
from nb2pipe.analysis.statements import Statements
from nb2pipe.analysis.states import keeps_options
from nb2pipe.analysis.syntax import ParsedCell
from nb2pipe.analysis.wrappers import store_wrappers
from nb2pipe.frontend.declarations import Effect
from nb2pipe.frontend.walk import nodes_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Interpretation:
    """The facts of all cells, and the heap that they were found on.

    `changed_at` tells for each object the last statement (by order) that changes it in place,
    `surely_changed_at` the last one of which more than caution says so;
    `compared` are objects whose identity is asked for, `walked_at` tells of sets when their order showed last;
    `unstorable` those that no file can hold, some of which are open `files`;
    `shown` those that change and that variables of a module hold, too;
    `outputs` are the names of displayed values that are read and travel;
    `caches` are what functions keep of their results, `carried` those whose cache travels;
    """

    cells: tuple[CellFacts, ...]
    heap: Heap
    changed_at: Mapping[Site, int]
    surely_changed_at: Mapping[Site, int]
    compared: frozenset[Site]
    walked_at: Mapping[Site, int]
    unstorable: frozenset[Site]
    shown: frozenset[Site]
    files: OpenFiles
    outputs: frozenset[str]
    caches: Mapping[Definition, Cache]
    carried: frozenset[Definition]
    starred: bool


def interpret(
    cells: Sequence[ParsedCell],
    *,
    knowledge: Knowledge | None = None,
    parameters: frozenset[str] = frozenset(),
) -> Interpretation:
    """Return what every statement of `cells` reads and writes.

    `parameters` are pipeline parameters: their values are not known before the run.
    """
    machine = Statements(knowledge or load_knowledge())
    machine.missing = _missing(cells)
    displays = Displays(machine, cells)
    facts = tuple(_run_cell(machine, displays, cell, parameters) for cell in cells)
    facts, carried = carry_caches(facts, machine)
    return Interpretation(
        cells=store_wrappers(facts, machine.heap, frozenset(machine.unstorable)),
        heap=machine.heap,
        changed_at=machine.changed_at,
        surely_changed_at=machine.surely_changed_at,
        compared=frozenset(machine.compared),
        walked_at=machine.walked_at,
        unstorable=frozenset(machine.unstorable),
        shown=frozenset(machine.shown_changed),
        files=machine.files,
        outputs=machine.outputs,
        caches=machine.caches,
        carried=carried,
        starred=bool(machine.stars),
    )


def _missing(cells: Sequence[ParsedCell]) -> frozenset[str]:
    """Return the names that some cell reads though none binds them where it can be seen."""
    nodes = [node for cell in cells for node in nodes_of(cell.tree)]
    bound = {name for node in nodes for name in bound_names(node)}
    bound.update(node.arg for node in nodes if isinstance(node, ast.arg))
    read = (n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    return frozenset(read) - bound - BUILTINS - SHELL_NAMES - HISTORY_NAMES


def _run_cell(
    machine: Statements, displays: Displays, parsed: ParsedCell, parameters: frozenset[str]
) -> CellFacts:
    before = _sites(machine)
    shows = bool(machine.outputs) and displays.are_own()
    found = changed_nodes(parsed.text, parsed.tree, machine.knowledge.rules)
    machine.changed_nodes.update(found)
    position = parsed.laid.cell.position
    declared = parsed.laid.declared
    machine.pure = pure_names(declared, machine.names)
    machine.explained = any(item.effect is not Effect.PURE for item in declared)
    statements = [*_declared(machine, parsed, before_cell(declared, machine))]
    for node in parsed.tree.body:
        show = partial(displays.display, parsed, node)
        may_stop = parsed.laid.may_raise
        statements.append(_run_statement(machine, position, node, show=show, may_stop=may_stop))
        for name in parameters & machine.assigned:
            machine.names[name] = Binding(Value(machine.names[name].value.sites))
    statements += _declared(machine, parsed, after_cell(declared, machine))
    return CellFacts(
        cell=position,
        statements=tuple(statements),
        before=before,
        after=_sites(machine),
        shows=shows,
    )


def _declared(machine: Statements, parsed: ParsedCell, act: Act | None) -> Iterator[StatementFacts]:
    """Run what tags declare as a statement of its own, which nothing can replay."""
    if act is not None:
        node = ast.Pass(lineno=1, col_offset=0, end_lineno=1, end_col_offset=0)
        facts = _run_statement(machine, parsed.laid.cell.position, node, act)
        yield replace(facts, replay=None)


def start_statement(machine: Statements, node: ast.stmt) -> Recorder:
    """Make `machine` ready to run one statement; return the record of what this will do."""
    machine.record = Recorder()
    machine.assigned = set()
    machine.alive = True
    machine.statement = node
    machine.begin_statement()
    machine.order += 1
    return machine.record


def _run_statement(
    machine: Statements,
    cell: int,
    node: ast.stmt,
    act: Act | None = None,
    *,
    show: Callable[[], None] | None = None,
    may_stop: bool = False,
) -> StatementFacts:
    """Return the facts of a statement; one that `may_stop`, or not run at all, is never replayed.

    `act` is what it does, if not what stands there; `show` displays its value.
    """
    record = start_statement(machine, node)
    before = machine.snapshot(None)
    if act is not None:
        act(node)
    else:
        machine.execute([node], None)
    if may_stop:
        machine.meet([before, machine.snapshot(None)], None)
    machine.files.end_statement(machine.order)
    writes = _writes(machine, record)
    replay = None if may_stop else replay_kind(node, writes, machine)
    defines = replay is ReplayKind.DEFINITION
    if show is not None:
        show()
    return StatementFacts(
        cell=cell,
        order=machine.order,
        node=node,
        reads=record.reads,
        writes=_writes(machine, record),
        let_go=record.let_go,
        replay=replay,
        wraps=wrapping_objects(node, machine) if defines else NOTHING,
        sets_options=record.sets_options,
        states=record.states,
        lost_option=record.lost_option,
        planted=frozenset(record.planted),
        unknown_file=record.unknown_file,
        dynamic=record.dynamic,
        lost_output=record.lost_output,
        opaque=tuple(record.opaque),
        identified=record.identified,
    )


def _writes(machine: Memory, record: Recorder) -> dict[str, Write]:
    writes: dict[str, Write] = {}
    for name, node in record.defined.items():
        if name in machine.names:
            certain = name in machine.assigned
            kind = WriteKind.DEFINE if certain else WriteKind.MAY_DEFINE
            writes[name] = Write(
                kind=kind,
                node=node,
                displayed=name in record.displayed,
                names_options=keeps_options(machine.names[name].value.dotted),
            )
    for name, node in record.deleted.items():
        if name not in writes:
            gone = name not in machine.names
            kind = WriteKind.DELETE if gone else WriteKind.MAY_DEFINE
            writes[name] = Write(kind=kind, node=node)
    for name, write in record.mutated.items():
        if name in machine.names:
            writes.setdefault(name, write)
    return writes


def _sites(machine: Memory) -> dict[str, Sites]:
    return {
        name: binding.value.sites for name, binding in machine.names.items() if binding.value.sites
    }
