"""Kale's tags of every era, put into ours.

Kale called steps `block:` first, writes an empty `block:` on cells that continue a step, and allows
the roles behind `block:` and `step:` as well.
"""

from nb2pipe.frontend.tags import ROLES

_CONTINUES = "block:"
_VALUES = {"enabled": "on", "disabled": "off"}


def modernise(text: str) -> str | None:
    """Return the tag of nb2pipe that says what Kale's `text` says; None when it says nothing.

    Tags that are not Kale's alone come back as they are.
    """
    keyword, colon, value = text.strip().partition(":")
    keyword, value = keyword.strip().lower(), value.strip()
    if keyword == "block":
        if not value:
            return None
        keyword = "step"
    elif keyword not in {"step", "cache", "report"} or not colon:
        return text
    if keyword == "step":
        return value if value in ROLES else f"step:{value}"
    return f"{keyword}:{_VALUES.get(value, value)}"


def continues(text: str) -> bool:
    """Whether `text` is Kale's empty `block:`, on whose cells Kale never looked at `prev:`."""
    return text.strip().lower() == _CONTINUES
