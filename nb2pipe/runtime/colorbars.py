"""Store colour bars of matplotlib so that what they show still changes with the picture whose colours they tell.

Only steps of notebooks that seem to have one have this module, in their manifest.
"""

from typing import Any

START: list[dict[str, Any]] = []


def install(start: dict[str, Any], _settings: Any, _reducers: Any, ways: list[Any]) -> None:
    """Add to `ways` what stores colour bars."""
    START.append(start)
    ways.append(("matplotlib.colorbar", "Colorbar", reduce_bar))


def reduce_bar(bar: Any) -> Any:
    """Return what makes a colour bar again, as `object.__reduce_ex__` does."""
    return (*bar.__reduce_ex__(4)[:3], None, None, restore_bar)


def restore_bar(bar: Any, state: Any) -> None:
    """Give a new colour bar its state, and let it hear of changes when its picture is there, too."""
    vars(bar).update(state)
    START[0]["later"].append(lambda: listen(bar))


def listen(bar: Any) -> None:
    """Let a colour bar hear of changes of its picture, and that of changes of the range of its colours."""
    picture = bar.mappable
    picture.norm.callbacks.connect("changed", picture.changed)
    picture.colorbar_cid = picture.callbacks.connect("changed", bar.update_normal)
