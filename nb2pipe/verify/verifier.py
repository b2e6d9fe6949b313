"""Run a notebook whole and as pipelines, and compare."""

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Final

from nb2pipe.bundle import STEP_ENVIRONMENT, runtime_blob
from nb2pipe.compiler import Compilation, compile_document, compile_pipeline
from nb2pipe.diagnostics import Code, Diagnostic, Span
from nb2pipe.ir import Pipeline
from nb2pipe.verify.compare import compare
from nb2pipe.verify.documents import Document, flat_document, includes, split_document
from nb2pipe.verify.jobs import run_jobs
from nb2pipe.verify.model import RunStatus, SplitReport, Verification
from nb2pipe.verify.runs import Ran, RunSettings, run_split, run_whole, volatile
from nb2pipe.verify.splits import Split, SplitKind, draw_split

# The notebook runs whole so often, to learn what differs from run to run.
_WHOLE_RUNS: Final = 2
# How often the notebook is run once more before a difference counts: two runs may agree by chance.
_MORE_WHOLE_RUNS: Final = 3
# And how often, or for how many seconds, one that is known to draw numbers without a seed: they may seldom show.
_RANDOM_RUNS: Final = 30
_RANDOM_SECONDS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What to verify.

    `splits` random splits of `seed`; `only` one of them by its number (0: as tagged); `as_tagged` the
    notebook's own steps, if it has any. `python` runs the notebook and the steps; `jobs` is how many
    runs may go on side by side (None: one per processor). `isolated` steps start an interpreter each, as
    containers do; others are forked, as they are in an ordinary run.
    """

    splits: int = 4
    seed: int = 0
    only: int | None = None
    as_tagged: bool = True
    python: str = sys.executable
    jobs: int | None = None
    isolated: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A notebook that can be verified: `document` without steps, and the pipeline of that."""

    path: Path
    document: Document
    pipeline: Pipeline
    has_steps: bool

    @property
    def cells(self) -> tuple[int, ...]:
        """The positions of the cells that run."""
        return tuple(
            cell.position
            for cell in self.pipeline.cells
            if cell.step is not None and cell.source.strip()
        )

    def compile(self, split: Split) -> Compilation:
        """Compile one split of the notebook."""
        if split.steps is None:
            return compile_pipeline(self.path)
        return compile_document(split_document(self.document, split.steps), self.path)


def verify_notebook(
    path: Path, options: Options, heard: Callable[[SplitReport], None] = lambda _: None
) -> Verification:
    """Compare the pipelines of the notebook at `path` with the notebook.

    Args:
        path: the notebook; neither it nor its folder is changed.
        options: which splits.
        heard: is told each report as soon as it is there.

    Returns:
        What was found; `problems` when the notebook itself cannot be compiled or does not run.
    """
    subject, problems = read_subject(path)
    nothing = Verification(notebook=str(path), seed=options.seed, problems=problems, numbers={})
    if subject is None:
        return nothing
    try:
        with tempfile.TemporaryDirectory(prefix="nb2pipe-", ignore_cleanup_errors=True) as folder:
            settings = run_settings(options.python, Path(folder), isolated=options.isolated)
            return _verify(subject, tuple(_splits(subject, options)), options, settings, heard)
    except (ImportError, OSError, RuntimeError) as error:
        return replace(nothing, problems=(_cannot_run(path, error),))


def run_settings(python: str, folder: Path, *, isolated: bool = True) -> RunSettings:
    """Return what all runs of a verification have in common."""
    # Packed once and here: in Python 3.11, threads that parse code side by side disturb each other.
    runtime_blob()
    environment = {**STEP_ENVIRONMENT, **os.environ}
    return RunSettings(python=python, environment=environment, folder=folder, isolated=isolated)


def read_subject(path: Path) -> tuple[Subject | None, tuple[Diagnostic, ...]]:
    """Read the notebook at `path` without its steps; None, and why, when it has errors even so."""
    tagged = compile_pipeline(path)
    if tagged.notebook is None or (tagged.pipeline is None and includes(tagged.notebook.document)):
        return None, tagged.diagnostics
    document = flat_document(tagged.notebook.document, tagged.pipeline)
    single = compile_document(document, path)
    if single.pipeline is None:
        return None, tuple(found for found in single.diagnostics if found.is_error)
    has_steps = tagged.pipeline is None or len(tagged.pipeline.steps) > 1
    subject = Subject(path=path, document=document, pipeline=single.pipeline, has_steps=has_steps)
    return subject, ()


def _splits(subject: Subject, options: Options) -> Iterator[Split]:
    """Yield the splits that the options ask for."""
    if subject.has_steps and options.as_tagged and options.only in {None, 0}:
        yield Split(number=0, kind=SplitKind.AS_TAGGED)
    numbers = range(1, options.splits + 1) if options.only is None else [options.only]
    needs = _cell_needs(subject)
    for number in numbers:
        if number > 0 and len(subject.cells) > 1:
            yield draw_split(number, options.seed, subject.cells, needs)


def _cell_needs(subject: Subject) -> Mapping[int, frozenset[int]]:
    """Return which cells each cell needs, by compiling the notebook with a step for each."""
    names = {position: f"c{position}" for position in subject.cells}
    pipeline = compile_document(split_document(subject.document, names), subject.path).pipeline
    positions = {name: position for position, name in names.items()}
    needs: dict[int, set[int]] = {position: set() for position in subject.cells}
    if pipeline is None:  # some values cannot travel: then only the notebook's own order is sure
        return {cell: frozenset(subject.cells[:at]) for at, cell in enumerate(subject.cells)}
    for edge in pipeline.edges:
        needs[positions[edge.target]].add(positions[edge.source])
    return {position: frozenset(found) for position, found in needs.items()}


def _verify(
    subject: Subject,
    splits: tuple[Split, ...],
    options: Options,
    settings: RunSettings,
    heard: Callable[[SplitReport], None],
) -> Verification:
    source = subject.path.resolve().parent
    compilations = [subject.compile(split) for split in splits]
    wholes: list[Ran] = []
    runs: dict[int, Ran] = {}
    reports: dict[int, SplitReport] = {}

    again = partial(run_whole, subject.document, source, settings)

    def compared(index: int, pipeline: Pipeline, run: Ran) -> SplitReport:
        whole, differs = wholes[0], volatile(*wholes)
        return compare(splits[index], compilations[index], pipeline, run, whole, differs)

    def report(index: int, compilation: Compilation, run: Ran | None) -> None:
        if compilation.pipeline is None or run is None:
            reports[index] = SplitReport(
                split=splits[index],
                status=RunStatus.REFUSED,
                diagnostics=tuple(found for found in compilation.diagnostics if found.is_error),
            )
        else:
            reports[index] = _settle(
                partial(compared, index, compilation.pipeline, run), wholes, again
            )
        heard(reports[index])

    possible = [at for at, found in enumerate(compilations) if found.pipeline is not None]
    jobs: list[Callable[[], Ran]] = [
        partial(again, f"whole {number}") for number in range(_WHOLE_RUNS)
    ]
    jobs += [
        partial(run_split, compilations[at], source, settings, f"split {splits[at].number}")
        for at in possible
    ]
    for at, found in enumerate(compilations):
        if found.pipeline is None:
            report(at, found, None)
    for index, ran in run_jobs(jobs, options.jobs or os.cpu_count() or 1):
        if index < _WHOLE_RUNS:
            wholes.append(ran)
        else:
            runs[possible[index - _WHOLE_RUNS]] = ran
        if len(wholes) >= _WHOLE_RUNS:
            for at in list(runs):
                report(at, compilations[at], runs.pop(at))
    cells, names = volatile(*wholes)
    numbers = {cell.position: cell.number for cell in subject.pipeline.cells}
    return Verification(
        notebook=str(subject.path),
        seed=options.seed,
        reports=tuple(reports[at] for at in sorted(reports)),
        set_aside=tuple(sorted(numbers[position] for position in cells)),
        volatile=tuple(sorted(names)),
        stops_at=None if wholes[0].failed is None else numbers[wholes[0].failed],
        error=wholes[0].error,
        seconds=min(whole.seconds for whole in wholes),
        numbers=numbers,
    )


def _settle(
    compared: Callable[[], SplitReport], wholes: list[Ran], again: Callable[[str], Ran]
) -> SplitReport:
    """Compare a pipeline, and before a difference counts, run the notebook once more: it may differ by itself."""
    report = compared()
    while report.status is RunStatus.DIFFERENT and _may_differ_by_itself(wholes):
        wholes.append(again(f"whole {len(wholes)}"))
        report = compared()
    return report


def _may_differ_by_itself(wholes: Sequence[Ran]) -> bool:
    """Whether another run of the notebook is worth while."""
    more = wholes[_WHOLE_RUNS:]
    if len(more) < _MORE_WHOLE_RUNS:
        return True
    seconds = sum(run.seconds for run in more)
    return any(volatile(*wholes)) and len(more) < _RANDOM_RUNS and seconds < _RANDOM_SECONDS


def _cannot_run(path: Path, error: Exception) -> Diagnostic:
    if isinstance(error, ImportError):
        hint = "type `pip install nb2pipe[verify]`"
    else:
        hint = "name a Python that has ipykernel and what the notebook imports with `--python`"
    return Diagnostic(
        code=Code.CANNOT_RUN_WHOLE,
        span=Span(notebook=str(path)),
        message=f"the notebook cannot be run whole: {error}",
        hint=hint,
    )
