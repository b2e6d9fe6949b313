"""Call a function on arguments of unknown make, and see what that does."""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from nb2pipe.analysis.arguments import Arguments
from nb2pipe.analysis.containers import CONTAINERS
from nb2pipe.analysis.effects import CallEffect, HiddenEffect
from nb2pipe.analysis.file_names import FILES, UNKNOWN_FILES, file_name, unknown_files
from nb2pipe.analysis.heap import IMMUTABLE, NOTHING, Site, Sites, Value, objects
from nb2pipe.analysis.interpret import start_statement
from nb2pipe.analysis.knowledge import Knowledge
from nb2pipe.analysis.patterns import changed_nodes
from nb2pipe.analysis.recorder import Binding, Recorder
from nb2pipe.analysis.scopes import FunctionNode
from nb2pipe.analysis.statements import Statements
from nb2pipe.analysis.states import GENERATOR_STATES, GENERATORS, INSIDE
from nb2pipe.frontend.modules import Module

# Containers that can be given other contents, so that whoever has one sees these.
_REFILLED: Final = frozenset({"list", "dict", "set"})

Call = Callable[[Arguments], Value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """The parameters of a function: those with a place, those with only a name, and `*args`, `**kwargs`."""

    places: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    spread: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Every parameter."""
        return (*self.places, *self.words, *self.spread)

    def arguments(self, values: dict[str, Value]) -> Arguments:
        """Return the arguments of a call that gives each parameter its value."""
        named = [(name, values[name]) for name in self.words]
        rest = [(None, values[name]) for name in self.spread]
        return Arguments(tuple(values[name] for name in self.places), (*named, *rest))

    def keys(self, name: str) -> tuple[int | str, ...]:
        """Return the ways in which a call may give the parameter `name`."""
        if name in self.spread:
            return ("all",)
        return (self.places.index(name), name) if name in self.places else (name,)


def signature_of(node: FunctionNode, *, skip: int = 0) -> Signature:
    """Return the parameters of a function without the first `skip`."""
    plain = [argument.arg for argument in [*node.args.posonlyargs, *node.args.args]]
    return Signature(
        places=tuple(plain[skip:]),
        words=tuple(argument.arg for argument in node.args.kwonlyargs),
        spread=tuple(item.arg for item in (node.args.vararg, node.args.kwarg) if item),
    )


class Laboratory:
    """A module whose body was run, where its functions can be tried.

    `bound` is what its names are; `class_names` the full names of its classes, as far as they are known; `sets` is the
    hidden state that it sets when it is imported.
    """

    def __init__(self, name: str, module: Module, knowledge: Knowledge) -> None:
        self.name = name
        self.class_names: dict[Site, str] = {}
        self.machine = machine = Statements(knowledge)
        for state in sorted(GENERATOR_STATES):
            machine.names[state] = Binding(IMMUTABLE)
        machine.changed_nodes.update(changed_nodes(module.text, module.tree, knowledge.rules))
        drawn: set[str] = set()
        for node in module.tree.body:
            start_statement(machine, node)
            machine.execute([node], None)
            drawn |= GENERATOR_STATES & {*machine.record.defined, *machine.record.mutated}
        self.sets = frozenset(machine.states_set | drawn)
        self.names = dict(machine.names)
        self.bound = {
            name: binding.value for name, binding in self.names.items() if not name.startswith("<")
        }

    def make(self, signature: Signature, run: Call) -> tuple[Value, Sites]:
        """Make an instance; return it, and the objects that it was made of."""
        given = _Given(signature)
        self._begin(given)
        return run(given.arguments()), given.sites

    def effect(
        self,
        signature: Signature,
        run: Call,
        receiver: Value = IMMUTABLE,
        held: Sites = NOTHING,
    ) -> CallEffect | None:
        """Return what a call does; None when that cannot be told.

        `receiver` is the object whose method it is, `held` what that was made of.
        """
        reads, writes, files = self._files(signature, run)
        given = _Given(signature)
        self._begin(given)
        self.machine.names["(self)"] = Binding(receiver)
        result = run(given.arguments())
        record = self.machine.record
        if record.opaque or record.dynamic is not None:
            return None
        changed = {name: w for name, w in record.mutated.items() if name.startswith("(")}
        names = [name for name in signature.names if f"({name})" in changed]
        own = ["self"] if "(self)" in changed else []
        returns, type_ = self._returned(result, receiver, given)
        return CallEffect(
            mutates=(*own, *(key for name in names for key in signature.keys(name))),
            deep=self._changes(frozenset(given.inner.values()) | held),
            keeps=self._keeps(receiver, given),
            known=not any(write.cautious for write in changed.values()),
            returns=returns,
            type=type_,
            unstorable=not result.sites.isdisjoint(self.machine.unstorable),
            state=_words(g for g in GENERATORS if f"<{g}>" in record.mutated),
            seeds=_words(g for g in GENERATORS if f"<{g}>" in record.defined),
            reads_file=reads,
            writes_file=writes,
            hidden=HiddenEffect(
                sets=(*record.states, *self._changed_variables(record)),
                loses=record.lost_option is not None or self._changes_code(record),
                touches=files,
                reads=tuple(self._state(name) for name in record.reads if self._objects(name)),
                shows=tuple(
                    self._state(name)
                    for name in self.bound
                    if self._objects(name) & self.machine.heap.reach(result.sites)
                ),
            ),
        )

    def _begin(self, given: "_Given") -> None:
        start_statement(self.machine, ast.Pass())
        self.machine.names = dict(self.names)
        for name, site in given.own.items():
            self.machine.heap.hold([site], [given.inner[name]])
            self.machine.names[f"({name})"] = Binding(Value(frozenset([site])))

    def _changes(self, sites: Sites) -> bool:
        changed_at = self.machine.changed_at
        return any(changed_at.get(site) == self.machine.order for site in sites)

    def _keeps(self, receiver: Value, given: "_Given") -> bool:
        """Whether what was there before the call holds on to an argument after it."""
        holders = [*([receiver.sites] if receiver.sites else []), *map(_alone, given.own.values())]
        return any(
            not (self.machine.heap.reach(sites) & frozenset(given.own.values()) <= sites)
            for sites in holders
        )

    def _returned(self, result: Value, receiver: Value, given: "_Given") -> tuple[str, str | None]:
        """Return how the result is related to what was there, and its type."""
        if not result.sites:
            return "none", None
        if receiver.sites and result.sites == receiver.sites:
            return "self", None
        if {site.type for site in result.sites} == {"iterator"}:
            return "holds", "iterator"
        heap = self.machine.heap
        there = objects(given.sites | heap.reach(receiver.sites))
        code = any(site.definition is not None for site in result.sites)
        shares = code or not there.isdisjoint(heap.memory(heap.reach(result.sites)))
        types = {self._type(site) for site in result.sites}
        return "unknown" if shares else "fresh", types.pop() if len(types) == 1 else None

    def _type(self, site: Site) -> str | None:
        if site.type == "instance":
            names = (self.class_names.get(held) for held in self.machine.heap.held([site]))
            return next(filter(None, names), None)
        return None if site.type in CONTAINERS or "." not in (site.type or "") else site.type

    # --- the module's own variables

    def variables(self) -> dict[str, tuple[str, frozenset[str | None]]]:
        """Return the hidden state that each variable with objects is, and the types of these."""
        return {
            f"{self.name}.{name}": (self._state(name), frozenset(map(self._type, value.sites)))
            for name, value in self.bound.items()
            if value.dotted is None and self._objects(name)
        }

    def _objects(self, name: str) -> Sites:
        """Return the objects that a variable of the module holds: not functions and classes."""
        value = self.bound.get(name, IMMUTABLE)
        return objects(self.machine.heap.reach(value.sites)) if objects(value.sites) else NOTHING

    def _state(self, name: str) -> str:
        refilled = {site.type for site in self.bound[name].sites} <= _REFILLED
        return f"<{self.name}.{name}{INSIDE if refilled else ''}>"

    def _changed_variables(self, record: Recorder) -> Iterator[str]:
        for name in self.bound:
            if name in record.defined or name in record.deleted:
                yield f"<{self.name}.{name}>"
            elif (
                name in record.mutated and not record.mutated[name].cautious and self._objects(name)
            ):
                yield self._state(name)

    def _changes_code(self, record: Recorder) -> bool:
        """Whether a function or class of the module changes, which no step could hand on."""
        return any(
            name in record.mutated and not record.mutated[name].cautious and not self._objects(name)
            for name in self.bound
        )

    # --- files

    def _files(
        self, signature: Signature, run: Call
    ) -> tuple[tuple[int | str, ...] | None, tuple[int | str, ...] | None, tuple[str, ...]]:
        """Return the parameters that are paths of files that are read and written, and other files.

        The parameters get texts for this, each its own, which are found again in the names of files.
        """
        texts = {name: f"({name})" for name in signature.names}
        self._begin(_Given(Signature()))
        run(signature.arguments({name: Value(constant=text) for name, text in texts.items()}))
        record = self.machine.record
        written = {*record.defined, *record.mutated}
        reads = writes = None
        others: set[str] = set()
        for name in sorted({*record.reads, *written}):
            if not name.startswith((FILES, UNKNOWN_FILES)):
                continue
            place = next((n for n, text in texts.items() if name == file_name(text)), None)
            if place is None:
                others.add(_without_texts(name))
                continue
            reads = signature.keys(place) if name in record.reads and name not in written else reads
            writes = signature.keys(place) if name in written else writes
        if record.unknown_file is not None:
            others.add(unknown_files())
        return reads, writes, tuple(sorted(others))


class _Given:
    """One unknown object per parameter, which holds another one."""

    def __init__(self, signature: Signature) -> None:
        self.signature = signature
        self.own = {name: Site() for name in signature.names}
        self.inner = {name: Site() for name in signature.names}

    def arguments(self) -> Arguments:
        """Return these as the arguments of a call."""
        return self.signature.arguments({name: Value(_alone(s)) for name, s in self.own.items()})

    @property
    def sites(self) -> Sites:
        """All of them."""
        return frozenset([*self.own.values(), *self.inner.values()])


def _alone(site: Site) -> Sites:
    return frozenset([site])


def _words(names: Iterator[str]) -> str | None:
    return " ".join(names) or None


def _without_texts(name: str) -> str:
    """Return the name of files that are known as far as the end of their path, when an argument is in it."""
    if "(" not in name:
        return name
    path = name.removeprefix(FILES).removesuffix(">")
    suffix = path.rpartition(")")[2]
    return unknown_files(suffix if suffix.startswith(".") and "/" not in suffix else "")
