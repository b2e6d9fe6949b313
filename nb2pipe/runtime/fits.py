"""Store fits of iminuit: whether the last state still is the minimum's own decides what the next method starts from.

Only steps of notebooks that import `iminuit` have this module, in their manifest.
"""

from typing import Any


def reduce_fit(fit: Any) -> Any:
    """Return what makes a fit again, as `object.__reduce_ex__` does."""
    make, arguments, state = fit.__reduce_ex__(4)[:3]
    found = fit._fmin and fit._last_state is fit._fmin._src.state  # noqa: SLF001 -- no public way
    return make, arguments, (*state, found), None, None, restore_fit


def restore_fit(fit: Any, state: Any) -> None:
    """Give a new fit the attributes of a stored one."""
    _, attributes, found = state
    for name, value in attributes.items():
        setattr(fit, name, value)
    if found:
        fit._last_state = fit._fmin._src.state  # noqa: SLF001 -- as above


def install(_start: Any, _settings: Any, _reducers: Any, ways: list[Any]) -> None:
    """Add to `ways` what stores fits."""
    ways.append(("iminuit", "Minuit", reduce_fit))
