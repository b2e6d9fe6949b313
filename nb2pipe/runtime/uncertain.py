"""Store numbers of `uncertainties` as they are when somebody has asked for their errors: that writes into them.

Only steps of notebooks that import `uncertainties` have this module, in their manifest.
"""

from typing import Any


def install(_start: Any, _settings: Any, _reducers: Any, ways: list[Any]) -> None:
    """Add to `ways` what stores what an error is made of."""
    ways.append(("uncertainties.core", "LinearCombination", reduce_combination))


def reduce_combination(combination: Any) -> Any:
    """Return what makes a linear combination of variables again, as `object.__reduce_ex__` does."""
    if not combination.expanded():
        combination.expand()
    return combination.__reduce_ex__(4)
