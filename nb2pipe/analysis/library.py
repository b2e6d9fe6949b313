"""Evaluate calls of libraries, by what is known about them."""

import ast
from collections.abc import Iterable
from typing import Final

from nb2pipe.analysis.arguments import Arguments
from nb2pipe.analysis.containers import CONTAINERS, SEQUENCES, is_buffer
from nb2pipe.analysis.databases import Databases
from nb2pipe.analysis.effects import CAUTIOUS, OF_TRUSTED, CallEffect, HiddenEffect
from nb2pipe.analysis.file_names import file_name
from nb2pipe.analysis.files import keys_of
from nb2pipe.analysis.heap import IMMUTABLE, NOTHING, Site, Sites, Value, addresses, objects
from nb2pipe.analysis.recorder import Binding
from nb2pipe.analysis.scopes import free_names, names_read
from nb2pipe.analysis.states import is_harmless, state_of_call, varies

_SELF: Final = "self"
_DRAWING: Final = "matplotlib.Artist"
# What is read and written through the same object.
_DATABASES: Final = frozenset(["sqlite3.connect", "pandas.HDFStore", "shelve.open", "dbm.open"])
# Containers that are made of pairs, and hold the elements of these.
_OF_PAIRS: Final = frozenset(["dict", "collections.OrderedDict", "collections.defaultdict"])
# Builtins to which the order of a set does not matter; the order of a set that they make comes from it.
_ORDERLESS: Final = frozenset(
    f"builtins.{name}"
    for name in (
        "len", "sorted", "set", "frozenset", "any", "all", "isinstance", "type", "id", "bool", "max", "min", "hash",
        "callable", "hasattr",
    )
)  # fmt: skip
_CALLING_NO_FUNCTION: Final = frozenset({
    "builtins.abs", "builtins.bin", "builtins.bool", "builtins.bytes", "builtins.chr", "builtins.complex",
    "builtins.divmod", "builtins.float", "builtins.format", "builtins.hash", "builtins.hex", "builtins.id",
    "builtins.int", "builtins.isinstance", "builtins.issubclass", "builtins.len", "builtins.oct", "builtins.ord",
    "builtins.pow", "builtins.print", "builtins.range", "builtins.repr", "builtins.round", "builtins.slice",
    "builtins.str",
})  # fmt: skip
"""These call special methods of what they get at most."""
# What these get, they use as they are known to, and let go or show what they keep it in.
_BY_PYTHON: Final = ("builtins.", "None.", "csv.", "file.")
# Whoever gets one of these may draw from it, which moves it on.
_GENERATORS: Final = frozenset(["numpy.random.Generator", "random.Random", "torch.Generator"])
_NO_PLACES: Final = frozenset(["self", "all", "drawings"])


class LibraryCalls(Databases):
    """Calls of what libraries define."""

    def library_call(
        self,
        node: ast.AST,
        effect: CallEffect,
        receiver: Value | None,
        arguments: Arguments,
        *,
        methods: Iterable[str] | None = None,
        name: str = "",
    ) -> Value:
        """Record what a library's function does, as far as it is known, and return its result."""
        draws = bool(effect.state)
        effect = effect.given({word: value.constant for word, value in arguments.keywords if word})
        if effect.in_memory and self.is_in_memory(node):
            effect = effect.without_file()
        self.stars += [effect.star] if effect.star else []
        if effect.setting:
            self.set_option(state_of_call(name), node, harmless=is_harmless(name))
            self.plant(arguments.all)
        elif not name.startswith("builtins."):
            self.record.calls += 1
            self.record.varies |= varies(name)
        if effect.recreate:
            self.record.recreates = True
        self.record.draws |= bool(effect.seeds or effect.state)
        if effect.seeds or effect.state or varies(name):
            self.act()
        self._change(node, effect, receiver, arguments)
        self._use_up(node, effect, arguments)
        if effect.returns != "holds" and not name.startswith("builtins."):
            self._draw(node, effect, receiver, arguments, draws=draws)
        if self.files.handles and not name.startswith(_BY_PYTHON):
            self._give_handles(node, effect, receiver, arguments)
        self._hidden_state(node, effect, receiver, arguments, name)
        self._use_hidden(node, effect.hidden)
        self.use_files(node, effect, receiver, arguments, name)
        calls = name not in _CALLING_NO_FUNCTION
        self.run_callbacks(node, arguments, receiver, methods=methods, effect=effect, calls=calls)
        made = self.result(node, effect, receiver, arguments)
        self._note_order(name, made, receiver, arguments)
        for state in effect.hidden.shows if effect.hidden is not None else ():
            self.show(objects(made.sites), state)
        if name in _DATABASES:
            self.back(made, effect, receiver, arguments)
        else:
            self.note_handle(node, made, effect, receiver, arguments)
        return made

    def _change(
        self, node: ast.AST, effect: CallEffect, receiver: Value | None, arguments: Arguments
    ) -> None:
        """Record what a call changes in place, and what that holds afterwards."""
        for changed in self._changed(effect, receiver, arguments):
            because = "this call changes it" if effect.known else "this call may change it"
            touched = self._touched(changed, effect)
            self.let_go_parts(changed.sites, node)
            self.mutate(touched, node, because, cautious=not effect.known)
            if effect.keeps:
                kept = self._handed_over(arguments.sites)
                holders = touched if effect.deep else objects(changed.sites)
                self.heap.hold(holders, kept - changed.sites)
        if receiver is not None and effect.deep:
            self.tell(receiver, node)
        self.ask_databases(receiver, arguments)

    def _use_up(self, node: ast.AST, effect: CallEffect, arguments: Arguments) -> None:
        """Record that a call moves the iterators and open files that it gets."""
        if effect.returns != "holds":
            used = frozenset(site for site in arguments.sites if site.type == "iterator")
            self.mutate(used, node, "it is used up by this call")
            self.consume(Value(used), node)
        streams = frozenset(site for site in arguments.sites if site.type == "file")
        self.mutate(streams, node, "this call may read or write it")

    def _draw(
        self,
        node: ast.AST,
        effect: CallEffect,
        receiver: Value | None,
        arguments: Arguments,
        *,
        draws: bool,
    ) -> None:
        """Record that a call moves the generators of random numbers that it gets; if it `draws`, those inside, too."""
        own = receiver.sites if receiver is not None else NOTHING
        if own and all(site.type in CONTAINERS for site in own):
            return  # which keeps it
        drawn = (arguments.get(key) or IMMUTABLE for key in effect.draws)
        inside = (
            arguments.sites | own if draws else NOTHING.union(*(value.sites for value in drawn))
        )
        given = arguments.sites | self.heap.reach(inside)
        self.mutate(_generators(given), node, "it may draw from it")

    def _give_handles(
        self, node: ast.AST, effect: CallEffect, receiver: Value | None, arguments: Arguments
    ) -> None:
        """Record that a call may keep the open files that it gets, and use those whose paths it gets.

        It keeps none that a row says it changes or writes, and containers show what they keep.
        """
        if node not in self.opening and effect.reads_file is effect.writes_file is None:
            files = {handle.file for handle in self.files.handles.values()}
            paths = [self.from_start(value) for value in arguments.all]
            for name in files.intersection(file_name(path) for path in paths if path is not None):
                self.files.use_path(name, self.order, writes=True)
        holds = receiver is not None and all(site.type in CONTAINERS for site in receiver.sites)
        if not holds:
            places = {*effect.mutates, *keys_of(effect.writes_file)} - _NO_PLACES
            if effect.hidden is not None and effect.hidden.sets:
                places = set()
            known = [arguments.get(place) or IMMUTABLE for place in places]
            given = self.heap.reach(arguments.sites)
            self.files.spoil(given.difference(*(value.sites for value in known)))

    def _handed_over(self, sites: Sites) -> Sites:
        """Return what may be kept of `sites`: them, their elements, and those of pairs, as `update` does."""
        held = self.heap.held(sites)
        inside = self.heap.held(frozenset(site for site in held if site.type in CONTAINERS))
        return sites | held | inside

    def _note_order(
        self, name: str, made: Value, receiver: Value | None, arguments: Arguments
    ) -> None:
        """Record in which calls the order of sets may show."""
        given = arguments.sites
        own = receiver.sites if receiver is not None else NOTHING
        if name in _ORDERLESS or (name.startswith("set.") and not name.endswith("pop")):
            self.derive(made.sites, given | own)
        else:
            self.walk(self.heap.reach(given) | (own if name.endswith(".pop") else NOTHING))

    def plant(self, values: Iterable[Value]) -> None:
        """Record what functions that a library keeps look up when it calls them later."""
        queue = [site for value in values for site in value.sites]
        while queue:
            definition = queue.pop().definition
            for name in names_read(definition.node) if definition is not None else ():
                if name in self.names and name not in self.record.planted:
                    self.record.planted.add(name)
                    queue += self.names[name].value.sites

    def _touched(self, changed: Value, effect: CallEffect) -> Sites:
        """Return which objects change when `changed` does: with what it holds, when that is said or feared."""
        if not effect.deep and effect.known:
            return objects(changed.sites) | _generators(self.heap.reach(changed.sites))
        reached = self.changeable(changed.sites)
        if effect is OF_TRUSTED:
            # The models that an object of a library was made of, but not the data.
            return changed.sites | frozenset(site for site in reached if not is_buffer(site.type))
        return frozenset(s for s in reached if s in changed.sites or effect.reaches(s.type))

    def _changed(
        self, effect: CallEffect, receiver: Value | None, arguments: Arguments
    ) -> Iterable[Value]:
        for key in effect.mutates:
            if key == _SELF:
                if receiver is not None:
                    yield receiver
            elif key == "all":
                yield from arguments.all
            elif key == "drawings":
                reached = self.heap.reach(arguments.sites)
                yield Value(frozenset(site for site in reached if site.type == _DRAWING))
            else:
                value = arguments.get(key)
                if value is not None:
                    yield value

    def _hidden_state(
        self,
        node: ast.AST,
        effect: CallEffect,
        receiver: Value | None,
        arguments: Arguments,
        name: str,
    ) -> None:
        for called in (name, *(value.dotted for value in arguments.all)):
            counter = self.knowledge.counter(called)
            if counter is not None:
                self.count(counter, node)
        if effect.seeds:
            for state in effect.seeds.split():
                self.define(f"<{state}>", IMMUTABLE, node)
            return
        given = self.heap.reach(arguments.sites | (receiver.sites if receiver else NOTHING))
        states = self.knowledge.states(site.type for site in given)
        for state in sorted({*states, *(effect.state or "").split()}):
            self.use_state(state, node)
        self.count_with(given, node)

    def _use_hidden(self, node: ast.AST, hidden: HiddenEffect | None) -> None:
        """Record what the code of a local module does with files, options and its own variables."""
        if hidden is None:
            return
        for name in hidden.touches:
            self.names.setdefault(name, Binding(IMMUTABLE))
            self.read(name, node)
            self.touch(name, node, "it uses a file")
        for name in hidden.reads:
            if name in self.names:
                self.read(name, node)
        if hidden.loses:
            self.set_option(None, node)
        for name in hidden.sets:
            self.carry_state(name, node)

    def run_operator(self, value: Value, name: str, node: ast.AST) -> None:
        """Record what Python calls by itself on a library's objects: subscripts, loops, `with`."""
        for site in value.sites:
            effect = self.knowledge.operator(site.type, name)
            if effect is not None and effect.mutates:
                alone = Value(frozenset([site]))
                self.mutate(self._touched(alone, effect), node, "using it changes it")
                if effect.deep:
                    self.tell(alone, node)
            if effect is not None and effect.state:
                self.use_state(effect.state, node)

    def result(
        self, node: ast.AST, effect: CallEffect, receiver: Value | None, arguments: Arguments
    ) -> Value:
        """Return what a library's function returns."""
        own = receiver if receiver is not None else IMMUTABLE
        if effect.returns == "none":
            return Value(addresses(arguments.sites))  # as a text, or in part
        if effect.returns == "self":
            return Value(own.sites)
        site = self.site(node, "call", effect.type or _kept_type(effect, own))
        if effect.unstorable:
            self.unstorable.add(site)
        if effect.calls:
            self.calling.add(site)
        given = own.sites | arguments.sites
        others = self._fill(site, given, effect, arguments)
        aliases = [arguments.get(key) or IMMUTABLE for key in effect.aliases]
        return Value(frozenset([site]).union(others, *(value.sites for value in aliases)))

    def _fill(self, site: Site, given: Sites, effect: CallEffect, arguments: Arguments) -> Sites:
        """Let the result `site` hold what it may of what a call is `given`; return what it may be instead."""
        containers = frozenset(s for s in given if s.type in CONTAINERS)
        match effect.returns:
            case "fresh":
                if is_buffer(site.type):
                    self.heap.hold([site], self.elements_kept(given))
            case "copy":
                held = self.heap.held(given)
                self.heap.hold([site], (s for s in held if s.definition is not None))
            case "view":
                self._look_into(site, given, copies=_copies_contents(effect, arguments))
            case "shallow":
                # What is in an object of unknown make-up is a part of the object itself.
                words = NOTHING.union(
                    *(
                        value.sites if word else self.heap.held(value.sites)
                        for word, value in arguments.keywords
                    )
                )
                held = self.heap.held(given)
                if site.type in _OF_PAIRS:
                    held |= self.heap.held(frozenset(s for s in held if s.type in CONTAINERS))
                self.heap.hold([site], held | words | (given - containers))
            case "elements":
                held = self.heap.held(containers)
                self.heap.hold([site], held)
                return objects(held)
            case "holds" | "code":
                self.heap.hold([site], given)
            case _:
                self.heap.hold([site], given)
                return objects(given | self.heap.held(containers))
        return NOTHING

    def _look_into(self, view: Site, sites: Sites, *, copies: bool) -> None:
        """Let `view` share the memory of `sites`, and of what their containers hold unless it `copies` that.

        A copy of a list still holds the same elements, one of a dictionary's columns only their values.
        """
        containers = frozenset(site for site in sites if site.type in CONTAINERS)
        inside = self.heap.held(containers)
        if copies:
            columns = self.heap.held(frozenset(s for s in containers if s.type == "dict"))
            elements = self.heap.held(frozenset(s for s in containers if s.type != "dict"))
            values = self.heap.held(frozenset(s for s in columns if s.type in SEQUENCES))
            others = frozenset(s for s in columns if s.type not in SEQUENCES)
            elements |= frozenset(s for s in values | others if not is_buffer(s.type))
            self.heap.hold([view], elements)
            inside = NOTHING
        self.heap.share([view], [site for site in sites | inside if _may_own_memory(site)])

    def run_callbacks(
        self,
        node: ast.AST,
        arguments: Arguments,
        receiver: Value | None = None,
        *,
        methods: Iterable[str] | None = None,
        effect: CallEffect = CAUTIOUS,
        calls: bool = True,
    ) -> None:
        """Run the notebook's code that a library got: it may call functions (if it `calls`), and methods (None: any).

        They get any argument, the object whose method is called, or an element of these. What makes code of
        code calls none.
        """
        if effect.returns == "code":
            return
        given = arguments.sites | (receiver.sites if receiver is not None else NOTHING)
        plain = Arguments((Value(objects(given | self.heap.held(given))),))
        for value in arguments.all:
            held = frozenset(site for site in value.sites if site.type in CONTAINERS)
            inside = Value(value.sites | self.heap.held(held))
            if calls:
                self.carried_code(inside, node, plain)
            self.run_methods(inside, methods, node, plain)
            if methods is None:
                self.read_for_held(inside, node)
        self.read_for_held(receiver or IMMUTABLE, node)

    def tell(self, value: Value, node: ast.AST) -> None:
        """Record what happens when objects change of which a row for `__setattr__` says that they tell others."""
        telling = (s for s in value.sites if self.knowledge.operator(s.type, "__setattr__"))
        told = self.heap.reach(frozenset(telling))
        if told:
            self.mutate(objects(told), node, "it may be told of this change")
            self.carried_code(Value(told), node, Arguments((Value(objects(told)),)))

    def read_for_held(self, value: Value, node: ast.AST) -> None:
        """Record what code looks up that a library's objects hold: a `Pipeline` of own steps may call it."""
        made = frozenset(s for s in objects(value.sites) if s.type not in {*CONTAINERS, "instance"})
        queue = [site for site in self.heap.reach(made) if site.definition is not None]
        seen = set(queue)
        with self.guarded(when=True):
            while queue:
                definition = queue.pop().definition
                for name in sorted(free_names(definition.node)) if definition is not None else ():
                    if name in self.names and name not in self.assigned:
                        self.read(name, node)
                        found = {site for site in self.names[name].value.sites if site.definition}
                        queue += found - seen
                        seen |= found


def _copies_contents(effect: CallEffect, arguments: Arguments) -> bool:
    """Whether what is in a list or dictionary is copied, as numpy and pandas do unless told otherwise."""
    makes_own = (effect.type or "").startswith(("pandas.", "numpy."))
    return makes_own and arguments.get("copy") is None


def _may_own_memory(site: Site) -> bool:
    return site.definition is None and site.type not in CONTAINERS


def _generators(sites: Sites) -> Sites:
    return frozenset(site for site in sites if site.type in _GENERATORS)


def _kept_type(effect: CallEffect, receiver: Value) -> str | None:
    """Return the type of a new result: tables and arrays mostly make their own kind."""
    types = {site.type or "" for site in receiver.sites}
    if effect.returns in {"fresh", "shallow"} and len(types) == 1:
        type_ = types.pop()
        return type_ if is_buffer(type_) else None
    return None
