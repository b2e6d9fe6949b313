"""What is known of a call, a type, and a shape of code: the rows of rule files, read."""

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

# Keywords that make a result share memory with an argument, in numpy, pandas and their kin alike.
_MAY_SHARE: Final = frozenset({"copy", "out"})


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenEffect:
    """Hidden state, by its names, that a function of a local module uses besides its arguments.

    `sets`: options and variables of modules that it changes; `loses`: it changes some that cannot be
    handed on. `touches`: files. `reads`: variables of modules that it needs; `shows`: those that its
    result may be a part of.
    """

    sets: tuple[str, ...] = ()
    loses: bool = False
    touches: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    shows: tuple[str, ...] = ()


Key = int | str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEffect:
    """What a call does, as far as it is known.

    `mutates`: what it changes in place, by position, keyword, `self` (the receiver), `all`, or
    `drawings`: the figures and axes among the arguments.
    `deep`: what the changed objects hold changes, too, but for objects whose type fits a pattern of
    `spares`. `keeps`: whether they may hold on to the
    arguments afterwards. `returns`: `fresh` (shares nothing), `none` (cannot change in place),
    `shallow` (a new container of the same elements), `copy` (shares only the classes of the arguments),
    `elements` (one or some of those of lists and the like, nothing
    else of the arguments), `holds` (new, but may hold the arguments),
    `self`, or `unknown` (may be or hold any argument); a result that is `fresh` otherwise may still
    be one of the arguments `aliases`. `type`: of the result; `seeded`: the same when a keyword of
    `unless` is given. `state`, `seeds`: hidden state that is used, or set
    outright; a keyword of `unless` switches both off, and so does the lack of one of `when`. `draws`: arguments
    whose own generators of random numbers, at any depth, are moved on.
    `reads_file`, `writes_file`: the path argument, by position or keyword (or several of these for the
    same one). `setting`: the call changes options of a library or the process, and may be replayed (a
    text: if this keyword is given, and then it writes no file). `unstorable`: the result cannot be stored;
    `recreate`: but the call may be replayed to make it again. `in_memory`: the type of the result where the file is
    none, but in memory, which can be stored. `star`: the module whose names it binds, as a star import does.
    `calls`: as a decorator, it calls the function at once.
    `hidden`: what else is read
    in the code of a function; no row of a rule file says this.
    """

    mutates: tuple[int | str, ...] = ()
    returns: str = "unknown"
    aliases: tuple[int | str, ...] = ()
    keeps: bool = True
    type: str | None = None
    state: str | None = None
    draws: tuple[int | str, ...] = ()
    seeds: str | None = None
    unless: tuple[str, ...] = ()
    when: tuple[str, ...] = ()
    reads_file: Key | tuple[Key, ...] | None = None
    writes_file: Key | tuple[Key, ...] | None = None
    setting: bool | str = False
    unstorable: bool = False
    recreate: bool = False
    in_memory: str | None = None
    star: str | None = None
    calls: bool = False
    deep: bool = False
    spares: tuple[str, ...] = ()
    seeded: str | None = None
    known: bool = True
    hidden: HiddenEffect | None = None

    def without_file(self) -> "CallEffect":
        """Return the effect where the file is none, but in memory."""
        return replace(self, type=self.in_memory, unstorable=False, recreate=False, reads_file=None)

    def says_more_than(self, default: "CallEffect") -> bool:
        """Whether this row of the general table counts rather than the default of an object's type.

        The receiver may be a part of the object, and of another type: a frame's array.
        """
        promises = self.returns in {"fresh", "none"} and default.returns == "unknown"
        return "self" in self.mutates or (promises and not default.mutates)

    def reaches(self, type_: str | None) -> bool:
        """Whether what the call does to an object may change one of `type_` inside."""
        return type_ is None or not any(fnmatch.fnmatchcase(type_, p) for p in self.spares)

    def given(self, constants: Mapping[str, object]) -> "CallEffect":
        """Return the effect of a call with these keywords, and their values where these are known."""
        keywords = {word for word, constant in constants.items() if constant is not None}
        effect = self
        if isinstance(self.setting, str):
            again = self.setting in keywords
            written = None if again else self.writes_file
            effect = replace(effect, setting=again, writes_file=written)
        if constants.get("copy") is True:
            keywords.remove("copy")
            effect = replace(effect, returns="fresh" if self.returns == "view" else self.returns)
        if constants.get("deep") is True and self.known:
            effect = replace(effect, returns="fresh")
        shares = not _MAY_SHARE.isdisjoint(keywords) or constants.get("deep", True) is not True
        if shares and self.returns in {"fresh", "view"}:
            effect = replace(effect, returns="unknown")
        silent = self.when and keywords.isdisjoint(self.when)
        given = {*keywords, *(f"{word}={constant}" for word, constant in constants.items())}
        if silent or not given.isdisjoint(self.unless):
            effect = replace(effect, state=None, seeds=None, type=self.seeded or self.type)
        return effect


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeKnowledge:
    """The methods of a type: rows by name, and what holds for all others (None: the general table).

    `state`: hidden state that library code uses when it gets, or holds, an object of this type.
    `attributes`: those whose value shares nothing that can change. `slices`: the type of
    what an index copies out of it, unless that is a text; what is put in is copied, too.
    `forgets`: attributes of which only an object that was never stored can tell. `parts`: the types of attributes that
    are objects of their own, and hold the one that they belong to; `contents` those of attributes that it holds.
    """

    methods: Mapping[str, CallEffect]
    default: CallEffect | None = None
    state: str | None = None
    attributes: frozenset[str] = frozenset()
    slices: str | None = None
    forgets: frozenset[str] = frozenset()
    parts: Mapping[str, str] = field(default_factory=dict)
    contents: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """An ast-grep rule; `mutates` names metavariables of its pattern.

    Cells without the text `contains` are not searched.
    """

    id: str
    contains: str = ""
    rule: Mapping[str, Any]
    mutates: tuple[str, ...] = ()
    constraints: Mapping[str, Any] = field(default_factory=dict)


# What nobody described, of a trusted library: it draws on the axes that it gets, and changes nothing else.
PURE: Final = CallEffect(returns="unknown", mutates=("drawings",), keeps=False)
DRAWS: Final = replace(
    PURE,
    state="numpy.random",
    unless=("random_state", "seed", "rng", "random_seed", "generator"),
)
CAUTIOUS: Final = CallEffect(mutates=("self", "all"), known=False)
# A method that nobody described, of an object of a trusted library: it leaves the arguments alone.
OF_TRUSTED: Final = CallEffect(mutates=("self", "drawings"), known=False)
CONSTRUCTOR: Final = CallEffect(returns="holds")
