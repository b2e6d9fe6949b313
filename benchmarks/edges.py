"""Compare the edges of pipelines with the fewest that still give the notebook's results.

Each edge is taken out, the pipeline is run without it, and everything that it shows and leaves is
compared with the notebook's. See README.md in this folder.
"""

import argparse
import json
import sys
import tempfile
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edge_trial import Trial, UnequalError
from edges_report import print_table, write_page

from nb2pipe.analysis import with_local_modules
from nb2pipe.analysis.interpret import interpret
from nb2pipe.analysis.knowledge import load_knowledge
from nb2pipe.analysis.syntax import parse_cells
from nb2pipe.compiler import compile_document
from nb2pipe.frontend import Settings, lay_out, parse_notebook
from nb2pipe.ir import Edge, Pipeline
from nb2pipe.verify.runs import RunSettings
from nb2pipe.verify.verifier import run_settings

_FOLDER = Path(__file__).parent
_ROOT = _FOLDER.parent
_TAGGINGS = _FOLDER / "taggings.toml"
_RESULTS = _FOLDER / "results" / "edges.json"
_PAGE = _ROOT / "docs" / "parallelism.md"
_NOTEBOOKS = _ROOT.parent / "shared" / "notebooks" / "dev"
_LIMIT = 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class Needless:
    """An edge without which everything is the same; `reasons` is what the analysis believes."""

    source: str
    target: str
    variables: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What was found in one notebook: how many edges there are, and which of them are needless."""

    notebook: str
    steps: int
    edges: int
    needless: tuple[Needless, ...]


def main() -> int:
    """Test every edge, print, and keep the results; return 1 when there are too many."""
    arguments = _arguments()
    rows: dict[str, dict[str, Any]] = {}
    for entry in tomllib.loads(arguments.taggings.read_text(encoding="utf-8"))["notebook"]:
        path = _find(entry["path"], arguments.notebooks)
        if not arguments.only or any(part in path.stem for part in arguments.only):
            with tempfile.TemporaryDirectory(prefix="nb2pipe-") as folder:
                settings = run_settings(arguments.python, Path(folder))
                rows[path.stem] = asdict(_test(path, entry.get("tags", {}), settings))
            if arguments.keep:
                _keep(rows)
    document = {"rows": list(rows.values())}
    print_table(document)
    needless = sum(len(row["needless"]) for row in rows.values())
    return int(needless > _LIMIT * (sum(row["edges"] for row in rows.values()) - needless))


def _keep(rows: Mapping[str, dict[str, Any]]) -> None:
    """Put rows to those of earlier runs, in the order of the taggings, and write them down."""
    earlier = json.loads(_RESULTS.read_text(encoding="utf-8"))["rows"] if _RESULTS.exists() else []
    known = {row["notebook"]: row for row in earlier} | dict(rows)
    entries = tomllib.loads(_TAGGINGS.read_text(encoding="utf-8"))["notebook"]
    names = [Path(entry["path"]).stem for entry in entries]
    document = {"rows": [known[name] for name in names if name in known]}
    _RESULTS.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    write_page(_PAGE, document)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("only", nargs="*", help="parts of the names of the notebooks to look at")
    parser.add_argument(
        "--taggings", type=Path, default=_TAGGINGS, help="which notebooks, in which steps"
    )
    parser.add_argument(
        "--notebooks", type=Path, default=_NOTEBOOKS, help="where the real notebooks are"
    )
    parser.add_argument(
        "--python", default=sys.executable, help="the Python that has the notebooks' packages"
    )
    parser.add_argument(
        "--keep", action="store_true", help="add to results/edges.json and docs/parallelism.md"
    )
    return parser.parse_args()


def _find(path: str, notebooks: Path) -> Path:
    own = _ROOT / path
    return own if own.exists() else notebooks / path


def _test(path: Path, tags: Mapping[str, str], settings: RunSettings) -> Row:
    """Return which edges of a notebook are needless."""
    print(f"{path.stem} ...", file=sys.stderr, flush=True)
    document = _tagged(json.loads(path.read_text(encoding="utf-8")), tags)
    trial = Trial(path, compile_document(document, path), settings)
    needless = trial.needless()
    reasons = Reasons(document, path)
    return Row(
        notebook=path.stem,
        steps=len(trial.pipeline.steps),
        edges=sum(bool(edge.variables) for edge in trial.pipeline.edges),
        needless=tuple(
            Needless(
                source=edge.source,
                target=edge.target,
                variables=edge.variables,
                reasons=reasons.of(trial.pipeline, edge),
            )
            for edge in needless
        ),
    )


def _tagged(document: dict[str, Any], tags: Mapping[str, str]) -> dict[str, Any]:
    """Return the notebook with the tags of its cells, by their numbers."""
    cells = [
        {**cell, "metadata": {**cell["metadata"], "tags": [tags[str(number)]]}}
        if str(number) in tags
        else cell
        for number, cell in enumerate(document["cells"], 1)
    ]
    return {**document, "cells": cells}


class Reasons:
    """What the analysis believes that cells do, to say where an edge comes from."""

    def __init__(self, document: Mapping[str, Any], path: Path) -> None:
        notebook, _ = parse_notebook(json.dumps(document), name=str(path))
        layout = lay_out(notebook, Settings())[0] if notebook is not None else None
        if layout is None:
            raise UnequalError(f"{path} cannot be read")
        self._numbers = {laid.cell.position: laid.cell.number for laid in layout.cells}
        cells, _ = parse_cells(layout.cells)
        knowledge, _ = with_local_modules(path.parent, cells, load_knowledge())
        self._facts = interpret(cells, knowledge=knowledge).cells

    def of(self, pipeline: Pipeline, edge: Edge) -> tuple[str, ...]:
        """Return a line for each variable: the last write of it in the source before the target."""
        last = pipeline.step(edge.target).cells[-1]
        cells = [cell for cell in pipeline.step(edge.source).cells if cell < last]
        return tuple(self._reason(cells, name) for name in edge.variables)

    def _reason(self, cells: Sequence[int], name: str) -> str:
        for cell in reversed(cells):
            for facts in reversed(self._facts[cell].statements):
                write = facts.writes.get(name) or facts.writes.get(f"<{name}>")
                if write is not None:
                    line = getattr(write.node, "lineno", facts.node.lineno)
                    because = write.because or "it is assigned"
                    place = f"`{name}`, cell {self._numbers[cell]} line {line}: {because}"
                    return f"{place} (caution)" if write.cautious else place
        return f"`{name}`"


if __name__ == "__main__":
    sys.exit(main())
