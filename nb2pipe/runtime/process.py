"""How a process is, and how the options of its libraries are set: hidden state that any code may change."""

import contextlib
import sys
from typing import Any

# What is looked at, as its error calls it, below the module that keeps it. matplotlib's back end is found when it is
# needed, and asking for an option by its name would look for it.
WATCHED: dict[str, Any] = {
    "os.getcwd": lambda module: module.getcwd(),
    "os.environ": lambda module: {**module.environ},
    "sys.path": lambda module: module.path,
    "matplotlib.rcParams": lambda module, options="rcParams": sorted(
        item
        for item in dict.items(getattr(module, options))
        if not item[0].startswith(("backend", "interactive"))
    ),
    "numpy.printoptions": lambda module: module.get_printoptions(),
    "numpy.geterr": lambda module: module.geterr(),
    "pandas.options": lambda module: module._config.config._global_config,  # noqa: SLF001 -- `get_option` warns
}


def observe_process(spared: list[str]) -> dict[str, str]:
    """Return how everything is, but for the state of the modules that are `spared`."""
    found = {}
    for name, look in WATCHED.items():
        holder = name.split(".")[0]
        if holder in sys.modules and holder not in spared:
            with contextlib.suppress(AttributeError):  # not the module, but what stands in for it
                found[name] = repr(look(sys.modules[holder]))
    return found


def changed_process(before: dict[str, str], spared: list[str], modules: int) -> str:
    """Return the name of what is not as it was observed `before`; nothing if all is.

    `modules` is how many there were then. To import changes the search path and the environment, as it does
    everywhere; options, only if somebody sets them.
    """
    excused = {"os.environ", "sys.path"} if len(sys.modules) != modules else set()
    for name, value in observe_process(spared).items():
        old = before.get(name)
        if not old and name == "matplotlib.rcParams":  # which tells how it was when it was imported
            old = repr(WATCHED[name](sys.modules["matplotlib"], "rcParamsOrig"))
        if old not in (None, value) and name not in excused:
            return name
    return ""
