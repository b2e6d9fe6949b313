"""Objects of libraries whose own way of pickling leaves out what results depend on."""

import importlib
import sys
import weakref
from typing import Any


def ways_of_libraries() -> dict[type, Any]:
    """Return what reduces objects of the libraries that are imported by now, by their type."""
    found = {}
    for module, name, way in WAYS:
        kind = getattr(sys.modules.get(module), name, None)
        if isinstance(kind, type):
            found[kind] = way
    return found


# --- tensors of torch, whose ways a manifest adds where the notebook names it


def refuse_tensor(_: Any) -> Any:
    """Refuse what a copy would part from its gradient, and from those who share its memory.

    Raises:
        TypeError: always.
    """
    raise TypeError("write `import torch` in the notebook, then its tensors can be stored")


# --- numbers that are none


class NotANumber:
    """Stands for a float that is no number: one of a library is the same in each process."""

    def __init__(self, value: float) -> None:
        self.value = value

    def __reduce__(self) -> Any:
        for name in "numpy", "math":
            module: Any = sys.modules.get(name)
            if module and module.nan is self.value:
                return getattr, (module, "nan")
        return float, ("nan",)


def reduce_text_type(kind: Any) -> Any:
    """Return what makes pandas' type of texts again, whose missing value is else looked for in all that is stored."""
    make, arguments, *rest = kind.__reduce_ex__(4)
    return make, tuple(NotANumber(v) if type(v) is float else v for v in arguments), *rest


# --- what a process has one of: who holds it must not get a copy

SINGLE = (
    ("numpy.random.mtrand", "_rand"),
    ("random", "_inst"),
    ("os", "environ"),
    ("matplotlib", "rcParams"),
    ("dataclasses", "MISSING"),
)


def reduce_single(value: Any) -> Any:
    """Return what names the global generator of random numbers, whose state travels, or what stands for no default.

    NotImplemented for others.

    Raises:
        TypeError: it is the environment, or the options of matplotlib: nobody would see who changes it.
    """
    for name, attribute in SINGLE:
        module = sys.modules.get(name)
        if value is getattr(module, attribute, None):
            if attribute[0] in "_M":
                return getattr, (module, attribute)
            raise TypeError(f"it is `{name}.{attribute}` itself; a copy can be stored")
    return NotImplemented


# --- generators of numpy: those that share their bits, and how many have been spawned


def reduce_generator(generator: Any) -> Any:
    """Return what makes a generator of random numbers again."""
    return type(generator), (generator.bit_generator,)


def reduce_legacy(generator: Any) -> Any:
    """Return what makes a generator of the older kind again, the global one by its name."""
    single = reduce_single(generator)
    if single is not NotImplemented:
        return single
    source = generator._bit_generator  # noqa: SLF001 -- no public way
    return type(generator), (source,), generator.get_state(legacy=False)


BITS = ["MT19937", "PCG64", "PCG64DXSM", "Philox", "SFC64"]


def reduce_bits(bits: Any) -> Any:
    """Return what makes the source of a generator again, and of those that are to be spawned from it."""
    seeds = getattr(bits, "seed_seq", None) or getattr(bits, "_seed_seq", None)
    return type(bits), (seeds or 0,), bits.state


# --- frames of pandas: attributes that the notebook gave them, and whether a warning is due when they are changed


def reduce_frame(frame: Any) -> Any:
    """Return what makes a frame or series again; NotImplemented where pandas stores all of it."""
    parent = getattr(frame, "_is_copy", None)
    is_part = callable(parent) and getattr(parent(), "shape", frame.shape) != frame.shape
    # Libraries add what they can do without: accessors such as `plot`, descriptions of formulas.
    own = {
        name: value
        for name, value in vars(frame).items()
        if name[0] != "_" and type(value).__module__ == "builtins"
    }
    if not is_part and not own:
        return NotImplemented
    make, arguments, state = frame.__reduce_ex__(4)[:3]
    return make, arguments, (state, is_part, own), None, None, restore_frame


def restore_frame(frame: Any, state: Any) -> None:
    """Give a new frame its state; if it is a part of another one, let pandas think that this still exists."""
    content, is_part, own = state
    frame.__setstate__(content)
    vars(frame).update(own)
    if is_part:
        frame._is_copy = weakref.ref(restore_frame)  # noqa: SLF001 -- there is no other way


restore_frame.shape = None  # type: ignore[attr-defined]  # pandas asks it, as the frame that it stands for

# --- figures of matplotlib: IPython shows them as pictures once the back end of notebooks is there

INLINE = "matplotlib_inline.backend_inline"


def reduce_figure(figure: Any) -> Any:
    """Return what makes a figure again that is shown as a picture; NotImplemented where it is not."""
    if INLINE not in sys.modules:
        return NotImplemented
    return (*figure.__reduce_ex__(4)[:3], None, None, restore_figure)


def restore_figure(figure: Any, state: Any) -> None:
    """Give a new figure its state, where it is shown as a picture."""
    importlib.import_module(INLINE)
    figure.__setstate__(state)


WAYS: list[tuple[str, str, Any]] = [  # a manifest may add its own
    ("matplotlib.figure", "Figure", reduce_figure),
    ("numpy.random", "RandomState", reduce_legacy),
    ("numpy.random", "Generator", reduce_generator),
    *(("numpy.random", name, reduce_bits) for name in BITS),
    ("random", "Random", reduce_single),
    ("os", "_Environ", reduce_single),
    ("dataclasses", "_MISSING_TYPE", reduce_single),
    ("matplotlib", "RcParams", reduce_single),
    ("pandas", "DataFrame", reduce_frame),
    ("pandas", "Series", reduce_frame),
    ("pandas", "StringDtype", reduce_text_type),
    ("torch", "Tensor", refuse_tensor),
    ("torch.nn", "Parameter", refuse_tensor),
]
