"""Hidden state of a process: the code that gets it, and that puts it back in another process.

The code travels in the manifests of the steps that hand such state on, so that the runtime knows nothing
of libraries. It is evaluated among the names of the module; `value` is what the first expression
gave, `start` how the process began: its `environ`, working directory `cwd` and `path` of modules.
"""

from typing import Final

from nb2pipe.analysis.states import INSIDE

_ENVIRONMENT: Final = (
    "{k: environ.get(k) for k in sorted({*environ, *start['environ']})"
    " if environ.get(k) != start['environ'].get(k)}"
)
# The files below the folder where the process began that it wrote, or gave their name, or copied with the time of
# the original: not hidden ones, and no notebooks.
_WRITTEN: Final = (
    "{{str(p.relative_to(start['cwd'])): p.read_bytes()"
    " for p in sorted(Path(start['cwd']).rglob({!r})) if p.is_file() and p.suffix != '.ipynb'"
    " and '/.' not in str(p)[len(start['cwd']):] and p.stat().st_ctime >= start['time']}}"
)
_WRITE: Final = (
    "[(p.parent.mkdir(parents=True, exist_ok=True), p.write_bytes(v))"
    " for n, v in value.items() for p in [Path(start['cwd'], n)]]"
)
# What the notebook imported under a name of its own is that object, too; numbers and texts are nobody's.
_SET: Final = (
    "[vars(m).update({{k: value}}) for m in [__import__('sys').modules['__main__']]"
    " for old in [{}] for k, v in [*vars(m).items()] if v is old and type(v).__module__ != 'builtins'],"
    " setattr(resolve_name({!r}), {!r}, value)"
)
STATES: Final = {
    "random": ("getstate()", "setstate(value)"),
    "numpy.random": ("get_state()", "set_state(value)"),
    "torch": (
        "get_rng_state(), cuda.is_available() and cuda.get_rng_state_all()",
        "set_rng_state(value[0]), value[1] and cuda.set_rng_state_all(value[1])",
    ),
    # Plain methods of dict: those of the options would look for a screen, and check what is checked.
    "matplotlib": (
        "{k: v for k, v in dict.items(rcParams) if k != 'backend'}",
        "dict.update(rcParams, value)",
    ),
    "pandas": (
        (
            "{k: get_option(k) for k in _config.config._registered_options"
            " if k not in _config.config._deprecated_options}"
        ),
        "[set_option(k, v) for k, v in value.items() if get_option(k) != v]",
    ),
    "numpy": ("get_printoptions(), geterr()", "set_printoptions(**value[0]), seterr(**value[1])"),
    "warnings": ("filters", "resetwarnings(), filters.extend(value)"),
    "decimal": ("getcontext()", "setcontext(value)"),
    "locale": ("setlocale(LC_ALL)", "setlocale(LC_ALL, value)"),
    "logging": (
        (
            "[(n, l.level) for n, l in [('', root), *root.manager.loggerDict.items()]"
            " if isinstance(l, Logger)], root.manager.disable"
        ),
        "[getLogger(n).setLevel(l) for n, l in value[0]], disable(value[1])",
    ),
    # A working directory below the one where the process began is so in every process.
    "os": (
        f"{_ENVIRONMENT}, (getcwd() + '/').removeprefix(start['cwd'] + '/')",
        (
            "environ.clear(), environ.update((k, v) for k, v in {**start['environ'], **value[0]}.items()"
            " if v is not None), chdir(path.join(start['cwd'], value[1]))"
        ),
    ),
    "sys": (
        (
            "[(i, p) for i, p in enumerate(path) if p not in start['path']],"
            " [p for p in start['path'] if p not in path], getrecursionlimit()"
        ),
        (
            "path.__setitem__(slice(None), [p for p in start['path'] if p not in value[1]]),"
            " [path.insert(i, p) for i, p in value[0]], setrecursionlimit(value[2])"
        ),
    ),
}
"""State that belongs to a module, by the module's name."""


def state_code(name: str) -> tuple[str, str, str]:
    """Return the module, and what gets and sets the state `name`: a module's, or any attribute."""
    if name in STATES:
        return name, *STATES[name]
    if name == "files" or name.startswith("files:"):
        pattern = f"*{name.removeprefix('files').removeprefix(':')}"
        return "pathlib", _WRITTEN.format(pattern), _WRITE
    path = name.removesuffix(INSIDE)
    get = f"resolve_name({path!r})"
    if path != name:
        refill = (
            f"[(it.clear(), getattr(it, 'update', 0) or it.extend) for it in [{get}]][0][1](value)"
        )
        return "pkgutil", get, refill
    holder, _, attribute = path.rpartition(".")
    return "pkgutil", get, _SET.format(get, holder, attribute)
