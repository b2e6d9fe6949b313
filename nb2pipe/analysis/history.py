"""IPython's history: the names under which it keeps what cells held and displayed."""

import re
from typing import Final

HISTORY_NAMES: Final = frozenset(
    ["_", "__", "___", "_i", "_ii", "_iii", "_ih", "_oh", "_dh", "In", "Out"]
)
_NUMBERED: Final = re.compile(r"_i?(\d+)")


def is_history(name: str) -> bool:
    """Whether IPython itself binds `name`, if the notebook does not."""
    return name in HISTORY_NAMES or _NUMBERED.fullmatch(name) is not None


def cell_number(name: str) -> int | None:
    """Return the execution count of the cell that `_3` or `_i3` is about."""
    match = _NUMBERED.fullmatch(name)
    return int(match[1]) if match else None
