"""Options of libraries and of the process: which hidden state a setting changes.

A setting is run again in every later step where that does the same. Otherwise the state that it changed
travels like a variable, under the name of the module that keeps it (`<matplotlib>`) or of the one attribute
that was replaced (`<math.pi>`).
"""

import re
from collections.abc import Container, Iterable
from typing import Final

INSIDE: Final = "[]"
"""Ends the name of state that is what a container holds, not which object an attribute is."""

GENERATORS: Final = ("random", "numpy.random", "torch", "tensorflow")
"""The modules with a global random generator, which is hidden state of this name."""

GENERATOR_STATES: Final = frozenset(f"<{name}>" for name in GENERATORS)
"""What this hidden state is called."""

_XARRAY: Final = f"xarray.core.options.OPTIONS{INSIDE}"
# Which module keeps what calls and assignments to these names set; the first that fits.
_KEPT_BY: Final = (
    (re.compile(r"(matplotlib|pylab)\.(\w+\.)*(rcParams|rcdefaults|rc|rc_file|style|xkcd|i(on|off))\b"), "matplotlib"),
    (re.compile(r"matplotlib\.pyplot\.(set_cmap|jet|gray|hot|viridis)$"), "matplotlib"),
    (re.compile(r"seaborn\.(set|reset)|mplhep\.(style|set_style|rcParams)"), "matplotlib"),
    (re.compile(r"pandas\.(options|set_option|reset_option|set_eng_float_format)\b"), "pandas"),
    (re.compile(r"numpy\.(set_printoptions|seterr)$"), "numpy"),
    (re.compile(r"warnings\.(filterwarnings|simplefilter|resetwarnings|filters)\b"), "warnings"),
    (re.compile(r"decimal\.(setcontext|getcontext)\b"), "decimal"),
    (re.compile(r"torch\.cuda\.manual_seed"), "torch"),
    (re.compile(r"locale\.setlocale$"), "locale"),
    (re.compile(r"logging\.(disable|Logger\.setLevel)$"), "logging"),
    (re.compile(r"os\.(environ|chdir|putenv|unsetenv)\b"), "os"),
    (re.compile(r"sys\.(path|setrecursionlimit)\b"), "sys"),
    (re.compile(r"xarray\.set_options$"), _XARRAY),
)  # fmt: skip
# Settings that change how fast or where something runs, or that fail loudly where they are missing.
_HARMLESS: Final = re.compile(
    r"empty_cache|clear_session|collect|num_threads|download|login|register_matplotlib_converters"
    r"|init_notebook_mode|output_notebook|makedirs|mkdir|faulthandler|tracemalloc|gc\.|memory_growth|visible_devices"
)
# What these context managers change is put back at their end.
_PUT_BACK: Final = {
    "warnings.catch_warnings": "warnings",
    "pandas.option_context": "pandas",
    "numpy.printoptions": "numpy",
    "numpy.errstate": "numpy",
    "matplotlib.rc_context": "matplotlib",
    "matplotlib.pyplot.rc_context": "matplotlib",
    "matplotlib.pyplot.style.context": "matplotlib",
    "matplotlib.style.context": "matplotlib",
    "seaborn.axes_style": "matplotlib",
    "seaborn.plotting_context": "matplotlib",
    "decimal.localcontext": "decimal",
    "xarray.set_options": _XARRAY,
}
_CHANGES: Final = frozenset(
    [
        "append",
        "insert",
        "extend",
        "remove",
        "pop",
        "update",
        "clear",
        "setdefault",
        "add",
        "discard",
    ]
)
# A setting that calls one of these does not do the same each time.
_VARIES: Final = re.compile(
    r"(time|uuid|random|tempfile|secrets|requests|urllib\.request|subprocess|socket|getpass)\."
    r"|.*\.(now|today|utcnow|getpid|urandom|open|input|run|popen|system|mkdtemp)$"
)
OPTION_STATES: Final = frozenset(f"<{name}>" for _, name in _KEPT_BY)


def state_of_call(dotted: str) -> str | None:
    """Return the state that a call of the setting `dotted` changes; None if it cannot travel."""
    return next((f"<{name}>" for pattern, name in _KEPT_BY if pattern.match(dotted)), None)


def keeps_options(dotted: str | None) -> bool:
    """Whether a library or the process keeps options at `dotted`: `matplotlib.rcParams`, or in parts of that."""
    return state_of_call(dotted or "") is not None


def state_of_target(dotted: str, *, inside: bool = False) -> str | None:
    """Return the state that assigning to `dotted` changes: of an item of it, if `inside`."""
    if dotted.startswith(("sys.std", "sys.modules", "builtins.", "IPython.")):
        return None
    return state_of_call(dotted) or f"<{dotted}{INSIDE if inside else ''}>"


def is_harmless(dotted: str) -> bool:
    """Whether a result cannot depend on the setting `dotted`."""
    return _HARMLESS.search(dotted) is not None


def changed_container(dotted: str, known: Container[str]) -> str | None:
    """Return the constant of a library that calling its method `dotted` changes: `a.TABLE.update`.

    `known` are the hidden states that the notebook set: what it put into a module itself counts, too.
    """
    holder, _, method = dotted.rpartition(".")
    constant = holder.rpartition(".")[2]
    if (
        method in _CHANGES
        and "." in holder
        and (constant.isupper() or holder == "sys.argv" or f"<{holder}>" in known)
    ):
        return holder
    return None


def put_back(managers: Iterable[str | None]) -> frozenset[str]:
    """Return the states that leaving these context managers puts back."""
    return frozenset(f"<{_PUT_BACK[name]}>" for name in managers if name in _PUT_BACK)


def varies(dotted: str) -> bool:
    """Whether the library function `dotted` may give something else each time it is called."""
    return _VARIES.match(dotted) is not None
