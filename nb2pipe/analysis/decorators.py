"""What decorators of libraries are called, under whatever name the notebook uses them."""

import ast
from typing import Final

from nb2pipe.analysis.heap import Value

CACHES: Final = frozenset({"cache", "lru_cache", "cached", "memoize", "memoized", "cacheit"})
"""Functions with one of these keep their results."""

PROPERTIES: Final = frozenset({"property", "cached_property"})
"""Reading the attribute calls the function."""

ACCESSORS: Final = frozenset({"getter", "setter", "deleter"})
"""These add a function to a property."""

DECORATORS: Final = frozenset({"functools.cache", "functools.lru_cache", "functools.wraps"})
"""What a call of these makes is a decorator, and gives back the function that it gets."""

COMPILERS: Final = frozenset({"jit", "njit", "vectorize", "guvectorize", "generated_jit"})
"""Functions with one of these of numba know for which types they were compiled."""

DISPATCHERS: Final = frozenset({"singledispatch", "singledispatchmethod"})
"""Functions with one of these get more cases, with `register`."""

CLASS_MAKERS: Final = frozenset({"custom_model"})
"""These make a class of a function: of astropy's models."""

STATELESS: Final = CACHES | PROPERTIES | ACCESSORS | COMPILERS | DISPATCHERS
"""What has one of these names changes no object that it is a method of."""


def decorator_names(decorator: Value, place: ast.AST) -> set[str]:
    """Return the last part of the name of a library's decorator, which stands at `place`."""
    named = place.func if isinstance(place, ast.Call) else place
    names = {decorator.dotted or "", *(site.type or "" for site in decorator.sites)}
    if isinstance(named, ast.Attribute):
        # An object, as in `@memory.cache`, has a way of its own to keep results.
        of_object = decorator.dotted is None and named.attr in CACHES
        names.add("cached" if of_object else named.attr)
    return {name.rpartition(".")[2] for name in names} - {""}
