"""What the tags of a cell declare: they add to its facts, or take away what only caution says."""

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from nb2pipe.analysis.file_names import FILES, file_name, is_file
from nb2pipe.analysis.heap import IMMUTABLE, NOTHING, Value
from nb2pipe.analysis.statements import Statements
from nb2pipe.analysis.states import GENERATOR_STATES, OPTION_STATES
from nb2pipe.frontend.declarations import FILE, STATE, Declaration, Effect

_BECAUSE: Final = "the cell's tag says so"
Act = Callable[[ast.AST], None]


def analysed_name(written: str) -> str:
    """Return the analysis' name of what a tag names: `file=a.csv` is `<file:a.csv>`."""
    if written.startswith(FILE):
        return file_name(written.removeprefix(FILE))
    return f"<{written.removeprefix(STATE)}>" if written.startswith(STATE) else written


def written_name(name: str) -> str:
    """Return how a tag names a variable or hidden state, as hints print it."""
    if name.startswith(FILES):
        return FILE + name.removeprefix(FILES).removesuffix(">")
    return STATE + name.strip("<>") if name.startswith("<") else name


def names_of(declared: Iterable[Declaration], *effects: Effect) -> Iterator[str]:
    """Yield the analysis' names that the declarations of `effects` give."""
    for declaration in declared:
        if declaration.effect in effects:
            yield from map(analysed_name, declaration.names)


def pure_names(declared: Iterable[Declaration], names: Iterable[str]) -> frozenset[str]:
    """Return which names the cell leaves alone; `pure` alone means all variables among `names`."""
    if any(item.effect is Effect.PURE and not item.names for item in declared):
        return frozenset(name for name in names if not name.startswith("<"))
    return frozenset(names_of(declared, Effect.PURE))


def before_cell(declared: tuple[Declaration, ...], machine: Statements) -> Act | None:
    """Return what happens before the first statement: what the cell needs is read."""
    names = tuple(names_of(declared, Effect.READS, Effect.MUTATES))

    def read(node: ast.AST) -> None:
        for name in names:
            if name in machine.names or not name.startswith("<"):
                machine.read(name, node)

    return read if names else None


def after_cell(declared: tuple[Declaration, ...], machine: Statements) -> Act | None:
    """Return what happens after the last statement: what changes is changed, what is made is made."""
    mutates = tuple(names_of(declared, Effect.MUTATES))
    writes = tuple(names_of(declared, Effect.WRITES))

    def change(node: ast.AST) -> None:
        for name in mutates:
            _change(machine, name, node)
        for name in writes:
            if _is_kept_by_module(name):
                _change(machine, name, node)
                continue
            value = IMMUTABLE if name.startswith("<") else _anything(machine, name)
            machine.define(name, value, node)

    return change if mutates or writes else None


def _is_kept_by_module(name: str) -> bool:
    return (
        name.startswith("<") and "." in name and not is_file(name) and name not in GENERATOR_STATES
    )


def _change(machine: Statements, name: str, node: ast.AST) -> None:
    if _is_kept_by_module(name):
        state, _ = machine.knowledge.variables.get(name.strip("<>"), (name, ()))
        machine.carry_state(state, node)
        return
    if name in OPTION_STATES:
        machine.carry_state(name, node)
    binding = machine.names.get(name)
    if binding is None:
        if name.startswith("<"):
            machine.define(name, IMMUTABLE, node)
        return
    machine.read(name, node)
    machine.mutate(machine.changeable(binding.value.sites), node, _BECAUSE)
    machine.touch(name, node, _BECAUSE)


def _anything(machine: Statements, name: str) -> Value:
    """Return a value that may be or hold any variable: how the cell makes it cannot be seen."""
    sites = NOTHING.union(*(binding.value.sites for binding in machine.names.values()))
    made = machine.site(f"declared {name}", str(machine.order))
    machine.heap.hold([made], sites)
    return Value(frozenset([made]) | sites)
