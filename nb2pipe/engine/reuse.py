"""Steps that need not run again: their results are found by what they were made of."""

import ast
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from nb2pipe.engine.folder import RunFolder, write_json
from nb2pipe.engine.index import Index, Record
from nb2pipe.engine.keys import ENVIRONMENT, digest, key_of, shared_environment, step_parts
from nb2pipe.engine.results import StepResult, StepStatus, read_step_result
from nb2pipe.engine.shared import SharedStore
from nb2pipe.engine.store import Store, digest_of
from nb2pipe.ir import ArtifactKind, Json, Pipeline, Step

_DOCUMENTS = ("result.json", "report.html", "metrics.json", "log.txt")
_LONGEST_PATH = 1000
_THERE = "there"
"""Stands for the content of a file that is handed on: who needs it gets it from the store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the results of a step depend on, and the cells that it runs: positions, numbers and counts."""

    key: str
    parts: Mapping[str, str]
    sources: Mapping[str, str]
    cells: tuple[tuple[int, int, int], ...]


class Reuse:
    """Finds and keeps the results of steps, in the folder `.nb2pipe` of a run."""

    def __init__(
        self,
        pipeline: Pipeline,
        folder: RunFolder,
        directory: Path,
        values: Mapping[str, Json],
        python: str,
        shared: SharedStore,
    ) -> None:
        root = folder.path.parent.parent
        self._pipeline = pipeline
        self._folder = folder
        self._directory = directory
        self._values = values
        self._python = python
        self._shared = shared
        self._store = Store(root / "store")
        self._index = Index(root / "index.sqlite")
        self._digests: dict[tuple[str, str], str] = {}
        self._known: dict[str, _Known] = {}
        self._files: dict[str, dict[str, str | None]] = {}

    def close(self, *, wait: bool = True) -> None:
        """Close the index; `wait` for what is being put into the shared store."""
        self._index.close()
        self._shared.close(wait=wait)

    def latest(self, step: Step) -> Record | None:
        """Return the last results of the step, whatever it was made of."""
        return self._index.latest(self._pipeline.notebook, step.name)

    def find(
        self,
        step: Step,
        manifest: Mapping[str, Any],
        sources: Sequence[str],
        *,
        again: str | None = None,
    ) -> tuple[StepResult | None, tuple[str, ...]]:
        """Put the results of an earlier run in place, if they hold for `step` as it is now.

        `manifest` and `sources` are what `manifest_of` gives for it; `again` says why it is to run in any
        case. Returns the result and why it holds, or None and why not.
        """
        known = self._known[step.name] = self._look_at(step, manifest, sources)
        if again is not None:
            return None, (again,)
        own = self._index.find(known.key)
        record = own or self._shared.find(self._shared_key(known))
        if record is None:
            return None, tuple(_changes(self.latest(step), known))
        changed = [path for path, was in record.files.items() if self._file(path, was) != was]
        if changed:
            return None, tuple(f"the file `{path}` changed" for path in changed)
        result = self._restore(step, record, known)
        if result is None:
            self._index.drop(known.key)
            return None, ("its stored results are not there any more",)
        if own is None:
            record = replace(record, parts=known.parts)
            self._index.keep(known.key, self._pipeline.notebook, step.name, record)
            return result, (f"nothing that it depends on is other than in `{self._shared.name}`",)
        self._share(known, record, anew=False)
        return result, ("nothing that it depends on changed",)

    def note(self, result: StepResult) -> None:
        """Note what a step that succeeded hands on: the steps after it depend on that."""
        for key, output in result.outputs.items():
            self._digests[result.step, key] = output["digest"]

    def note_files(self, step: Step, result: StepResult) -> None:
        """Note the files that a step that succeeded used, as they are before another step begins."""
        self._files[step.name] = dict(self._used_files(step, result))

    def keep(self, step: Step, result: StepResult) -> None:
        """Take the artifacts of a step whose files were noted into the store, and note its results.

        Raises:
            OSError: the store cannot be written.
        """
        files = self._folder.step(step.name)
        outputs = {key: output["digest"] for key, output in result.outputs.items()}
        for key, value in outputs.items():
            self._store.adopt(files.artifact(key), value)
        documents = {}
        for name in _DOCUMENTS:
            if (files.path / name).exists():
                documents[name] = digest_of(files.path / name)
                self._store.adopt(files.path / name, documents[name])
        known = self._known[step.name]
        record = Record(
            run=self._folder.id,
            parts=known.parts,
            sources=known.sources,
            outputs=outputs,
            documents=documents,
            files=self._files.pop(step.name),
            cells=known.cells,
            peak=result.peak,
        )
        self._index.keep(known.key, self._pipeline.notebook, step.name, record)
        self._share(known, record, anew=True)

    def forget(self, step: str, output: str) -> None:
        """Remove an artifact that is damaged, so that the next run makes it again."""
        value = self._digests.get((step, output))
        if value is not None:
            self._store.forget(value)

    # --- keys

    def _look_at(self, step: Step, manifest: Mapping[str, Any], sources: Sequence[str]) -> _Known:
        inputs = {port.key: self._digests.get((port.step, port.output), "") for port in step.inputs}
        parts = step_parts(
            self._pipeline,
            step,
            manifest,
            sources,
            values=self._values,
            inputs=inputs,
            python=self._python,
        )
        runs = [operation for operation in manifest["program"] if operation["op"] == "run"]
        own = [self._pipeline.cells[operation["cell"]] for operation in runs]
        return _Known(
            key=key_of(parts),
            parts=parts,
            sources={cell.id: cell.source for cell in own},
            cells=tuple((o["cell"], o["number"], o["count"]) for o in runs),
        )

    # --- files

    def _used_files(self, step: Step, result: StepResult) -> Iterator[tuple[str, str | None]]:
        """Yield the files and folders that a step used, as they are now."""
        guard = result.guard or {}
        handed_on = {
            name for out in step.outputs if out.kind is ArtifactKind.FILES for name in out.names
        }
        used = guard.get("files") or {}
        for path in used:
            was = _THERE if path in handed_on else None
            yield path, self._file(path, was)
        for path in [*(guard.get("reads") or ()), *_texts(self._known[step.name].sources.values())]:
            # A text need not be a path that a file could have.
            if path not in used and os.path.isfile(self._place(path)):  # noqa: PTH113
                yield path, self._file(path)
        for path in guard.get("lists") or ():
            yield f"{path}/", self._file(f"{path}/")

    def _place(self, path: str) -> Path:
        return self._directory / path

    def _file(self, path: str, was: str | None = None) -> str | None:
        """Return the digest of a file, or of what a folder holds; None if it is not there."""
        place = self._place(path)
        try:
            if path.endswith("/"):
                return digest(sorted(p.name for p in place.iterdir() if p.name[0] != "."))
            if was == _THERE:
                return _THERE if place.exists() else None
            found = place.stat()
            stamp = f"{found.st_size} {found.st_mtime_ns} {found.st_ino} {found.st_ctime_ns}"
            known = self._index.digest_of_file(place, stamp)
            if known is None:
                known = digest_of(place)
                self._index.keep_digest_of_file(place, stamp, known)
        except (OSError, ValueError):
            return None
        return known

    # --- the store that is shared

    def _shared_key(self, known: _Known) -> str:
        """Return what the results are found by on every machine."""
        if not self._shared.is_used:
            return ""
        return key_of({**known.parts, ENVIRONMENT: shared_environment(self._python)})

    def _share(self, known: _Known, record: Record, *, anew: bool) -> None:
        digests = (*record.outputs.values(), *record.documents.values())
        objects = {digest: self._store.object(digest) for digest in digests}
        self._shared.put(self._shared_key(known), record, objects, anew=anew)

    def _place_object(self, digest: str, path: Path) -> bool:
        """Let `path` be the content with this digest; return whether any store has it."""
        if self._store.place(digest, path):
            return True
        fetched = self._shared.fetch(digest, self._store.object(digest))
        return fetched and self._store.place(digest, path)

    # --- results

    def _restore(self, step: Step, record: Record, known: _Known) -> StepResult | None:
        files = self._folder.step(step.name)
        places = {key: files.artifact(key) for key in record.outputs}
        for key, value in record.outputs.items():
            if not self._place_object(value, places[key]):
                return None
        for name, value in record.documents.items():
            place = files.path / name
            if not self._place_object(value, place):
                return None
            if digest_of(place) != value:  # what it displayed would not be what it was
                self._store.forget(value)
                return None
        result = read_step_result(files.result)
        if result is not None and (result.step, record.cells) != (step.name, known.cells):
            moved = _move(files.result, step.name, record, known)
            result = read_step_result(files.result) if moved else None
        if result is None or result.status is not StepStatus.SUCCEEDED:
            return None
        self._digests |= {(step.name, key): value for key, value in record.outputs.items()}
        return replace(
            result,
            log=files.log if files.log.exists() else None,
            reused=record.run,
            peak=record.peak,
        )


def _move(path: Path, step: str, record: Record, known: _Known) -> bool:
    """Write what the step is called and where its cells stand now; return whether that is all that must change."""
    document = json.loads(path.read_text(encoding="utf-8"))
    text = json.dumps([cell.get("outputs") for cell in document["cells"]])
    moved: dict[int, int] = {}
    for cell, old, new in zip(document["cells"], record.cells, known.cells, strict=True):
        if old[1] != new[1] and f" cell {old[1]}" in text:  # a warning shows it
            return False
        moved[old[0]] = cell["cell"] = new[0]
        cell["count"] = new[2]
        for output in cell.get("outputs") or ():
            if "execution_count" in output:
                output["execution_count"] = new[2]
    for places in (document.get("guard") or {}).get("files", {}).values():
        places[:] = [moved.get(place, place) for place in places]
    document["step"] = step
    write_json(path, document)
    return True


def _texts(sources: Iterable[str]) -> Iterator[str]:
    """Yield the texts in code that may be paths: libraries in C open files unseen."""
    for source in sources:
        try:
            nodes = ast.walk(ast.parse(source))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value
                if 0 < len(text) < _LONGEST_PATH and "\0" not in text and "\n" not in text:
                    yield text


def _changes(record: Record | None, known: _Known) -> Iterator[str]:
    """Yield what is not as it was when a step last ran."""
    if record is None:
        yield "it has not run before"
        return
    numbers = dict(zip(known.sources, (number for _, number, _ in known.cells), strict=True))
    names = {**record.parts, **known.parts}
    changed = [name for name in names if record.parts.get(name) != known.parts.get(name)]
    for name in changed:
        kind, _, cell = name.partition(" ")
        if kind == "cell" and cell in numbers:
            line = _first_change(record.sources.get(cell), known.sources[cell])
            yield f"cell {numbers[cell]} " + (f"line {line} changed" if line else "is new here")
        elif kind == "cell":
            yield "a cell is gone"
        elif kind == "operation":
            yield "code or a value of an earlier cell that it uses changed"
        else:
            yield f"{name} changed"
    if not changed:
        yield "the order of its code changed"


def _first_change(before: str | None, now: str) -> int | None:
    """Return the first line of a cell that is not as it was; None for a new cell."""
    if before is None:
        return None
    old, new = before.split("\n"), now.split("\n")
    for number, line in enumerate(new, 1):
        if number > len(old) or old[number - 1] != line:
            return number
    return len(new)
