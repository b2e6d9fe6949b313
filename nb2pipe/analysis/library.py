"""Evaluate calls of libraries, by what is known about them."""

import ast
from collections.abc import Iterable
from typing import Final

from nb2pipe.analysis.arguments import Arguments
from nb2pipe.analysis.heap import IMMUTABLE, NOTHING, Sites, Value, objects
from nb2pipe.analysis.knowledge import CallEffect
from nb2pipe.analysis.objects import CONTAINERS
from nb2pipe.analysis.own_code import OwnCode
from nb2pipe.analysis.recorder import file_name

_SELF: Final = "self"
_CLOSED: Final = ("pandas.", "polars.", "xarray.", "numpy.ndarray")


class LibraryCalls(OwnCode):
    """Calls of what libraries define."""

    def library_call(
        self,
        node: ast.Call,
        effect: CallEffect,
        receiver: Value | None,
        arguments: Arguments,
        *,
        methods: Iterable[str] | None = None,
    ) -> Value:
        """Record what a library's function does, as far as it is known, and return its result."""
        given = {word for word, value in arguments.keywords if word and value.constant is not None}
        effect = effect.given(given)
        if effect.setting:
            self.set_option()
        if effect.recreate:
            self.record.recreates = True
        if effect.seeds or effect.state:
            self.record.draws = True
        for changed in self._changed(effect, receiver, arguments):
            because = "this call changes it" if effect.known else "this call may change it"
            deep = effect.deep or not effect.known
            sites = self.changeable(changed.sites) if deep else objects(changed.sites)
            self.mutate(sites, node, because, cautious=not effect.known)
            if effect.keeps:
                kept = arguments.sites | self.heap.held(arguments.sites)
                self.heap.hold(changed.sites, kept - changed.sites)
        if effect.returns != "holds":
            used = frozenset(site for site in arguments.sites if site.type == "iterator")
            self.mutate(used, node, "it is used up by this call")
        self._hidden_state(node, effect, receiver, arguments)
        self._files(node, effect, receiver, arguments)
        self.run_callbacks(node, arguments, receiver, methods=methods)
        return self.result(node, effect, receiver, arguments)

    def _changed(
        self, effect: CallEffect, receiver: Value | None, arguments: Arguments
    ) -> Iterable[Value]:
        for key in effect.mutates:
            if key == _SELF:
                if receiver is not None:
                    yield receiver
            elif key == "all":
                yield from arguments.all
            else:
                value = arguments.get(key)
                if value is not None:
                    yield value

    def _hidden_state(
        self, node: ast.AST, effect: CallEffect, receiver: Value | None, arguments: Arguments
    ) -> None:
        if effect.seeds:
            self.define(f"<{effect.seeds}>", IMMUTABLE, node)
            return
        given = self.heap.reach(arguments.sites | (receiver.sites if receiver else NOTHING))
        states = self.knowledge.states(site.type for site in given)
        for state in sorted({*states, *([effect.state] if effect.state else [])}):
            self.use_state(state, node)

    def run_operator(self, value: Value, name: str, node: ast.AST) -> None:
        """Record what Python calls by itself on a library's objects: subscripts, loops."""
        for site in value.sites:
            effect = self.knowledge.operator(site.type, name)
            if effect is not None and effect.mutates:
                self.mutate(frozenset([site]), node, "reading it changes it")
            if effect is not None and effect.state:
                self.use_state(effect.state, node)

    def use_state(self, state: str, node: ast.AST) -> None:
        """Record that hidden state is read and changed; before anything set it, nobody can tell."""
        name = f"<{state}>"
        if name in self.names and name not in self.pure:
            self.read(name, node)
            self.touch(name, node, f"it draws from the global generator of `{state}`")

    def _files(
        self, node: ast.AST, effect: CallEffect, receiver: Value | None, arguments: Arguments
    ) -> None:
        for key, writes in ((effect.reads_file, False), (effect.writes_file, True)):
            if key is not None:
                path = receiver if key == _SELF else arguments.get(key)
                if path is not None:
                    self.use_file(path, node, writes=writes)

    def use_file(self, path: Value, node: ast.AST, *, writes: bool, appends: bool = False) -> None:
        """Record that a file is read or written."""
        if path.text is None:
            if not writes and (path.sites == NOTHING or path.dotted):
                self.record.unknown_file = node
            return
        name = file_name(path.text)
        if not writes or appends:
            self.read(name, node)
        if appends and name in self.names:
            self.touch(name, node, "the file is appended to")
        elif writes:
            self.define(name, IMMUTABLE, node)

    def result(
        self, node: ast.AST, effect: CallEffect, receiver: Value | None, arguments: Arguments
    ) -> Value:
        """Return what a library's function returns."""
        own = receiver if receiver is not None else IMMUTABLE
        if effect.returns == "none":
            return IMMUTABLE
        if effect.returns == "self":
            return Value(own.sites)
        site = self.site(node, "call", effect.type or _kept_type(effect, own))
        if effect.unstorable:
            self.unstorable.add(site)
        given = own.sites | arguments.sites
        match effect.returns:
            case "fresh":
                pass
            case "view":
                self.heap.share([site], self._buffers(given))
            case "shallow":
                # What is in an object of unknown make-up is a part of the object itself.
                words = NOTHING.union(*(value.sites for _, value in arguments.keywords))
                opaque = frozenset(site for site in given if site.type not in CONTAINERS)
                self.heap.hold([site], self.heap.held(given) | words | opaque)
            case "holds":
                self.heap.hold([site], given)
            case _:
                self.heap.hold([site], given)
                return Value(frozenset([site]) | objects(given))
        aliases = [arguments.get(key) or IMMUTABLE for key in effect.aliases]
        return Value(frozenset([site]).union(*(value.sites for value in aliases)))

    def _buffers(self, sites: Sites) -> Sites:
        """Return the objects among `sites`, and in their containers, that may own memory to look into."""
        inside = self.heap.held(frozenset(site for site in sites if site.type in CONTAINERS))
        return frozenset(
            site
            for site in sites | inside
            if site.definition is None and (site.type is None or site.type.startswith(_CLOSED))
        )

    def run_callbacks(
        self,
        node: ast.Call,
        arguments: Arguments,
        receiver: Value | None = None,
        *,
        methods: Iterable[str] | None = None,
    ) -> None:
        """Run the notebook's code that a library got: it may call functions, and methods (None: any).

        They get any argument, the object whose method is called, or an element of these.
        """
        given = arguments.sites | (receiver.sites if receiver is not None else NOTHING)
        plain = Arguments((Value(objects(given | self.heap.held(given))),))
        for value in arguments.all:
            for site in value.sites:
                if site.definition is not None:
                    self.invoke(site, node, None, plain, spread=True)
            held = frozenset(site for site in value.sites if site.type in CONTAINERS)
            self.run_methods(Value(value.sites | self.heap.held(held)), methods, node, plain)


def _kept_type(effect: CallEffect, receiver: Value) -> str | None:
    """Return the type of a new result: tables and arrays mostly make their own kind."""
    types = {site.type or "" for site in receiver.sites}
    if effect.returns in {"fresh", "shallow"} and len(types) == 1:
        type_ = types.pop()
        return type_ if type_.startswith(_CLOSED) else None
    return None
