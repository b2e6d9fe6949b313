"""Fingerprints of values, by content: equal before and after means that nothing changed in place.

The walk follows what an object holds (its attributes, elements, closure), so that a change of an inner
object shows in every value that reaches it. What objects only remember to be quicker, lazily filled
caches, is left out, and so are drawings, whose every method leaves traces that nobody sees.

Standard library only: it runs beside the notebook, in the notebook's own Python.
"""

import collections
import hashlib
import io
import marshal
import random
import re
import sys
import types
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

# Attributes that hold what was computed already, or (the first ones, of statsmodels) what was asked for last.
_CACHE = re.compile(
    r"(het_scale|cov_HC\d|diagn|predict_start|predict_end|predict_dates)$|_*(cache|cached|memo|lazy|hash|mhash|item_cache)(_|$)|.*_cache$|__doc__$"
)
_CACHED = {"cached_property", "cache_readonly", "lazyproperty", "reify", "CachedAttribute"}
_DRAWINGS = ("matplotlib", "mpl_toolkits", "seaborn.axisgrid", "ipywidgets", "IPython")
# They are code, or refer to all of their library.
_COMPILED = ("numba", "llvmlite", "jax", "cppyy")
# Their content is in files.
_ELSEWHERE = ("h5py", "tables", "netCDF4")
_ATOMS = (
    type(None),
    bool,
    int,
    float,
    complex,
    str,
    bytes,
    type(Ellipsis),
    type(NotImplemented),
    range,
    slice,
)
_CODE = (
    types.BuiltinFunctionType, types.ModuleType, types.MethodDescriptorType, types.WrapperDescriptorType,
    types.GetSetDescriptorType, types.MemberDescriptorType, types.MethodWrapperType, types.CodeType,
    types.ClassMethodDescriptorType, types.MappingProxyType, property,
)  # fmt: skip
_CODE_OBJECTS = (types.FunctionType, types.MethodType, types.GeneratorType, types.CellType)
_MAIN = "__main__"
_LARGE = 50_000
_SMALL = 2_000
_DEEP = 150  # calls within calls, of which Python allows a thousand


@dataclass(frozen=True)
class Fingerprint:
    """A digest of the content, the identities of what is inside, and how far it can be trusted.

    `parts` are the digests of the outermost attributes or items, to say where two differ. `opaque`:
    types whose content could not be looked at. `drawing`: it is, or reaches, something drawn.
    """

    content: bytes
    identity: int
    parts: dict[str, bytes] = field(default_factory=dict)
    opaque: frozenset[str] = frozenset()
    drawing: bool = False


def fingerprint(value: Any) -> Fingerprint:
    """Return the fingerprint of `value`."""
    walk = _Walk()
    content = walk.digest(value)
    parts = {}
    if len(walk.kept) < _SMALL:  # each part may reach all the others
        for key, part in _outer_parts(value):
            parts[key] = _Walk().digest(part)
    return Fingerprint(content, walk.identity, parts, frozenset(walk.opaque), walk.drawing)


def difference(before: Fingerprint, after: Fingerprint) -> str:
    """Return where two fingerprints differ, as far as it can be told."""
    keys = [*before.parts, *(key for key in after.parts if key not in before.parts)]
    changed = [key for key in keys if before.parts.get(key) != after.parts.get(key)]
    return ", ".join(changed[:5])


def _outer_parts(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        yield from ((str(key)[:40], item) for key, item in list(value.items())[:50])
    elif not isinstance(value, (type, types.FunctionType, types.ModuleType)):
        yield from list(_attributes(value))[:100]


def _attributes(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield the attributes of an object, those of its slots included, without caches."""
    cached = {
        name
        for class_ in type(value).__mro__
        for name, member in vars(class_).items()
        if type(member).__name__ in _CACHED
    }
    attributes = getattr(value, "__dict__", None)
    if isinstance(attributes, dict):
        for name, item in list(attributes.items()):
            if name not in cached and not _CACHE.match(str(name)):
                yield str(name), item
    for class_ in type(value).__mro__:
        slots = vars(class_).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else tuple(slots):
            if name not in {"__dict__", "__weakref__"} and not _CACHE.match(name):
                try:
                    yield name, object.__getattribute__(value, name)
                except AttributeError:
                    continue


class _Walk:
    """One walk over all that a value holds."""

    def __init__(self) -> None:
        self.seen: dict[int, int] = {}
        self.kept: list[Any] = []  # what is made on the way must not give its id to another
        self.identity = 0
        self.made = (
            0  # above 0: what is walked over was made for the walk, so its identity says nothing
        )
        self.opaque: set[str] = set()
        self.drawing = False
        self.depth = 0

    def digest(self, value: Any) -> bytes:
        hash_ = hashlib.blake2b(digest_size=16)
        self.walk(value, hash_)
        return hash_.digest()

    def walk(self, value: Any, hash_: Any) -> None:
        class_ = type(value)
        hash_.update(class_.__qualname__.encode())
        if class_ in _ATOMS:
            hash_.update(repr(value).encode(errors="surrogatepass"))
            return
        if id(value) in self.seen:
            hash_.update(str(self.seen[id(value)]).encode())
            return
        self.seen[id(value)] = len(self.seen)
        self.kept.append(value)
        if not self.made:
            self.identity = hash((self.identity, id(value)))
        self.depth += 1
        try:
            if self.depth > _DEEP or len(self.kept) > _LARGE:
                self.opaque.add("too large to look through")
            else:
                self._walk_object(value, class_, hash_)
        finally:
            self.depth -= 1

    def _walk_object(self, value: Any, class_: type, hash_: Any) -> None:
        module = class_.__module__ or ""
        if module.startswith(_DRAWINGS):
            self.drawing = True
        elif module.startswith(_ELSEWHERE):
            self.opaque.add(f"{module}.{class_.__qualname__}")
        elif class_ in (list, tuple, dict, set, frozenset) and self._plain(value, hash_):
            pass
        elif (
            module.startswith(_COMPILED)
            or isinstance(value, _CODE)
            or (isinstance(value, type) and value.__module__ != _MAIN)
        ):
            hash_.update(
                str(getattr(value, "__qualname__", getattr(value, "__name__", ""))).encode()
            )
        else:
            self._walk_parts(value, hash_)

    def _plain(self, value: Any, hash_: Any) -> bool:
        """Digest containers of numbers and text at once, if that is all that they hold."""
        first = next(iter(value.values() if isinstance(value, dict) else value), None)
        if not isinstance(first, (type(None), bool, int, float, str, bytes, list, tuple, dict)):
            return False
        try:
            hash_.update(marshal.dumps(value, 2))
        except ValueError:
            return False
        return True

    def _walk_parts(self, value: Any, hash_: Any) -> None:
        known = _known_parts(value)
        if known is None and not _shows_parts(value):
            known = self._pickled(value)
        self.made += known is not None
        for part in self._parts(value) if known is None else known:
            self.walk(part, hash_)
        self.made -= known is not None

    def _parts(self, value: Any) -> Iterable[Any]:
        if isinstance(value, types.FunctionType):
            return _function(value)
        if isinstance(value, type):
            return [
                (name, item)
                for name, item in sorted(vars(value).items(), key=lambda pair: str(pair[0]))
                if not (name.startswith("__") and name.endswith("__")) and not _CACHE.match(name)
            ]
        if isinstance(value, types.MethodType):
            return value.__self__, value.__func__.__qualname__
        if isinstance(value, types.GeneratorType):
            frame = value.gi_frame
            return (frame.f_lasti, dict(frame.f_locals)) if frame is not None else ("ended",)
        if isinstance(value, types.CellType):
            return (value.cell_contents,) if _is_filled(value) else ()
        return self._object(value)

    def _object(self, value: Any) -> Iterable[Any]:
        """Return the parts of any other object: items, attributes, or what pickle would store."""
        parts: list[Any] = []
        if isinstance(value, (list, tuple, collections.deque)):
            parts += [*tuple.__iter__(value)] if isinstance(value, tuple) else [*value]
        elif isinstance(value, dict):
            ordered = isinstance(value, collections.OrderedDict)
            items = collections.OrderedDict.items(value) if ordered else dict.items(value)
            parts += [item for pair in items for item in pair]
        elif isinstance(value, (set, frozenset)):
            parts += (
                sorted(_Walk().digest(item) for item in set.__iter__(value))
                if isinstance(value, set)
                else sorted(_Walk().digest(item) for item in frozenset.__iter__(value))
            )
        attributes = sorted(_attributes(value), key=lambda pair: pair[0])
        # Not as tuples: these would be new objects each time.
        return [*parts, *(item for pair in attributes for item in pair)]

    def _pickled(self, value: Any) -> Iterable[Any]:
        class_ = type(value)
        try:
            reduced = value.__reduce_ex__(4)
        except Exception:  # noqa: BLE001 -- any type may refuse in any way
            self.opaque.add(f"{class_.__module__}.{class_.__qualname__}")
            return ()
        if isinstance(reduced, str):
            return (reduced,)
        arguments, *rest = reduced[1:]
        items = [list(part) if isinstance(part, Iterator) else part for part in rest]
        # An extension type that stores nothing but its class may have content that is not shown.
        content = [part for part in arguments if part is not class_]
        if not content and all(item is None for item in items):
            self.opaque.add(f"{class_.__module__}.{class_.__qualname__}")
        self.kept.append((arguments, items))
        return [*arguments, *items]


def _shows_parts(value: Any) -> bool:
    """Whether what an object holds can be seen: in attributes, slots or as items."""
    known = (list, tuple, dict, set, frozenset, collections.deque, *_CODE_OBJECTS)
    return (
        hasattr(value, "__dict__")
        or isinstance(value, known)
        or any(True for _ in _attributes(value))
    )


def _is_filled(cell: Any) -> bool:
    try:
        cell.cell_contents  # noqa: B018 -- reading it is the test
    except ValueError:
        return False
    return True


def _function(value: types.FunctionType) -> Iterable[Any]:
    if value.__module__ != _MAIN:
        return (value.__qualname__,)
    closure = [cell.cell_contents for cell in value.__closure__ or () if _is_filled(cell)]
    attributes = {
        k: v for k, v in vars(value).items() if not _CACHE.match(k) and k != "__wrapped__"
    }
    return [
        value.__qualname__, value.__code__.co_code, *(value.__defaults__ or ()), value.__kwdefaults__,
        *closure, attributes,
    ]  # fmt: skip


# --- libraries whose objects have caches beside their content, or content that is not in attributes


def _known_parts(value: Any) -> Iterable[Any] | None:
    for class_ in type(value).__mro__:
        reader = _READERS.get(str(class_.__module__).partition(".")[0])
        parts = reader(value) if reader is not None else None
        if parts is not None:
            return parts
    return None


def _numpy(value: Any) -> Iterable[Any] | None:
    numpy = sys.modules["numpy"]
    if isinstance(value, numpy.ndarray):
        return _array(value)
    if isinstance(value, (numpy.generic, numpy.dtype)):
        return (repr(value),)
    if value is sys.modules["numpy.random"].mtrand._rand:  # noqa: SLF001 -- hidden state has its own name
        return ("global",)
    if isinstance(value, numpy.random.RandomState):
        return [*value.get_state()]
    if isinstance(value, numpy.random.Generator):
        return (value.bit_generator.state,)
    if isinstance(value, numpy.random.BitGenerator):
        return (value.state,)
    if isinstance(value, numpy.ufunc):
        return (value.__name__,)
    return None


def _array(value: Any) -> Iterable[Any]:
    numpy = sys.modules["numpy"]
    plain = numpy.asarray(value)
    parts = [str(plain.dtype), plain.shape]
    if plain.dtype.hasobject:
        parts += plain.ravel().tolist()
    else:
        parts.append(plain.tobytes())
    mask = getattr(value, "_mask", None)
    unit = getattr(value, "unit", None)
    return [*parts, *([mask.tobytes()] if hasattr(mask, "tobytes") else ()), str(unit)]


def _pandas(value: Any) -> Iterable[Any] | None:
    pandas = sys.modules["pandas"]
    if isinstance(value, pandas.DataFrame):
        columns = [value.iloc[:, number].array for number in range(value.shape[1])]
        return [value.columns, value.index, *columns, value.attrs]
    if isinstance(value, pandas.Series):
        return [value.index, value.array, value.name, value.attrs]
    if isinstance(value, pandas.MultiIndex):
        return [*value.levels, *value.codes, *map(str, value.names)]
    if isinstance(value, pandas.Index):
        return [value.array, str(value.name), str(getattr(value, "freq", None))]
    if isinstance(value, pandas.api.extensions.ExtensionArray):
        return [str(value.dtype), value.__array__()]
    if type(value).__module__.startswith("pandas.core.groupby") and hasattr(value, "obj"):
        return (value.obj,)
    if isinstance(value, pandas.Grouper):
        return [value.key, str(value.freq if hasattr(value, "freq") else value.level)]
    return None if hasattr(value, "__dict__") else (repr(value),)


def _printed(value: Any) -> Iterable[Any]:
    return (repr(value),)


def _sparse(value: Any) -> Iterable[Any] | None:
    if type(value).__module__.startswith("scipy.sparse") and hasattr(value, "tocoo"):
        coo = value.tocoo()
        return [value.shape, coo.row, coo.col, coo.data]
    return None


def _model(value: Any) -> Iterable[Any] | None:
    """Return the parameters of a model of astropy; its other attributes are copies of their settings."""
    if type(value).__module__.startswith("astropy.modeling") and hasattr(value, "param_names"):
        return [value.parameters, repr(value.fixed), repr(value.bounds)]
    return None


def _process(value: Any) -> Iterable[Any] | None:
    # What statsmodels calls a process is never changed, but works out its terms when it is asked.
    return () if type(value).__module__ == "statsmodels.tsa.deterministic" else None


def _generator(value: Any) -> Iterable[Any] | None:
    if value is random._inst:  # noqa: SLF001 -- hidden state has its own name
        return ("global",)
    return value.getstate() if isinstance(value, random.Random) else None


def _image(value: Any) -> Iterable[Any] | None:
    # A file's image is read when it is needed, which changes nothing that anybody sees.
    return [value.size, value.mode, value.tobytes()] if hasattr(value, "tobytes") else None


def _io(value: Any) -> Iterable[Any] | None:
    if isinstance(value, io.IOBase):
        return (repr(value), value.closed or not value.seekable() or value.tell())
    return None


_READERS = {
    "numpy": _numpy,
    "pandas": _pandas,
    "sympy": _printed,
    "scipy": _sparse,
    "_io": _io,
    "PIL": _image,
    "astropy": _model,
    "statsmodels": _process,
    "random": _generator,
    "datetime": _printed,
    "re": _printed,
    "pathlib": _printed,
    "decimal": _printed,
    "fractions": _printed,
    "_thread": _printed,
}
