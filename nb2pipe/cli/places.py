"""Where commands look for runs: beside a notebook, or in a folder."""

from pathlib import Path

from nb2pipe.diagnostics import Code, CompileError, Diagnostic, Span
from nb2pipe.engine.history import PastRun, list_runs
from nb2pipe.frontend.values import did_you_mean


def kept_runs(place: Path) -> tuple[Path, tuple[PastRun, ...]]:
    """Return the folder of the notebooks, and the runs kept there, the newest first.

    Args:
        place: that folder, or a notebook, whose runs alone are meant.

    Raises:
        CompileError: NB511, there is no such place, nor runs of a notebook that was there.
    """
    if place.is_dir():
        return place, list_runs(place)
    runs = list_runs(place.parent, place.name)
    if not runs and not place.exists():
        raise _no_such_place(place)
    return place.parent, runs


def _no_such_place(place: Path) -> CompileError:
    near = [
        path.name for path in place.parent.glob("*") if path.is_dir() or path.suffix == ".ipynb"
    ]
    return CompileError(
        [
            Diagnostic(
                code=Code.NO_SUCH_RUN,
                span=Span(notebook=str(place)),
                message=f"there is no notebook or folder `{place}`, nor runs of one",
                hint=did_you_mean(place.name, near)
                or "name a notebook that was run, or the folder that it is in",
            )
        ]
    )
