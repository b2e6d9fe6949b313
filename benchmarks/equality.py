"""Verify a folder of real notebooks under random splits, and write down how they compare.

See README.md in this folder. Every notebook runs in a copy of its repository's folder.
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from section import write_section

from nb2pipe.verify import Options, verify_notebook

_FOLDER = Path(__file__).parent
_RESULTS = _FOLDER / "results" / "equality.json"
_PAGE = _FOLDER.parent / "docs" / "equality.md"
_NOTEBOOKS = _FOLDER.parents[1] / "shared" / "notebooks" / "dev"
_STATUSES = ("equal", "refused", "failed", "different")
_REASONS_SHOWN = 110
_WAYS = {
    "forked": "**Steps that are forked**, as `nb2pipe run` does where it can:",
    "fresh": "**Steps with an interpreter of their own**, as `--isolated` and containers do:",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A notebook with the folder of its repository, and how long it runs."""

    name: str
    root: Path
    path: str
    seconds: float


def main() -> int:
    """Verify, print, and keep what was asked for; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--notebooks", type=Path, default=_NOTEBOOKS, help="a folder with index.jsonl"
    )
    parser.add_argument("--python", default=sys.executable, help="runs the notebooks and the steps")
    parser.add_argument("--splits", type=int, default=25, help="every fifth is interleaved")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--warm", action="store_true", help="fork the steps")
    parser.add_argument(
        "--most-seconds", type=float, default=1e9, help="leave out longer notebooks"
    )
    parser.add_argument(
        "--least-seconds", type=float, default=0, help="leave out shorter notebooks"
    )
    parser.add_argument(
        "--keep", action="store_true", help="write the results and docs/equality.md"
    )
    parser.add_argument("words", nargs="*", help="only notebooks whose name contains one of these")
    given = parser.parse_args()
    documents = {}
    for source in _sources(given.notebooks):
        if not given.least_seconds <= source.seconds <= given.most_seconds:
            continue
        if not _is_wanted(source, given.words):
            continue
        options = Options(
            splits=given.splits, seed=given.seed, python=given.python, isolated=not given.warm
        )
        documents[source.name] = document = _verify(source, options)
        print(source.name, document["counts"], *_reasons(document), sep="\n    ", flush=True)
        if given.keep:
            _keep(documents, "forked" if given.warm else "fresh")
    total = Counter[str]()
    for document in documents.values():
        total.update(document["counts"])
    print(dict(total))
    return 1 if total["different"] else 0


def _sources(folder: Path) -> Iterator[Source]:
    rows = [json.loads(line) for line in (folder / "index.jsonl").read_text("utf-8").splitlines()]
    for row in sorted(rows, key=lambda row: row["seconds"]):
        yield Source(
            name=f"{row['repo']}: {row['path']}",
            root=folder / row["repo"].replace("/", "+"),
            path=row["path"],
            seconds=row["seconds"],
        )


def _is_wanted(source: Source, words: list[str]) -> bool:
    return not words or any(word in source.name for word in words)


def _verify(source: Source, options: Options) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="nb2pipe-") as folder:
        copy = Path(folder) / source.root.name
        shutil.copytree(source.root, copy)
        for path in [copy, *copy.rglob("*")]:  # the original may be read-only
            path.chmod(0o755)
        document = verify_notebook(copy / source.path, options).to_json()
    return {**document, "notebook": source.name}


def _reasons(document: dict[str, Any]) -> list[str]:
    """Return why splits are not equal, each reason once with the number of splits."""
    counts: Counter[str] = Counter()
    for problem in document["problems"]:
        counts[f"{problem['code']}: {problem['message']}"] += 1
    for split in document["splits"]:
        if split["status"] == "equal":
            continue
        errors = [found for found in split["diagnostics"] if found["severity"] == "error"]
        difference = split["difference"] or {}
        reason = f"cell {difference.get('cell')}, {difference.get('variables')}"
        if errors and not difference:
            reason = f"{errors[0]['code']} cell {errors[0]['cell']}: {errors[0]['message']}"
        counts[f"{split['status']}: {reason}"] += 1
    return [f"{reason} (x{count})" for reason, count in counts.most_common()]


# --- what is kept


def _keep(new: dict[str, dict[str, Any]], way: str) -> None:
    """Add results to those of earlier runs of the same `way`, and write the page."""
    known = json.loads(_RESULTS.read_text("utf-8")) if _RESULTS.exists() else {}
    known.setdefault(way, {}).update({name: _short(document) for name, document in new.items()})
    _RESULTS.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    parts = [[_WAYS[way], "", *_table(known[way]), ""] for way in sorted(known)]
    write_section(_PAGE, "equality.py", "\n".join(line for part in parts for line in part))


def _short(document: dict[str, Any]) -> dict[str, Any]:
    return {
        "counts": document["counts"],
        "reasons": _reasons(document),
        "set_aside": document["set_aside"],
        "seed": document["seed"],
    }


def _table(known: dict[str, dict[str, Any]]) -> Iterator[str]:
    yield "| notebook | equal | refused | failed | different | why not equal |"
    yield "| --- | --: | --: | --: | --: | --- |"
    total: Counter[str] = Counter()
    for name, document in sorted(known.items()):
        counts = document["counts"]
        total.update(counts)
        reasons = "; ".join(_cell(reason) for reason in document["reasons"])
        figures = " | ".join(str(counts.get(status, 0)) for status in _STATUSES)
        yield f"| {_cell(name)} | {figures} | {reasons} |"
    everything = sum(total.values()) or 1
    figures = " | ".join(f"{total[status]}" for status in _STATUSES)
    yield f"| **{everything} runs of {len(known)} notebooks** | {figures} | {total['equal'] / everything:.1%} equal |"


def _cell(text: str) -> str:
    shown = text if len(text) <= _REASONS_SHOWN else text[: _REASONS_SHOWN - 1] + "…"
    return shown.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    sys.exit(main())
