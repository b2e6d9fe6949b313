"""Reduce a difference to the fewest cells that still show it.

Delta debugging (Zeller and Hildebrandt 2002, "Simplifying and isolating failure-inducing input"): ever
smaller parts of the cells are left out, as long as the rest still runs whole and still differs.
"""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from nb2pipe.compiler import compile_document
from nb2pipe.verify.compare import compare
from nb2pipe.verify.documents import Document, split_document, without_cells, without_empty_cells
from nb2pipe.verify.model import SplitReport
from nb2pipe.verify.runs import run_split, run_whole
from nb2pipe.verify.verifier import Options, Subject, read_subject, run_settings


def shrink_difference(
    path: Path, report: SplitReport, options: Options, heard: Callable[[str], None]
) -> str:
    """Return the smallest notebook found that shows the difference of `report`, as a percent script."""
    subject, _ = read_subject(path)
    if subject is None:
        return ""
    steps = report.split.steps or {
        cell.position: cell.step
        for cell in subject.compile(report.split).pipeline.cells  # type: ignore[union-attr] # it ran
        if cell.step is not None
    }
    needed = list(subject.cells)

    def differs(cells: Sequence[int]) -> bool:
        heard(f"  trying {len(cells)} of {len(needed)} cells")
        return _differs(subject, report, _reduced(subject, cells), steps, options)

    kept = minimise(needed, differs)
    document = split_document(_reduced(subject, kept), {at: steps[at] for at in kept})
    return "the fewest cells that show it:\n\n" + percent_script(without_empty_cells(document))


def minimise(items: Sequence[int], fails: Callable[[Sequence[int]], bool]) -> list[int]:
    """Return a part of `items` that `fails` and of which nothing more can be left out (`ddmin`)."""
    kept = list(items)
    size = max(1, len(kept) // 2)
    while True:
        for start in range(0, len(kept), size):
            rest = kept[:start] + kept[start + size :]
            if rest and fails(rest):
                kept = rest
                break
        else:
            if size == 1:
                return kept
            size = max(1, size // 2)
        size = min(size, max(1, len(kept) // 2))


def percent_script(document: Document) -> str:
    """Return code cells as a percent script with their tags."""
    return "".join(
        f"# %% tags={json.dumps(cell['metadata'].get('tags', []))}\n{cell['source']}\n"
        for cell in document["cells"]
    )


def _reduced(subject: Subject, cells: Sequence[int]) -> Document:
    return without_cells(subject.document, frozenset(subject.cells) - set(cells))


def _differs(
    subject: Subject,
    report: SplitReport,
    document: Document,
    steps: Mapping[int, str],
    options: Options,
) -> bool:
    """Whether the pipeline of a reduced notebook, which must run whole, still differs from it."""
    compilation = compile_document(split_document(document, steps), subject.path)
    if compilation.pipeline is None:
        return False
    source = subject.path.resolve().parent
    with tempfile.TemporaryDirectory(prefix="nb2pipe-", ignore_cleanup_errors=True) as folder:
        settings = run_settings(options.python, Path(folder), isolated=options.isolated)
        whole = run_whole(document, source, settings, "whole")
        if whole.failed is not None:
            return False
        run = run_split(compilation, source, settings, "split")
    nothing: tuple[frozenset[int], frozenset[str]] = (frozenset(), frozenset())
    found = compare(report.split, compilation, compilation.pipeline, run, whole, nothing)
    if found.difference is None or report.difference is None:
        return False
    # What was seen in an output shall still be seen in one.
    return found.difference.cell is not None or report.difference.cell is None
