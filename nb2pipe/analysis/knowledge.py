"""What is known about libraries, as data: the YAML files under `rules/` and those of the user.

`docs/rules.md` describes the format. Two kinds of knowledge live side by side: tables, where the
name of a function or method says it all, and ast-grep rules, where the shape of the code matters.
"""

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cache
from pathlib import Path
from typing import Any, Final

from nb2pipe.analysis.containers import BARE, CONTAINERS, NEVER_CALLED
from nb2pipe.analysis.effects import (
    CAUTIOUS,
    DRAWS,
    OF_TRUSTED,
    PURE,
    CallEffect,
    Rule,
    TypeKnowledge,
)

RULES: Final = Path(__file__).parent / "rules"
_PYLAB: Final = ("pylab", "matplotlib.pylab")
# Modules that are also reached through other libraries.
_SHOWN: Final = {
    "seaborn.mpl": "matplotlib",
    **{f"typing.{name}": f"builtins.{name.lower()}" for name in ("List", "Dict", "Set")},
    **{f"typing.{name}": f"collections.{name}" for name in ("OrderedDict", "Counter")},
    "typing.DefaultDict": "collections.defaultdict",
    "typing.Deque": "collections.deque",
    "matplotlib.pyplot.mpl": "matplotlib",
    "matplotlib.pyplot.np": "numpy",
    **{
        f"{pylab}.{name}": module
        for pylab in _PYLAB
        for name, module in (
            ("mpl", "matplotlib"),
            ("np", "numpy"),
            ("plt", "matplotlib.pyplot"),
            ("random", "numpy.random"),
        )
    },
}
# Modules that show the names of others, which are searched in this order.
_MERGED: Final = dict.fromkeys(
    _PYLAB,
    ("matplotlib.pyplot", "numpy", "numpy.random", "numpy.linalg", "numpy.fft"),
)
# A function of this name draws random numbers, unless a row knows better.
_DRAWS: Final = re.compile(r"rvs|rand|sampl|shuffl|bootstrap|permut|simulat|jitter", re.IGNORECASE)
# Results of tensors refer to those that gradients are to arrive in.
_GRAPHS: Final = frozenset({"torch.Tensor", "torch.Leaf"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """All files merged; look-ups go from the exact name to the general case.

    `addresses` are attributes that say where in memory an object is. Objects of the modules `linked`
    refer to each other, and notice when one of them becomes two. `counters` are the full names of the attributes
    in which libraries count what they make, to tell it apart, by the name of the library or of what makes it.
    `aliases` are the full names of what local modules import from elsewhere, by their names there; `sets` is the
    hidden state that importing them changes, for the first time, `inside` are the local modules that they are or
    import; `variables` are the hidden state and the types of what their own variables hold.
    """

    functions: Mapping[str, CallEffect]
    modules: frozenset[str]
    types: Mapping[str, TypeKnowledge]
    made_by: Mapping[str, Sequence[tuple[str, str]]]
    methods: Mapping[str, CallEffect]
    attributes: frozenset[str]
    addresses: frozenset[str]
    linked: frozenset[str]
    counters: Mapping[str, str]
    rules: tuple[Rule, ...]
    aliases: Mapping[str, str] = field(default_factory=dict)
    sets: Mapping[str, frozenset[str]] = field(default_factory=dict)
    inside: Mapping[str, frozenset[str]] = field(default_factory=dict)
    variables: Mapping[str, tuple[str, frozenset[str | None]]] = field(default_factory=dict)

    def original(self, dotted: str) -> str:
        """Return the full name of what local modules, and libraries, show as `dotted`."""
        known = self.aliases.get(dotted) or _SHOWN.get(dotted)
        module, _, name = dotted.rpartition(".")
        if known or dotted in self.functions or module not in _MERGED:
            return known or dotted
        names = (f"{shown}.{name}" for shown in _MERGED[module])
        return next(filter(self.describes, names), dotted)

    def function(self, dotted: str) -> CallEffect:
        """Return the effect of calling the library object `dotted`."""
        effect = self.functions.get(dotted) or self.functions.get(_anywhere(dotted))
        if effect is not None:
            return replace(effect, type=dotted) if effect.returns == "code" else effect
        made = self.type_made_by(dotted)
        if made is not None:
            return CallEffect(returns="holds", type=made)
        last = dotted.rpartition(".")[2]
        if last[:1].isupper() and not last.isupper():
            return CallEffect(returns="holds", type=dotted)
        if self.trusts(dotted):
            effect = DRAWS if _DRAWS.search(last) else PURE
            return replace(effect, type=f"{dotted}()")
        return CAUTIOUS

    def describes(self, dotted: str) -> bool:
        """Whether a row or a type speaks about `dotted` itself."""
        return self.names(dotted) or self.type_made_by(dotted) is not None

    def names(self, dotted: str) -> bool:
        """Whether a row speaks about `dotted` by its name."""
        tables = (self.functions, self.aliases, _SHOWN)
        return any(dotted in table for table in tables) or _anywhere(dotted) in self.functions

    def trusts(self, dotted: str) -> bool:
        """Whether functions of this module leave their arguments alone unless a row speaks."""
        return dotted.partition(".")[0] in self.modules

    def type_made_by(self, dotted: str) -> str | None:
        """Return the type that calling `dotted` makes."""
        for pattern, type_ in self.made_by.get(dotted.partition(".")[0], ()):
            if fnmatch.fnmatchcase(dotted, pattern):
                return type_
        return None

    def is_plain(self, types: Iterable[str | None], attribute: str) -> bool:
        """Whether an attribute of objects of `types` shares nothing that can change."""
        if attribute in self.attributes:
            return True
        known = [self.types.get(type_) if type_ else None for type_ in types]
        return bool(known) and all(type_ and attribute in type_.attributes for type_ in known)

    def sliced(self, types: Iterable[str | None]) -> str | None:
        """Return the type of what an index that is no text copies out of objects of `types`."""
        return self._agreed(types, lambda known: known.slices)

    def forgets(self, type_: str | None) -> frozenset[str]:
        """Return what can be asked only of objects of a type that were never stored."""
        known = self.types.get(type_) if type_ else None
        return frozenset() if known is None else known.forgets

    def part(self, types: Iterable[str | None], attribute: str) -> str | None:
        """Return the type of an attribute that is an object of its own and holds the one that it belongs to."""
        return self._agreed(types, lambda known: known.parts.get(attribute))

    def _agreed(
        self, types: Iterable[str | None], ask: Callable[[TypeKnowledge], str | None]
    ) -> str | None:
        """Return what all `types` answer alike; None if they do not."""
        known = (self.types.get(type_) if type_ else None for type_ in types)
        answers = {None if type_ is None else ask(type_) for type_ in known}
        return answers.pop() if len(answers) == 1 else None

    def content(self, type_: str | None, attribute: str) -> str | None:
        """Return the type of an attribute that an object of `type_` holds, if it is known."""
        known = self.types.get(type_) if type_ else None
        return None if known is None else known.contents.get(attribute)

    def has_method(self, type_: str | None, name: str) -> bool:
        """Whether `name` is known to be a method of objects of `type_`."""
        known = self.types.get(type_) if type_ else None
        return known is not None and name in known.methods

    def may_be_method(self, type_: str | None, name: str) -> bool:
        """Whether `name` may be a method of objects of `type_` that matters to whoever holds on to it."""
        if type_ not in self.types:
            return name in self.methods
        general = self.methods.get(name)
        return self.has_method(type_, name) or (general is not None and "self" in general.mutates)

    def type_named(self, dotted: str) -> str | None:
        """Return the type whose class has the full name `dotted`."""
        name = dotted.removeprefix("builtins.")
        return name if name in self.types and name != "iterator" else None

    def operator(self, type_: str | None, name: str) -> CallEffect | None:
        """Return what Python's own call of the special method `name` does, if that is known."""
        known = self.types.get(type_) if type_ else None
        return known.methods.get(name) if known is not None else None

    def called(self, type_: str | None) -> CallEffect | None:
        """Return what calling an object of `type_` does; None when nobody can tell."""
        row = self.operator(type_, "__call__")
        if row is not None:
            return row
        if self.is_trusted(type_):
            return replace(PURE, type=f"{type_}()" if not str(type_).endswith("()()") else type_)
        return PURE if type_ in NEVER_CALLED else None

    def has_own_attributes(self, base: str) -> bool:
        """Whether instances of a class derived from `base` have no attributes but what their own code sets."""
        return base == "builtins.object" or self.is_bare(self.function(base).type)

    def is_bare(self, type_: str | None) -> bool:
        """Whether objects of `type_` have methods and elements, but no attributes."""
        return type_ in BARE

    def is_trusted(self, type_: str | None) -> bool:
        """Whether objects of `type_` come from a trusted library."""
        return type_ is not None and "." in type_ and self.trusts(type_)

    def is_linked(self, type_: str | None) -> bool:
        """Whether objects of `type_` notice when one that they refer to becomes two."""
        return type_ is not None and type_.partition(".")[0] in self.linked

    def counter(self, name: str | None) -> str | None:
        """Return the attribute that counts what `name`, a type or what is called, makes."""
        found = (p for p in self.counters if name is not None and f"{name}.".startswith(f"{p}."))
        return self.counters.get(next(found, ""))

    def keeps_operands(self, type_: str | None) -> bool:
        """Whether what operators make of objects of `type_` may refer to them, as formulas do.

        What functions return is mostly an array, of which they make a new one.
        """
        described = type_ in self.types or str(type_).endswith("()")
        return (
            type_ in _GRAPHS or self.is_linked(type_) or (self.is_trusted(type_) and not described)
        )

    def result_of(self, operands: Iterable[str | None]) -> str | None:
        """Return the type of what operators make of objects of the types `operands`, and of any others."""
        types = {"torch.Tensor" if type_ in _GRAPHS else type_ for type_ in operands}
        return types.pop() if len(types) == 1 else None

    def lacks(self, type_: str | None, method: str) -> bool:
        """Whether `type_` is one of Python's own containers, which have no such method."""
        known = self.types.get(type_) if type_ in CONTAINERS else None
        return known is not None and method not in known.methods

    def states(self, types: Iterable[str | None]) -> frozenset[str]:
        """Return the hidden state that objects of these types use when library code gets them."""
        known = (self.types.get(type_) for type_ in set(types) if type_)
        return frozenset(type_.state for type_ in known if type_ and type_.state)

    def method(self, type_: str | None, name: str) -> CallEffect:
        """Return the effect of calling method `name` on an object of `type_` (None: not known)."""
        known = self.types.get(type_) if type_ else None
        general = self.methods.get(name, CAUTIOUS)
        if known is None:
            return general if general.known or not self.is_trusted(type_) else OF_TRUSTED
        effect = known.methods.get(name)
        if effect is not None:
            return effect
        if known.default is None or (
            name in self.methods and general.says_more_than(known.default)
        ):
            return general
        return known.default


def _anywhere(dotted: str) -> str:
    """Return the name of the row for a function that its library shows in several modules."""
    root, _, rest = dotted.partition(".")
    return f"{root}.*.{rest.rpartition('.')[2]}"


def load_knowledge(extra: Iterable[Path] = ()) -> Knowledge:
    """Read the built-in rule files and those in the folders `extra`, which win."""
    files = [path for folder in extra for path in sorted(folder.glob("*.yaml"))]
    return _load(tuple((path, path.stat().st_mtime_ns) for path in files))


@cache
def _built_in() -> tuple[Mapping[str, Any], ...]:
    return tuple(_read(path) for path in sorted(RULES.glob("*.yaml")))


@cache
def _load(extra: tuple[tuple[Path, int], ...]) -> Knowledge:
    """Merge the built-in files with `extra`, files with the time of their last change."""
    documents = [*_built_in(), *(_read(path) for path, _ in extra)]
    functions: dict[str, CallEffect] = {}
    types: dict[str, TypeKnowledge] = {}
    methods: dict[str, CallEffect] = {}
    made_by: dict[str, list[tuple[str, str]]] = {}
    for document in documents:
        functions.update(read_rows(document.get("functions", {})))
        methods.update(read_rows(document.get("methods", {})))
        for name, row in document.get("types", {}).items():
            types[name] = _type(row)
    for document in reversed(documents):
        for name, row in document.get("types", {}).items():
            for pattern in _words(row.get("made_by", ())):
                made_by.setdefault(pattern.partition(".")[0], []).append((pattern, name))
    return Knowledge(
        functions=functions,
        modules=frozenset(module for d in documents for module in _words(d.get("modules", ()))),
        types=types,
        made_by=made_by,
        methods=methods,
        attributes=frozenset(name for d in documents for name in _words(d.get("attributes", ()))),
        addresses=frozenset(name for d in documents for name in _words(d.get("addresses", ()))),
        counters={name: path for d in documents for name, path in d.get("counters", {}).items()},
        linked=frozenset(name for d in documents for name in _words(d.get("linked", ()))),
        rules=tuple(_rule(row) for d in documents for row in d.get("rules", ())),
    )


def _read(path: Path) -> dict[str, Any]:
    """Read the first document of a file; a second one holds examples, which only tests need."""
    import yaml  # noqa: PLC0415 -- only needed once something is analysed

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    with path.open(encoding="utf-8") as stream:
        return next(yaml.load_all(stream, Loader=loader), None) or {}


def _words(names: str | Iterable[str]) -> Iterable[str]:
    """Return the names of a list; written as one text it loads thirty times faster."""
    return names.split() if isinstance(names, str) else names


def read_rows(table: Mapping[str, Any]) -> dict[str, CallEffect]:
    """Expand a table: `name: row`, or a group whose `names` (in each `module`) share one row.

    Raises:
        ValueError: a row has an unknown key.
    """
    rows: dict[str, CallEffect] = {}
    for key, row in table.items():
        content = dict(row or {})
        names = _words(content.pop("names", (key,)))
        prefixes = [f"{module}." for module in _words(content.pop("module", ()))] or [""]
        effect = _effect(content)
        rows.update((prefix + name, effect) for prefix in prefixes for name in names)
    return rows


# What a row may say; that an effect is known is no part of it, nor is what only code shows.
EFFECTS: Final = tuple(f.name for f in fields(CallEffect) if f.name not in {"known", "hidden"})


def _effect(row: Mapping[str, Any]) -> CallEffect:
    unknown = set(row).difference(EFFECTS)
    if unknown:
        raise ValueError(f"unknown effect {sorted(unknown)} in {dict(row)}")
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()
    }
    return CallEffect(**values)


def _type(row: Mapping[str, Any]) -> TypeKnowledge:
    return TypeKnowledge(
        methods=read_rows(row.get("methods", {})),
        default=_effect(row["default"] or {}) if "default" in row else None,
        state=row.get("state"),
        attributes=frozenset(_words(row.get("attributes", ()))),
        slices=row.get("slices"),
        forgets=frozenset(_words(row.get("forgets", ()))),
        parts=row.get("parts", {}),
        contents=row.get("contents", {}),
    )


def _rule(row: Mapping[str, Any]) -> Rule:
    return Rule(
        id=row["id"],
        contains=row.get("contains", ""),
        rule=row["rule"],
        mutates=tuple(row.get("mutates", ())),
        constraints=row.get("constraints", {}),
    )
