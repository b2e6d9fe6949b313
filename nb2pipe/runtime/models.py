"""Store models of statsmodels, and the formulas of patsy that they keep.

Models of state spaces go without what is compiled for them: a copy of it no longer sees the model change.
Only steps of notebooks that import `statsmodels` have this module, in their manifest.
"""

import copyreg
from typing import Any

# What a model makes when it needs it, over the memory of its own matrices.
MADE = (
    "_representations", "_statespaces", "_kalman_filters", "_kalman_smoothers", "_simulation_smoothers", "_simulators",
)  # fmt: skip


def install(_start: Any, _settings: Any, reducers: list[Any], _ways: Any) -> None:
    """Add to `reducers` what stores models and formulas."""
    reducers += reduce_model, reduce_formula


def reduce_model(value: Any) -> Any:
    """Return what makes a model again, as `object.__reduce_ex__` does; NotImplemented for all else.

    Raises:
        TypeError: it draws from a model, in whose memory it is.
    """
    kind = type(value)
    made = [name for name in MADE if name in getattr(value, "__dict__", ())]
    if not any(base.__module__.startswith("statsmodels.tsa.statespace") for base in kind.__mro__):
        return NotImplemented
    if kind.__name__ == "SimulationSmoothResults":
        raise TypeError(
            "it is tied to the memory of its model; `.simulation_smoother()` makes another one"
        )
    if not made:
        return NotImplemented
    make, arguments, state = value.__reduce_ex__(4)[:3]
    return make, arguments, {**state, **{name: {} for name in made}}


def reduce_formula(value: Any) -> Any:
    """Return what makes a part of a formula, or what has one, again; NotImplemented for all else.

    Other versions of patsy may have other parts, which is why it refuses.
    """
    kind = type(value)
    # The data of a model would forget its formula, and evaluate that again wherever it is loaded.
    of_model = any(base.__module__ == "statsmodels.base.data" for base in kind.__mro__)
    if not of_model and (kind.__module__[:6] != "patsy." or "__getstate__" not in vars(kind)):
        return NotImplemented
    return copyreg.__newobj__, (kind,), vars(value)  # type: ignore[attr-defined] # pickle's own
