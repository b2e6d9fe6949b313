"""The folder of a run: `.nb2pipe/runs/<id>/` beside the notebook.

```text
.nb2pipe/.gitignore           "*"
.nb2pipe/runs/<id>/
    pipeline.json             the pipeline, as `Pipeline.to_json` gives it
    result.json               how the run ended; absent while it runs
    executed.ipynb            the executed notebook
    steps/<step>/
        manifest.json  ports.json  result.json  report.html  log.txt  artifacts/<key>
        tries/<number>/       the result, the log and the files of a try that failed, when there was another
```
"""

import contextlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class StepFolder:
    """Where one step of one run keeps its files."""

    path: Path

    @property
    def manifest(self) -> Path:
        """What the step shall do."""
        return self.path / "manifest.json"

    @property
    def ports(self) -> Path:
        """Where the step's inputs and outputs are."""
        return self.path / "ports.json"

    @property
    def result(self) -> Path:
        """What the runtime reports at the end."""
        return self.path / "result.json"

    @property
    def report(self) -> Path:
        """The executed cells as a page."""
        return self.path / "report.html"

    @property
    def metrics(self) -> Path:
        """The step's metrics."""
        return self.path / "metrics.json"

    @property
    def log(self) -> Path:
        """Everything that the step printed."""
        return self.path / "log.txt"

    @property
    def undo(self) -> Path:
        """What the step changes, and how that was before; there while the step may be tried again."""
        return self.path / "undo"

    def tried(self, number: int) -> Path:
        """The folder of what a try that failed, counted from 1, left behind."""
        return self.path / "tries" / str(number)

    @property
    def artifacts(self) -> Path:
        """The folder of the artifacts that the step makes."""
        return self.path / "artifacts"

    def artifact(self, key: str) -> Path:
        """The file of an artifact that the step makes."""
        return self.artifacts / _file_name(key)


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Where a run keeps its files."""

    path: Path

    @property
    def id(self) -> str:
        """The name of the run: unique, and later runs sort after earlier ones."""
        return self.path.name

    @property
    def pipeline(self) -> Path:
        """The pipeline that runs."""
        return self.path / "pipeline.json"

    @property
    def result(self) -> Path:
        """How the run ended."""
        return self.path / "result.json"

    @property
    def notebook(self) -> Path:
        """The executed notebook."""
        return self.path / "executed.ipynb"

    def step(self, name: str) -> StepFolder:
        """The folder of the step called `name`."""
        return StepFolder(self.path / "steps" / _file_name(name))


def create_run_folder(directory: Path, pipeline: Any) -> RunFolder:
    """Make the folder of a new run in `directory`, with the document of its pipeline.

    Raises:
        OSError: it cannot be made.
    """
    root = directory.resolve() / ".nb2pipe"
    root.mkdir(exist_ok=True)
    ignore = root / ".gitignore"
    if not ignore.exists():
        write_text(ignore, "*\n")
    runs = root / "runs"
    runs.mkdir(exist_ok=True)
    while True:
        path = runs / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{secrets.token_hex(2)}"
        try:
            path.mkdir()
        except FileExistsError:
            continue
        folder = RunFolder(path)
        try:
            write_json(folder.pipeline, pipeline)
        except OSError:
            shutil.rmtree(path, ignore_errors=True)
            raise
        return folder


def write_text(path: Path, text: str) -> None:
    """Write a file so that nobody ever sees a part of it.

    Raises:
        OSError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}-{secrets.token_hex(4)}")
    try:
        # UTF-8 has no lone surrogates; what they are replaced with is their escape in JSON.
        draft.write_text(text, encoding="utf-8", errors="backslashreplace")
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def write_json(path: Path, document: Any) -> None:
    """Write a JSON file so that nobody ever sees a part of it.

    Raises:
        OSError: it cannot be written.
    """
    write_text(path, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def read_object(path: Path) -> dict[str, Any]:
    """Return the JSON object in a file; an empty one when there is none."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return document if isinstance(document, dict) else {}


def files_below(folder: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Yield the files in a folder and in those below, each with its state; links are no files."""
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):  # it went away
            if path.is_file() and not path.is_symlink():
                yield path, path.lstat()


def _file_name(name: str) -> str:
    """Return `name` as the name of one file, whatever characters it has."""
    return quote(name, safe=" +,=@") if name.strip(".") else name.replace(".", "%2E")
