"""Objects and their parts: members of classes, elements of containers, views."""

import ast
from collections.abc import Callable, Iterable
from typing import Final

from nb2pipe.analysis.containers import CONTAINERS, SEQUENCES, is_buffer
from nb2pipe.analysis.decorators import COMPILERS
from nb2pipe.analysis.definitions import Definition
from nb2pipe.analysis.heap import IMMUTABLE, Site, Sites, Value, in_order, join, objects
from nb2pipe.analysis.knowledge import Knowledge
from nb2pipe.analysis.recorder import Memory
from nb2pipe.analysis.states import state_of_target

# What cannot become numbers.
_OBJECTS: Final = frozenset({"instance", "dict", "set"})
_METACLASSES: Final = frozenset({"builtins.type", "abc.ABCMeta", "enum.EnumMeta", "enum.EnumType"})


class Objects(Memory):
    """What the parts of a value may be."""

    def __init__(self, knowledge: Knowledge) -> None:
        super().__init__()
        self.knowledge = knowledge
        self.has_classes = False
        self.has_finalizers = False
        self.walking: set[Site] = set()
        # Classes that got code, or methods that Python calls by itself, after their definition.
        self.extended: set[Site] = set()
        # What metaclasses define: it gets the class itself.
        self.meta_methods: set[Site] = set()
        # What libraries number, with the attribute that has the last number.
        self.numbered: dict[Site, str] = {}
        # The modules whose names a star import binds, in their order.
        self.stars: list[str] = []

    def site(self, node: ast.AST | str, role: str = "", type_: str | None = None) -> Site:
        """Return the object that `node` makes, as known from `Memory`."""
        site = super().site(node, role, type_)
        if self.knowledge.is_linked(site.type):
            self.compared.add(site)
        counter = self.knowledge.counter(site.type)
        if counter is not None:
            self.numbered[site] = counter
        return site

    def count_with(self, sites: Sites, node: ast.AST) -> None:
        """Record that something may be made of `sites` that gets a number."""
        if self.numbered:
            reached = self.heap.reach(sites)
            for counter in sorted({self.numbered[site] for site in reached & self.numbered.keys()}):
                self.count(counter, node)

    def ask(self, value: Value, attribute: str | None) -> None:
        """Note that an attribute of objects (None: any) is read; some tell of it only until they are stored."""
        lost = frozenset[str]().union(*(self.knowledge.forgets(_type(s)) for s in value.sites))
        if lost and (attribute is None or attribute in lost):
            self.unstorable |= value.sites

    def starred_name(self, name: str) -> Value | None:
        """Return what a name without a binding is, when star imports of known libraries explain it."""
        for module in reversed(self.stars):
            shown = f"{module}.{name}"
            dotted = self.knowledge.original(shown)
            if self.knowledge.describes(shown) or self.knowledge.describes(dotted):
                return Value(dotted=self._named_elsewhere(module, name) or dotted)
            if not self.knowledge.trusts(module):
                return None
        return Value(dotted=f"{self.stars[-1]}.{name}") if self.stars else None

    def _named_elsewhere(self, module: str, name: str) -> str | None:
        """Return the full name in whichever module of a library has a row for it, if all names of that are imported."""
        library = module.partition(".")[0]
        shown = [f"{m}.{name}" for m in self.stars if m.partition(".")[0] == library]
        return next(
            map(self.knowledge.original, filter(self.knowledge.names, reversed(shown))), None
        )

    def is_plain_instance(self, value: Value) -> bool:
        """Whether `value` is an instance of classes that the notebook alone defines."""
        return self._is_derived(value, "builtins.object".__eq__)

    def has_own_attributes(self, value: Value) -> bool:
        """Whether the notebook's own code alone sets attributes of `value`, an instance."""
        return self._is_derived(value, self.knowledge.has_own_attributes)

    def _is_derived(self, value: Value, fits: Callable[[str], bool]) -> bool:
        """Whether `value` is an instance of classes of the notebook, and each library's class behind them fits."""
        return bool(value.sites) and all(
            site.type == "instance" and all(map(fits, self._library_bases(site)))
            for site in in_order(value.sites)
        )

    def bare_base(self, site: Site) -> str | None:
        """Return which of Python's containers the class of an instance is derived from, if from one."""
        if site.type != "instance":
            return None
        types = {self.knowledge.function(base).type for base in self._library_bases(site)}
        type_ = types.pop() if len(types) == 1 else None
        return type_ if self.knowledge.is_bare(type_) else None

    def _library_bases(self, site: Site) -> set[str]:
        """Return the full names of what the classes of an instance are derived from."""
        classes = self.classes_of(Value(frozenset([site])))
        bases = (base.dotted for definition in classes for base in definition.bases)
        return {dotted for dotted in bases if dotted is not None}

    def element_of(self, value: Value) -> Value:
        """Return what an element of `value` may be; those of plain containers are never views."""
        containers = frozenset(site for site in value.sites if site.type in CONTAINERS)
        if containers == value.sites:
            return Value(self.heap.held(containers))
        rest = self.part_of(
            Value(frozenset(filter(self._shares_elements, value.sites - containers)))
        )
        return Value(rest.sites | self.heap.held(containers))

    def elements_kept(self, given: Sites) -> Sites:
        """Return what new arrays and frames, made of `given`, have as elements as it is, not as numbers."""
        inside = self.heap.held(frozenset(s for s in given if s.type in CONTAINERS))
        rows = self.heap.held(frozenset(s for s in inside if s.type in SEQUENCES))
        kept = self.heap.held(frozenset(s for s in given | inside if is_buffer(s.type)))
        objects_ = frozenset(s for s in inside | rows if s.type in _OBJECTS)
        return objects_ | frozenset(s for s in kept if not is_buffer(s.type))

    def _shares_elements(self, site: Site) -> bool:
        """Whether an element of an object may be changed in place: `m.values` of a fit has numbers only."""
        row = self.knowledge.operator(site.type, "__iter__")
        return row is None or row.returns != "none"

    def member(self, value: Value, name: str) -> Value | None:
        """Return the member `name` of a notebook class that `value` is, or is an instance of."""
        found = [
            definition.members[key]
            for definition in [*self.classes_of(value), *self.metas_of(value)]
            for key in (name, "*")
            if key in definition.members
        ]
        return join(found) if found else None

    def metas_of(self, value: Value) -> list[Definition]:
        """Return the notebook's metaclasses of the classes that `value` is, bases included."""
        if not self.meta_methods:
            return []
        metas = [meta for s in in_order(value.sites) if s.definition for meta in s.definition.metas]
        return self.classes_of(join(metas)) if metas else []

    @staticmethod
    def makes_classes(definitions: Iterable[Definition]) -> bool:
        """Whether one of the classes is a metaclass."""
        return any(base.dotted in _METACLASSES for d in definitions for base in d.bases)

    def classes_of(self, value: Value) -> list[Definition]:
        """Return the notebook's classes that `value` is or is an instance of, bases included."""
        found: list[Definition] = []
        if not self.has_classes:
            return found
        instances = frozenset(site for site in value.sites if site.type == "instance")
        queue = [
            site.definition
            for site in [*in_order(value.sites), *in_order(self.heap.held(instances))]
            if site.definition is not None and site.definition.is_class
        ]
        while queue:
            definition = queue.pop(0)
            if definition not in found:
                found.append(definition)
                queue += [
                    site.definition
                    for base in definition.bases
                    for site in base.sites
                    if site.definition is not None and site.definition.is_class
                ]
        return found

    def part_of(self, value: Value) -> Value:
        """Return what a part of `value` may be: a view of it, or something that it holds."""
        if not value.sites:
            return IMMUTABLE
        return Value(value.sites | self.heap.held(objects(value.sites)))

    def code_in(self, sites: Sites) -> tuple[Sites, Sites]:
        """Return the functions and bound methods that objects hold, and the objects that these hold with them.

        What classes hold is left out: their methods are not called without an object.
        """
        code: set[Site] = set()
        things: set[Site] = set()
        queue = list(self.heap.held(objects(sites)))
        while queue:
            site = queue.pop()
            if site in code or site in things:
                continue
            if site.definition is not None or site.type == "method":
                if site.definition is None or not site.definition.is_class:
                    code.add(site)
            else:
                things.add(site)
                queue += self.heap.held([site])
        return frozenset(code), frozenset(things)

    def attribute_of(self, value: Value, name: str) -> Value:
        """Return what an attribute of `value` may be, an instance of a class with a library's bases.

        Where the notebook's own code put something, that is it. Elsewhere it is whatever the library
        keeps there: anything that the instance holds, but for its class.
        """
        if self.has_set(value, name):
            return Value(self.heap.field(value.sites, name))
        known = frozenset(site for site in value.sites if self._has_no_other(site, name))
        rest = Value(value.sites - known)
        classes = self.classes_of(rest)
        parts = (
            site
            for site in self.part_of(rest).sites
            if not site.definition or site.definition not in classes
        )
        return Value(self.heap.field(known, name).union(parts))

    def _has_no_other(self, site: Site, name: str) -> bool:
        """Whether the attribute `name` of an object is nothing but what the notebook's own code put there."""
        bare = self.knowledge.is_bare(site.type) and self.knowledge.lacks(site.type, name)
        return bare or self.has_own_attributes(Value(frozenset([site])))

    def content_of(self, owner: Site, name: str, type_: str | None) -> Site:
        """Return what an attribute of a library's object is, the same each time."""
        site = self.site(f"content {owner.number} {name}", type_=type_)
        self.heap.hold([owner], [site])
        return site

    def has_set(self, value: Value, name: str) -> bool:
        """Whether the notebook's own code has put an object into this attribute.

        Functions have no others: of one and its wrapper, it is enough that one has it.
        """
        having = {site for site in value.sites if self.heap.fields.get((site, name))}
        return bool(having) and all(site.definition for site in value.sites - having)

    def library_item(self, dotted: str, index: Value, node: ast.Subscript) -> Value:
        """Return an element of a library's object: `np.c_[a, b]` makes an array, `list[int]` names a type."""
        effect = self.knowledge.functions.get(dotted)
        module, _, name = dotted.rpartition(".")
        trusted = self.knowledge.trusts(module) or not module
        is_type = name[:1].isupper() and (trusted or not name.isupper())
        is_type = is_type or module == "builtins"
        if is_type or (effect is not None and effect.returns == "none"):
            return IMMUTABLE
        if effect is not None and effect.returns == "fresh":
            return Value(frozenset([self.site(node, "made", effect.type)]))
        # It is the same object wherever it is looked up.
        state, types = self.knowledge.variables.get(dotted, (None, ()))
        sliced = index.text is not None or has_slice(node.slice)
        type_ = next(filter(is_buffer, types), None) if sliced else None
        site = self.site(f"{'part' if type_ else 'item'} {dotted}", type_=type_)
        self.shown.add(site)
        if not trusted:
            self.backed[site] = state or state_of_target(dotted, inside=True) or ""
        self.heap.hold([site], index.sites)
        return Value(frozenset([site]))

    def address(self, node: ast.AST) -> Value:
        """Return where in memory an object is, which says nothing in another process."""
        site = self.site(node, "address", "address")
        self.unstorable.add(site)
        return Value(frozenset([site]))

    def new(
        self, node: ast.AST, held: Iterable[Value], type_: str | None = None, role: str = ""
    ) -> Value:
        """Return a new object that holds `held`."""
        site = self.site(node, role, type_)
        self.heap.hold([site], frozenset().union(*(value.sites for value in held)))
        return Value(frozenset([site]))


def member_runs(member: Value) -> bool:
    """Whether reading this class member runs code: a property."""
    return any(site.definition is not None and site.definition.is_property for site in member.sites)


def copies_part(index: ast.expr) -> bool:
    """Whether an index makes a copy in numpy and pandas alike: a list of labels, or a mask."""
    if isinstance(index, ast.Tuple):
        return any(copies_part(part) for part in index.elts)
    return (
        isinstance(index, ast.List | ast.Compare)
        or (isinstance(index, ast.BinOp) and isinstance(index.op, ast.BitAnd | ast.BitOr))
        or (isinstance(index, ast.UnaryOp) and isinstance(index.op, ast.Invert))
    )


def has_slice(index: ast.expr) -> bool:
    """Whether an index asks for a range, and so for a part of an array."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    return any(isinstance(part, ast.Slice) for part in parts)


def common_type(left: Value, right: Value) -> str | None:
    """Return the type that all objects of two values have."""
    types = {site.type for site in left.sites | right.sites}
    return types.pop() if len(types) == 1 else None


def _type(site: Site) -> str | None:
    """Return the type of an object; a function that numba has compiled is none of its own."""
    compiled = site.definition is not None and not COMPILERS.isdisjoint(site.definition.decorators)
    return "numba.Dispatcher" if compiled else site.type
