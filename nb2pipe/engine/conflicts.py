"""Files that steps read and write at once: the runtime notes which, the graph knows what is ordered."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations

from nb2pipe.diagnostics import Code, Diagnostic, Related, Span
from nb2pipe.engine.results import StepResult
from nb2pipe.engine.selection import ancestors
from nb2pipe.ir import Cell, Pipeline


def file_conflicts(pipeline: Pipeline, results: Iterable[StepResult]) -> Iterator[Diagnostic]:
    """Yield an error for each file that one step wrote and another, not ordered with it, used.

    Which of the two came first was chance; in the notebook it is the order of the cells.
    """
    before = ancestors(pipeline)
    for one, other in combinations(results, 2):
        if one.step in before[other.step] or other.step in before[one.step]:
            continue
        files, others = _files(one), _files(other)
        for path in sorted(files.keys() & others.keys()):
            (read, written), (other_read, other_written) = files[path], others[path]
            if written is None:
                written, read, other_written, other_read = other_written, other_read, written, read
            user = other_read if other_written is None else other_written
            if written is not None and user is not None:
                reads = other_written is None
                yield _conflict(path, pipeline.cells[written], pipeline.cells[user], reads=reads)


def _files(result: StepResult) -> Mapping[str, tuple[int | None, int | None]]:
    """Return the last cell that reads, and the last that writes, each file below the working directory."""
    known = result.error and result.error.code == Code.HIDDEN_CHANGE.number
    files = {} if known else (result.guard or {}).get("files") or {}
    return {path: (read, written) for path, (read, written) in files.items()}


def _conflict(path: str, writer: Cell, user: Cell, *, reads: bool) -> Diagnostic:
    verb, effect = ("read", "reads") if reads else ("written", "writes")
    return Diagnostic(
        code=Code.HIDDEN_CHANGE,
        span=Span(notebook=writer.notebook, cell=writer.number, cell_id=writer.id),
        step=writer.step,
        message=f"the file `{path}` is written here and {verb} in cell {user.number}, and nothing there shows"
        f" it, so steps `{writer.step}` and `{user.step}` do not wait for each other",
        hint=f"tag cell {writer.number} `writes:file={path}` and cell {user.number} `{effect}:file={path}`",
        related=(
            Related(
                span=Span(notebook=user.notebook, cell=user.number, cell_id=user.id),
                message=f"it is {verb} here, in step `{user.step}`",
            ),
        ),
    )
