"""The table of magics and shell commands, `magics.toml`, and how to read their arguments."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

_TABLE: Final = Path(__file__).with_name("magics.toml")
# A word of a command line, with its quotes.
_WORD: Final = re.compile(r"""\s*((?:"[^"]*"|'[^']*'|[^\s"'])+|["'].*)""", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What is known about one magic or shell command; `magics.toml` says what the fields mean."""

    effect: Literal["quiet", "setting", "opaque"] | None = None
    code: Literal["namespace", "function"] | None = None
    shell: Literal["line", "body", "alias"] | None = None
    options: str = ""
    long: tuple[str, ...] = ()
    binds: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    unbinds: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    state: tuple[str, ...] = ()
    star: tuple[str, ...] = ()
    expands: bool = True
    late: bool = False
    value: bool = False
    when: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """A line taken apart; `rest` is the line without its options."""

    values: tuple[tuple[str, str], ...]
    positional: tuple[str, ...]
    rest: str

    def select(self, references: tuple[str, ...]) -> tuple[str, ...]:
        """Return the arguments that `references` name: options, `args`, positions, `<<`."""
        found: list[str] = []
        for reference in references:
            if reference == "args":
                found += self.positional
            elif reference == "<<":
                pairs = zip(self.positional, self.positional[1:], strict=False)
                found += [word for word, following in pairs if following == reference]
            elif reference.lstrip("-").isdigit():
                index = int(reference)
                found += self.positional[index : index + 1 or None]
            else:
                found += [value for option, value in self.values if option == reference]
        return tuple(found)


@cache
def _table() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))


def magic_row(name: str, line: str) -> Row | None:
    """Return what is known about the magic `name` (`%x` or `%%x`) when called with `line`."""
    table = _table()
    return _matching(table["ipython"].get(name) or table["extensions"].get(name), line)


def command_row(name: str, line: str) -> Row | None:
    """Return what is known about the shell command `name` when called with the arguments `line`."""
    return _matching(_table()["shell"].get(name), line)


def is_automagic(name: str) -> bool:
    """Return whether IPython has a line magic `name` from the start, found also without `%`."""
    return f"%{name}" in _table()["ipython"]


def split_arguments(line: str, row: Row, *, permute: bool = False) -> Arguments:
    """Take `line` apart: options first, as getopt does, or anywhere (`permute`)."""
    values: list[tuple[str, str]] = []
    positional: list[str] = []
    position = 0
    while match := _WORD.match(line, position):
        word = match[1]
        if not re.match(r"--?[A-Za-z]", word):
            if not permute:
                break
            positional.append(_unquoted(word))
            position = match.end()
            continue
        position = match.end()
        name, value = _option(word, row)
        if value is None:
            following = _WORD.match(line, position)
            value = following[1] if following else ""
            position = following.end() if following else position
        values.append((name, _unquoted(value)))
    rest = re.sub(r"^--\s", "", line[position:].lstrip())
    positional += [_unquoted(match[1]) for match in _WORD.finditer(rest)]
    return Arguments(values=tuple(values), positional=tuple(positional), rest=rest)


def _option(word: str, row: Row) -> tuple[str, str | None]:
    """Return an option and its value; None when the value is the next word."""
    if word.startswith("--"):
        name, equals, value = word[2:].partition("=")
        return name, None if name in row.long and not equals else value
    for index, letter in enumerate(word[1:], 2):
        if f"{letter}:" in row.options:
            return letter, word[index:] or None
    return word[1:], ""


def _unquoted(word: str) -> str:
    return word[1:-1] if len(word) > 1 and word[0] == word[-1] and word[0] in "\"'" else word


def _matching(entry: Any, line: str) -> Row | None:
    forms = entry if isinstance(entry, list) else [entry] if entry is not None else []
    for form in forms:
        if re.search(form.get("when", ""), line):
            return _row(form)
    return None


def _row(form: Mapping[str, Any]) -> Row:
    fields: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in form.items()
    }
    return Row(**fields)
