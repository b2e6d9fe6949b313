"""Compare what the analysis says cells change in place with what they really change.

See docs/accuracy.md. Every notebook runs cell by cell in the given Python; `trace_cells.py` takes fingerprints
of all variables. Tracing takes as long as the notebooks; `--reuse` compares with what was traced before.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from accuracy_report import Judged, print_summary, write_page

from nb2pipe.analysis import with_local_modules
from nb2pipe.analysis.facts import CellFacts, WriteKind
from nb2pipe.analysis.interpret import interpret
from nb2pipe.analysis.knowledge import load_knowledge
from nb2pipe.analysis.parameters import find_parameters
from nb2pipe.analysis.syntax import parse_cells
from nb2pipe.frontend import lay_out, read_notebook

_FOLDER = Path(__file__).parent
_NOTEBOOKS = _FOLDER.parents[1] / "shared" / "notebooks" / "dev"
_TRACES = _FOLDER / ".traces"
_RESULTS = _FOLDER / "results" / "accuracy.json"
_PAGE = _FOLDER.parent / "docs" / "accuracy.md"
_STATES = ("random", "numpy.random")
_SLACK = 40  # how many times its own time a traced notebook may take, and two minutes


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A notebook of the index: where it is, and how many seconds it runs."""

    repository: str
    path: str
    folder: Path
    seconds: float

    @property
    def name(self) -> str:
        """How tables name it."""
        return f"{self.repository}: {self.path}"

    def trace(self, folder: Path) -> Path:
        """Return the file with what was traced."""
        return folder / f"{self.folder.name}+{Path(self.path).stem}.json"


def main() -> int:
    arguments = _arguments()
    sources = [
        source
        for source in _read_index(arguments.notebooks)
        if source.seconds <= arguments.seconds
        and any(text in source.name for text in arguments.only or [""])
    ]
    judged: list[Judged] = []
    failed: list[str] = []
    for source in sorted(sources, key=lambda source: source.seconds):
        path = source.trace(arguments.traces)
        if not arguments.reuse:
            print(f"{source.name} ...", file=sys.stderr, flush=True)
            _trace(source, path, arguments.python.absolute())
        if not path.exists():
            failed.append(source.name)
            continue
        judged += _judge(source, json.loads(path.read_text(encoding="utf-8")))
    judged.sort(key=lambda item: (item.notebook, item.cell, item.variable))
    print_summary(judged, details=arguments.details)
    if failed:
        print(f"not traced: {', '.join(failed)}")
    if arguments.keep:
        _RESULTS.parent.mkdir(exist_ok=True)
        document = [asdict(item) for item in judged if item.counted]
        _RESULTS.write_text(
            "[\n" + ",\n".join(json.dumps(row) for row in document) + "\n]\n", encoding="utf-8"
        )
        write_page(_PAGE, judged, len(sources) - len(failed), failed)
    return 1 if failed else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--python", type=Path, default=Path(sys.executable), help="runs the notebooks; with IPython"
    )
    parser.add_argument(
        "--notebooks", type=Path, default=_NOTEBOOKS, help="a folder with an index.jsonl"
    )
    parser.add_argument("--seconds", type=float, default=1e9, help="leave longer notebooks out")
    parser.add_argument("--traces", type=Path, default=_TRACES, help="where traces are kept")
    parser.add_argument(
        "--reuse", action="store_true", help="trace nothing: compare with what was traced before"
    )
    parser.add_argument("--details", action="store_true", help="print every miss and false alarm")
    parser.add_argument(
        "--keep", action="store_true", help="write results/accuracy.json and docs/accuracy.md"
    )
    parser.add_argument("only", nargs="*", help="parts of the names of notebooks")
    return parser.parse_args()


def _read_index(folder: Path) -> Iterator[Source]:
    for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines():
        entry = json.loads(line)
        yield Source(
            repository=entry["repo"],
            path=entry["path"],
            folder=folder / entry["repo"].replace("/", "+"),
            seconds=entry["seconds"],
        )


# --- what really changes


def _trace(source: Source, output: Path, python: Path) -> None:
    """Run a notebook in a copy of its repository's folder, and keep what its cells change."""
    output.unlink(missing_ok=True)
    output.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        copy = Path(scratch) / source.folder.name
        copy.mkdir()
        _copy_files(source.folder, copy)
        path = copy / source.path
        notebook, _ = read_notebook(path)
        if notebook is None:
            return
        plain = path.with_suffix(".traced.json")
        plain.write_text(json.dumps(notebook.document), encoding="utf-8")
        # One thread, so that a busy machine does not spend its time on switching between them.
        single = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        environment = {**os.environ, **single, "MPLBACKEND": "Agg", "PYTHONPATH": str(_FOLDER)}
        command = [python, _FOLDER / "trace_cells.py", plain, output.absolute()]
        limit = 120 + _SLACK * source.seconds
        try:
            subprocess.run(
                command, cwd=path.parent, env=environment, timeout=limit, check=True,
                stdin=subprocess.DEVNULL,
            )  # fmt: skip
        except (subprocess.TimeoutExpired, subprocess.CalledProcessError) as error:
            print(f"{source.name}: {error}", file=sys.stderr)


def _copy_files(source: Path, target: Path) -> None:
    """Copy a folder without its permissions: it may be read-only."""
    for path in source.iterdir():
        if path.is_dir():
            (target / path.name).mkdir()
            _copy_files(path, target / path.name)
        else:
            shutil.copyfile(path, target / path.name)


# --- what the analysis says


def _facts(source: Source) -> dict[int, CellFacts]:
    """Return the facts of the code cells, by the cells' numbers."""
    notebook, _ = read_notebook(source.folder / source.path)
    layout = lay_out(notebook)[0] if notebook is not None else None
    if layout is None:
        return {}
    cells, _ = parse_cells(layout.cells)
    parameters, _ = find_parameters(cells)
    knowledge, _ = with_local_modules((source.folder / source.path).parent, cells, load_knowledge())
    facts = interpret(cells, knowledge=knowledge, parameters=parameters.names).cells
    return {parsed.laid.cell.number: fact for parsed, fact in zip(cells, facts, strict=True)}


def _judge(source: Source, trace: Iterable[dict[str, Any]]) -> Iterator[Judged]:
    facts = _facts(source)
    seeded: set[str] = set()  # before that nobody can tell what is drawn
    for traced in trace:
        cell = facts.get(traced["cell"])
        if cell is None:
            continue
        if traced["error"]:
            print(f"{source.name}, cell {traced['cell']}: {traced['error']}", file=sys.stderr)
        drawings = set(traced["drawings"])
        place = (source.name, traced["cell"])
        for name, type_ in traced["types"].items():
            fact = traced["facts"].get(name, {"kind": "same"})
            if fact["kind"] not in {"gone", "rebound"}:
                kind = "drawing" if name in drawings else fact["kind"]
                yield _judged(place, (name, type_), cell, kind, fact.get("where", ""))
        for state in sorted(seeded):
            kind = "changed" if state in traced["states"] else "same"
            yield _judged(place, (f"<{state}>", "state"), cell, kind, "")
        for state in _STATES:
            name = f"<{state}>"
            if any(name in statement.writes for statement in cell.statements):
                seeded.add(state)


def _judged(
    place: tuple[str, int], variable: tuple[str, str], cell: CellFacts, really: str, where: str
) -> Judged:
    name, type_ = variable
    writes = [s.writes[name] for s in cell.statements if name in s.writes]
    changes = sorted(
        (write for write in writes if write.kind is WriteKind.MUTATE),
        key=lambda write: write.cautious,
    )
    return Judged(
        notebook=place[0],
        cell=place[1],
        variable=name,
        type=type_,
        really=really,
        said="change" if changes else "write" if writes else "nothing",
        cautious=bool(changes) and changes[0].cautious,
        because=changes[0].because if changes else "",
        line=getattr(changes[0].node, "lineno", 0) if changes else 0,
        where=where,
    )


if __name__ == "__main__":
    sys.exit(main())
