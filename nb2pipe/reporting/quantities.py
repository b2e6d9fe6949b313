"""Times and sizes as people read them."""

from datetime import datetime

_UNITS = ("B", "kB", "MB", "GB", "TB")
_THOUSAND = 1000


def duration_text(seconds: float | None) -> str:
    """Return a time such as `0.3 s`, `2 min 5 s` or `3 h 20 min`; empty for None."""
    if seconds is None:
        return ""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {int(rest)} s" if minutes else f"{rest:.1f} s"


def size_text(count: float | None) -> str:
    """Return a number of bytes such as `12.3 MB`; empty for none."""
    if not count:
        return ""
    unit = 0
    while round(count, 1) >= _THOUSAND and unit < len(_UNITS) - 1:
        count /= _THOUSAND
        unit += 1
    return f"{count:.1f} {_UNITS[unit]}" if unit else f"{count:.0f} B"


def time_text(moment: str) -> str:
    """Return an ISO time as the local time of whoever reads it, to the second."""
    return f"{datetime.fromisoformat(moment).astimezone():%Y-%m-%d %H:%M:%S}"
