"""Code that an object carries and runs later: bound methods, and iterators that wait to be used."""

import ast
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from nb2pipe.analysis.arguments import Arguments
from nb2pipe.analysis.expressions import Expressions
from nb2pipe.analysis.heap import Site, Value, in_order, join, objects
from nb2pipe.analysis.knowledge import Knowledge
from nb2pipe.analysis.objects import member_runs

# How often one statement runs a method that it handed to a library.
_ROUNDS: Final = 2


@dataclass(frozen=True, slots=True)
class Method:
    """Method `name` of `receiver`, taken from it without being called."""

    name: str
    receiver: Value


class Deferred(Expressions):
    """Objects that run code when somebody calls them, or walks over them."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__(knowledge)
        self.methods: dict[Site, Method] = {}
        self._carried: Counter[Site] = Counter()
        self._waiting: dict[Site, Callable[[], Value]] = {}
        # What makes the elements that dictionaries do not have.
        self.factories: dict[Site, Value] = {}

    def invoke(
        self,
        site: Site,
        node: ast.AST,
        receiver: Value | None,
        arguments: Arguments,
        *,
        spread: bool = False,
    ) -> Value:
        """Call a function or class of the notebook. `spread`: any argument may be any parameter."""
        raise NotImplementedError

    def call_value(self, callee: Value, node: ast.AST, arguments: Arguments) -> Value:
        """Call an object, whatever it may be."""
        raise NotImplementedError

    def call_method(self, method: Method, node: ast.AST, arguments: Arguments) -> Value:
        """Call a bound method."""
        raise NotImplementedError

    def begin_statement(self) -> None:
        """Forget what the statement before did."""
        self._carried.clear()

    def bound_method(self, found: Value, receiver: Value, name: str, node: ast.AST) -> Value:
        """Return what the attribute `name` is that was `found`: a method keeps its object."""
        if receiver.dotted is not None or not self._may_be_method(receiver, name):
            return found
        site = self.site(node, "method", "method")
        known = self.methods.get(site)
        everything = receiver if known is None else join((known.receiver, receiver))
        self.methods[site] = Method(name, everything)
        self.heap.hold([site], receiver.sites)
        certain = all(
            self.knowledge.has_method(s.type, name) or s.type == "instance" for s in receiver.sites
        )
        return Value(frozenset([site]) if certain else found.sites | {site})

    def _may_be_method(self, receiver: Value, name: str) -> bool:
        things = objects(receiver.sites)
        member = self.member(receiver, name)
        if member is not None:
            code = any(site.definition for site in member.sites)
            return bool(things) and code and not member_runs(member)
        libraries = [site for site in things if site.type != "instance"]
        return any(self.knowledge.may_be_method(site.type, name) for site in libraries)

    def carried_code(self, value: Value, node: ast.AST, arguments: Arguments) -> None:
        """Run the functions and methods that are among `value`, with any of the arguments."""
        for site in in_order(value.sites):
            if site.definition is not None:
                made = self.invoke(site, node, None, arguments, spread=True)
                if site.definition.is_class:
                    self.run_methods(made, None, node, arguments)
            elif site in self.methods:
                self._call_carried(site, node, arguments)

    def _call_carried(self, site: Site, node: ast.AST, arguments: Arguments) -> None:
        """Call a bound method that a library got; methods that get each other end after a few rounds."""
        if self._carried[site] < _ROUNDS:
            self._carried[site] += 1
            self.call_method(self.methods[site], node, arguments)

    # --- iterators

    def wait(self, iterator: Value, run: Callable[[], Value]) -> None:
        """Note that walking over `iterator` runs code, which yields what the result of `run` holds."""
        for site in iterator.sites:
            self._waiting.setdefault(site, run)

    def consume(self, value: Value, node: ast.AST) -> None:
        """Run the code that walking over `value` runs: what names mean is looked up now."""
        for site in in_order(value.sites):
            if site.type != "iterator" or site in self.walking:
                continue
            self.walking.add(site)
            run = self._waiting.get(site)
            if run is not None:
                self.heap.hold([site], self.heap.held(run().sites))
            held = self.heap.held([site])
            self.carried_code(Value(held), node, Arguments((Value(objects(held)),)))
            self.consume(Value(held), node)
            self.walking.discard(site)
