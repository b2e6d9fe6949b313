"""Finding a backend by the name that the user types; ours are registered like anybody's."""

import difflib
from importlib.metadata import EntryPoint, entry_points

from nb2pipe.backends.base import Backend
from nb2pipe.diagnostics import Code, CompileError, Diagnostic, Span

GROUP = "nb2pipe.backends"


def backend_names() -> tuple[str, ...]:
    """Return the names of all targets that are installed, sorted."""
    return tuple(sorted({entry.name for entry in entry_points(group=GROUP)}))


def find_backend(name: str, *, notebook: str) -> Backend:
    """Return the backend called `name`.

    Args:
        name: what the user typed.
        notebook: the notebook that is compiled, for the diagnostic.

    Raises:
        CompileError: NB404, there is none, or it cannot be loaded.
    """
    found = tuple(entry_points(group=GROUP, name=name))
    if not found:
        raise CompileError([_unknown(name, notebook)])
    return _load(found[0], notebook)


def _load(entry: EntryPoint, notebook: str) -> Backend:
    try:
        backend: Backend = entry.load()()
    except ImportError as error:
        diagnostic = Diagnostic(
            code=Code.UNKNOWN_TARGET,
            span=Span(notebook=notebook),
            message=f"the target `{entry.name}` cannot be loaded: {error}",
            hint=f"install what `{entry.value}` needs",
        )
        raise CompileError([diagnostic]) from error
    return backend


def _unknown(name: str, notebook: str) -> Diagnostic:
    names = backend_names()
    close = difflib.get_close_matches(name.lower(), names, n=1)
    known = ", ".join(f"`{known}`" for known in names)
    return Diagnostic(
        code=Code.UNKNOWN_TARGET,
        span=Span(notebook=notebook),
        message=f"there is no target `{name}`",
        hint=f"did you mean `{close[0]}`?" if close else f"the targets are {known}",
    )
