"""A grammar of small notebooks over shared mutable state.

`grammar.txt` has the statements, one on a line (`\\n` breaks it), under the feature that they exercise.
`<list>` stands for a variable of that kind, `<=list>` binds one; the same place with a letter
(`<list.a>`) is the same variable. `<lit>` is a small number, `<cond>` a condition, `<block>` one or two
statements. What a statement needs and nothing has made yet is made before it, as `makers.txt` says.
"""

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent
_HOLE: Final = re.compile(r"<([=-]?)([a-z_]+)(?:\.(\w+))?>")
_POOLS: Final = {
    "int": "i j k", "str": "s t", "list": "xs ys zs", "nested": "rows grid", "dict": "d e",
    "table": "table index", "set": "seen left", "pair": "pair duo", "array": "A B C",
    "matrix": "M N", "arrays": "arrays", "frame": "df dg", "box": "box crate", "boxes": "boxes pile",
    "thunk": "f g", "map": "apply step", "hooks": "hooks", "handlers": "handlers", "iter": "feed",
    "rng": "rng", "gen": "gen", "put": "put", "color": "color", "keys": "keys", "marks": "marks tags",
}  # fmt: skip
_SHOWN: Final = {
    "array": "{}.tolist()", "matrix": "{}.tolist()", "arrays": "{{k: v.tolist() for k, v in {}.items()}}",
    "frame": "{}.to_dict('list')", "box": "{}.show()", "boxes": "[b.show() for b in {}]",
    "thunk": "{}()", "map": "{}([1])", "hooks": "len({})", "handlers": "sorted({})",
    "iter": "next({}, None)", "rng": "{}.random()", "gen": "{}.random()", "put": "callable({})",
    "marks": "[(k.show(), v) for k, v in {}.items()]",
    "color": "{}.name", "keys": "sorted({})", "set": "sorted({}, key=str)",
}  # fmt: skip
_CONDITIONS: Final = (
    "<int> > <lit>", "len(<list>) > 2", "<list>", "not <dict>", "<int> % 2", "<lit> in <list>", "True",
)  # fmt: skip
_DRAWS: Final = ("random.random()", "np.random.rand()", "np.random.standard_normal()")
_MODULES: Final = {"np": "import numpy as np", "pd": "import pandas as pd"}


def _read(name: str) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = {}
    for line in (_FOLDER / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("# "):
            feature = found.setdefault(line[2:], [])
        elif line:
            feature.append(line.replace("\\n", "\n"))
    return found


STATEMENTS: Final = _read("grammar.txt")
_MAKERS: Final = _read("makers.txt")
_CLASSES: Final = tuple(
    part.split("\n", 1)[1]
    for part in re.split(
        r"^# ", (_FOLDER / "classes.txt").read_text(encoding="utf-8"), flags=re.MULTILINE
    )[1:]
)


@dataclass(frozen=True, slots=True)
class Notebook:
    """Cells as (step, source), and the features that they exercise."""

    cells: tuple[tuple[str, str], ...]
    features: frozenset[str]

    @property
    def interleaved(self) -> bool:
        """Whether a step goes on after another one began."""
        steps = [step for step, _ in self.cells]
        return len(set(steps)) < 1 + sum(a != b for a, b in pairwise(steps))

    def __str__(self) -> str:
        return "\n".join(f"# %% step:{step}\n{source}" for step, source in self.cells)


@dataclass(slots=True)
class _Place:
    """Where a statement stands: what it can name, and whether it is inside a function."""

    known: dict[str, list[str]]
    inside: bool = False
    nested: int = 0


@dataclass(slots=True)
class _Writer:
    """Writes cells; `random` decides everything."""

    random: random.Random
    known: dict[str, list[str]] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)
    before: list[str] = field(default_factory=list)
    features: set[str] = field(default_factory=set)
    favourites: tuple[str, ...] = ()

    def cell(self) -> str:
        lines: list[str] = []
        for _ in range(self.random.randint(1, 3)):
            feature = self.random.choice(self.favourites)
            self.features.add(feature)
            lines += self.statement(self.random.choice(STATEMENTS[feature]))
        if self.known and self.random.random() < 0.4:
            lines.append(self.show(some=True))
        return "\n".join(lines)

    def statement(self, template: str) -> list[str]:
        """Return the statement, after what it needs."""
        place = _Place(self.known)
        text = self.fill(template, place)
        before, self.before = self.before, []
        return [*before, text]

    def show(self, *, some: bool) -> str:
        shown = [
            _SHOWN.get(kind, "{}").format(name)
            for kind, names in self.known.items()
            for name in names
            if not some or self.random.random() < 0.3
        ]
        return f"print({', '.join(shown)})"

    # --- templates

    def fill(self, template: str, place: _Place) -> str:
        for name, source in _MODULES.items():
            self.need(name, source, template)
        for name in ("random", "contextlib"):
            self.need(name, f"import {name}", template)
        if re.search(r"\bBox\b", template) and "Box" not in self.made:
            self.made.add("Box")
            source = self.random.choice(_CLASSES).strip("\n")
            self.before.append(source)
        if "def " in template:
            place = _Place({kind: list(names) for kind, names in place.known.items()}, inside=True)
            if "(v" in template:
                place.known["list"] = ["v", *place.known.get("list", [])]
        chosen: dict[str, str] = {}
        bound: list[tuple[str, str]] = []
        parts = []
        end = 0
        for hole in _HOLE.finditer(template):
            parts.append(template[end : hole.start()])
            end = hole.end()
            parts.append(self.hole(hole, template, place, chosen, bound))
        text = "".join([*parts, template[end:]])
        if place.nested == 0:
            for kind, name in bound:
                self.learn(kind, name)
        return text

    def need(self, name: str, source: str, template: str) -> None:
        if re.search(rf"(?<!\w){name}\.", template) and name not in self.made:
            self.made.add(name)
            self.before.append(source)

    def learn(self, kind: str, name: str) -> None:
        names = self.known.setdefault(kind, [])
        if name not in names:
            names.append(name)

    def hole(
        self,
        hole: re.Match[str],
        template: str,
        place: _Place,
        chosen: dict[str, str],
        bound: list[tuple[str, str]],
    ) -> str:
        binds, kind, label = hole.groups()
        if kind == "lit":
            return str(self.random.randint(1, 5))
        if kind == "cond":
            return self.fill(self.random.choice(_CONDITIONS), _Place(place.known, nested=1))
        if kind == "draws":
            draw = self.random.choice(_DRAWS)
            self.need(draw.split(".")[0], _MODULES.get(draw.split(".")[0], "import random"), draw)
            self.state("draws_np" if draw.startswith("np") else "draws_random")
            return draw
        if kind.startswith("file_"):
            self.state(kind)
            return "pass"
        if kind == "block":
            line = template[: hole.start()].rpartition("\n")[2]
            return self.block(place).replace("\n", "\n" + line)
        key = f"{kind}.{label}" if label else ""
        if key in chosen:
            return chosen[key]
        name = self.bind(kind) if binds == "=" else self.use(kind, place)
        if binds == "=":
            bound.append((kind, name))
        elif binds and place.nested == 0:
            self.known[kind].remove(name)
        if key:
            chosen[key] = name
        return name

    def bind(self, kind: str) -> str:
        return self.random.choice(_POOLS[kind].split())

    def use(self, kind: str, place: _Place) -> str:
        names = place.known.get(kind)
        if names:
            return self.random.choice(names)
        if not self.known.get(kind):
            self.make(kind)
        return self.random.choice(self.known[kind])

    def make(self, kind: str) -> None:
        """Make what is needed, at the top level."""
        self.before.append(self.fill(self.random.choice(_MAKERS[kind]), _Place(self.known)))

    def state(self, kind: str) -> None:
        if kind not in self.made:
            self.made.add(kind)
            self.make(kind)

    def block(self, place: _Place) -> str:
        lines = []
        for _ in range(self.random.randint(1, 2)):
            names = [name for name in self.favourites if not place.inside or name in _INSIDE]
            feature = self.random.choice(names or list(_INSIDE))
            templates = [
                text
                for text in STATEMENTS[feature]
                if place.nested < 1 or ("\n" not in text and "<block>" not in text)
            ]
            if place.inside:
                templates = [text for text in templates if not _BINDS.search(text)]
            if templates:
                self.features.add(feature)
                inner = _Place(place.known, inside=place.inside, nested=place.nested + 1)
                lines.append(self.fill(self.random.choice(templates), inner))
        return "\n".join(lines or ["pass"])


# What binds a global name would make it local in a function.
_BINDS: Final = re.compile(r"\n|<[=-]|\bdel |\bimport |^<\w+(\.\w)?>(, <\w+(\.\w)?>)* [-+*|]?=")
# What a function's body may do without binding a global name.
_INSIDE: Final = ("change", "alias", "call", "augmented", "functions kept", "class")


def write_notebook(choices: random.Random) -> Notebook:
    """Return a notebook that `choices` decides: cells, and the step of each."""
    # Frames cost most of the time, because pandas takes long to import.
    features = sorted(STATEMENTS.keys() - (set() if choices.random() < 0.05 else {"frames"}))
    few = choices.sample(features, choices.randint(2, 5))
    writer = _Writer(choices, favourites=(*few, "alias", "change", "augmented"))
    sources = [writer.cell() for _ in range(choices.randint(2, 8))]
    if writer.known:
        sources.append(writer.show(some=choices.random() < 0.5))
    return Notebook(
        tuple(zip(_steps(choices, len(sources)), sources, strict=True)), frozenset(writer.features)
    )


def _steps(choices: random.Random, count: int) -> list[str]:
    """Deal cells to steps: cut at some places, or interleaved."""
    if choices.random() < 0.35:
        return [f"s{choices.randint(0, 2)}" for _ in range(count)]
    steps, number = [], 0
    for _ in range(count):
        number += choices.random() < 0.6
        steps.append(f"s{number}")
    return steps
