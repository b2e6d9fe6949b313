"""The evaluated arguments of a call."""

from dataclasses import dataclass
from typing import Final

from nb2pipe.analysis.heap import NOTHING, Sites, Value, join


@dataclass(frozen=True, slots=True)
class Arguments:
    """The evaluated arguments of a call; those under the keyword None, of `*` or `**`, may be any."""

    positional: tuple[Value, ...]
    keywords: tuple[tuple[str | None, Value], ...] = ()

    @property
    def all(self) -> tuple[Value, ...]:
        """Every argument, in the order of the call."""
        return (*self.positional, *(value for _, value in self.keywords))

    def get(self, key: int | str) -> Value | None:
        """Return the argument at a position or of a keyword."""
        if isinstance(key, int):
            if key < len(self.positional):
                return self.positional[key]
            several = [value for name, value in self.keywords if name is None]
            return join(several) if several else None
        return next((value for name, value in self.keywords if name == key), None)

    @property
    def sites(self) -> Sites:
        """The objects that any argument may be."""
        return NOTHING.union(*(value.sites for value in self.all))


NO_ARGUMENTS: Final = Arguments(())
