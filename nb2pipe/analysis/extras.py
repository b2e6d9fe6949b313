"""Which extra modules of the runtime a notebook's steps must have (`nb2pipe/bundle/runtime.py` has them all)."""

import re
from collections.abc import Collection, Iterator
from typing import Final

_BY_PACKAGE: Final = {
    "sqlite3": "databases",
    "bs4": "documents",
    "iminuit": "fits",
    "pyhf": "fits",
    "zfit": "fits",
    "xgboost": "boosting",
    "statsmodels": "models",
    "patsy": "models",
    "cvxpy": "optimisation",
    "uncertainties": "uncertain",
    "lmfit": "uncertain",
}
# Where no import tells: libraries that are built on others, and what classes do.
_BY_WORD: Final = {
    "widgets": re.compile(r"widget|interact"),  # `minuit.interactive()` makes some
    "instances": re.compile(
        r"__dict__|vars\(|__(?:new|setitem)__|def (?:append|extend)\(|argparse|weakref"
    ),
    "tensors": re.compile(
        r"torch|lightning|transformers|fastai|skorch|timm|pyro|diffusers|stable_baselines|monai"
    ),
    "traits": re.compile(r"trait|widget|interact|ipy[a-z]|bqplot"),
    "colorbars": re.compile(r"colorbar|heatmap|contour|cbar"),
    "keys": re.compile(r"__hash__|hash=True"),
}


def needed_extras(packages: Collection[str], texts: Collection[str]) -> tuple[str, ...]:
    """Return the extra modules for a notebook that mentions `packages`; `texts` are those of its cells and modules."""
    return tuple(dict.fromkeys(_needed(packages, texts)))


def _needed(packages: Collection[str], texts: Collection[str]) -> Iterator[str]:
    yield from (extra for package, extra in _BY_PACKAGE.items() if package in packages)
    yield from (extra for extra, word in _BY_WORD.items() if any(map(word.search, texts)))
