"""Tags that declare what a cell does to variables and hidden state where the code does not show it."""

import keyword
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from nb2pipe.frontend.values import WrongValueError


class Effect(StrEnum):
    """What a cell is declared to do."""

    PURE = "pure"
    MUTATES = "mutates"
    READS = "reads"
    WRITES = "writes"


@dataclass(frozen=True, slots=True)
class Declaration:
    """`pure`, or `EFFECT:NAME[:NAME…]`.

    A name is a variable, `file=PATH`, or `state=NAME` for hidden state such as `numpy.random`.
    """

    effect: Effect
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        return ":".join((self.effect, *self.names))


FILE: Final = "file="
STATE: Final = "state="


def parse_declaration(effect: Effect, text: str) -> Declaration:
    """Return the declaration that `text`, what stands behind `EFFECT:`, makes.

    Raises:
        WrongValueError: it names nothing, or something that is no variable.
    """
    variables, marker, path = text.partition(FILE)
    if variables and not variables.rstrip().endswith(":"):
        variables, marker, path = text, "", ""
    names = [_name(part.strip()) for part in variables.split(":") if part.strip()]
    if marker:
        if not path.strip():
            raise WrongValueError("no file is named", f"write `{effect}:file=PATH`")
        names.append(marker + path.strip())
    if not names:
        raise WrongValueError("no variable is named", f"write `{effect}:NAME`")
    return Declaration(effect, tuple(dict.fromkeys(names)))


def _name(text: str) -> str:
    if text.startswith(STATE) and text != STATE:
        return text
    name = unicodedata.normalize("NFKC", text)  # as Python reads it
    if not name.isidentifier() or keyword.iskeyword(name):
        raise WrongValueError(
            f"`{text}` is no variable",
            "name variables, a file as `file=PATH`, or hidden state as in `state=numpy.random`",
        )
    return name


def contradict(first: Declaration, second: Declaration) -> bool:
    """Whether two declarations of a cell cannot both be true."""
    if first.effect is not Effect.PURE:
        return second.effect is Effect.PURE and contradict(second, first)
    if second.effect not in {Effect.MUTATES, Effect.WRITES}:
        return False
    if not first.names:  # the cell may still make what was not there before
        return second.effect is Effect.MUTATES
    return not set(first.names).isdisjoint(second.names)
