"""Store what has traits, widgets above all, with those who are told of changes.

Only steps of notebooks that seem to use them have this module, in their manifest.
"""

import sys
from typing import Any


def install(_start: Any, _settings: Any, reducers: list[Any], _ways: Any) -> None:
    """Add to `reducers` what stores them."""
    reducers.append(reduce_traits)


def reduce_traits(owner: Any) -> Any:
    """Return what makes an object with traits again, as `object.__reduce_ex__` does; NotImplemented for all else."""
    if not hasattr(type(owner), "_add_notifiers"):
        return NotImplemented
    told = [
        # `All` is another one when it is loaded.
        (listener, *(name if type(name) is str else None for name in (trait, kind)))
        for trait, kinds in owner._trait_notifiers.items()  # noqa: SLF001 -- no public way
        for kind, listeners in kinds.items()
        for listener in listeners
        if not hasattr(listener, "instance_init")  # those of its class are there by themselves
    ]
    return (*owner.__reduce_ex__(4)[:2], (owner.__getstate__(), told), None, None, restore_traits)


def restore_traits(owner: Any, state: Any) -> None:
    """Give a new object the values of its traits, and those who are told of changes."""
    owner.__setstate__(state[0])
    every = sys.modules["traitlets"].All
    for listener, trait, kind in state[1]:
        owner.observe(listener, trait or every, kind or every)
