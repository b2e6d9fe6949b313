"""Writing a variable that a run has stored as a file of an open format."""

import json
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Final

from nb2pipe.diagnostics import Code, CompileError, Diagnostic, Span
from nb2pipe.engine.history import PastRun
from nb2pipe.frontend.values import did_you_mean

_GROUP: Final = "nb2pipe.codecs"
_PACKAGE: Final = Path(__file__).parents[1]
_PROGRAM: Final = _PACKAGE / "codecs" / "export.py"


def format_names() -> tuple[str, ...]:
    """Return the names of the formats that are installed, sorted."""
    return tuple(sorted({entry.name for entry in entry_points(group=_GROUP)}))


def export_variable(
    run: PastRun, step: str, name: str, *, path: Path, form: str, inexact: bool = False
) -> str:
    """Write the variable `name`, as `step` stored it, to `path`; return what is not the same in the file.

    Args:
        run: a run that has the step.
        step: its name.
        name: the variable.
        path: the file to write; it is written whole or not at all.
        form: the name of a format.
        inexact: write it also when something gets lost. Otherwise nothing does, and the text is empty.

    Raises:
        CompileError: NB512, NB515 or NB516: there is no such step, variable or format, or the format
            cannot hold the value as it is.
        OSError: `path` cannot be written.
    """
    artifact = _artifact_of(run, step, name)
    codec = _codec(run, form)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    order = {
        "package": str(_PACKAGE),
        "artifact": str(artifact),
        "name": name,
        "codec": codec.value,
    }
    try:
        stage, problem = _ask(run, {**order, "target": str(draft)})
        if problem and not (inexact and stage == "compare"):
            raise _cannot_export(run, name, form, stage, problem)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    return problem


def _artifact_of(run: PastRun, step: str, name: str) -> Path:
    """Return the file of the last version of a variable that the step stored."""
    artifacts = run.step(step)["artifacts"]
    keys = [key for key, artifact in artifacts.items() if name in artifact["names"]]
    if not keys:
        known = sorted({name for artifact in artifacts.values() for name in artifact["names"]})
        raise _no_such_variable(run, step, name, known)
    return run.folder.step(step).artifact(keys[-1])


def _codec(run: PastRun, form: str) -> EntryPoint:
    for entry in entry_points(group=_GROUP, name=form):
        return entry
    known = format_names()
    hint = did_you_mean(form, known) or f"there are {_listing(known)}"
    raise _error(run, Code.CANNOT_EXPORT, f"there is no format `{form}`", hint)


def _ask(run: PastRun, order: Mapping[str, str]) -> tuple[str, str]:
    """Have the Python that ran the notebook do it; return how far it came, and the problem."""
    python = run.document["python"] or sys.executable
    with tempfile.TemporaryDirectory(prefix="nb2pipe-") as folder:
        answer = Path(folder) / "answer.json"
        words = [
            python,
            "-c",
            _PROGRAM.read_text("utf-8"),
            json.dumps({**order, "answer": str(answer)}),
        ]
        try:
            done = subprocess.run(  # noqa: S603 -- it ran the notebook
                words, cwd=run.directory, capture_output=True, text=True, check=False
            )
            found = json.loads(answer.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            gone = error.filename == python
            return "start", f"`{python}` is gone" if gone else done.stderr.strip()[-500:]
    return found["stage"], found["problem"]


# --- what is wrong


def _cannot_export(run: PastRun, name: str, form: str, stage: str, problem: str) -> CompileError:
    exact = f"the variable is stored exactly in any case: `nb2pipe debug {run.id} STEP` has it"
    message, hint = {
        "load": (
            f"`{name}` cannot be loaded alone: {problem}",
            "what needs classes of the notebook is there in a notebook of `nb2pipe debug`",
        ),
        "compare": (
            f"`{name}` would not come back from `{form}` as it is: {problem}",
            "`--inexact` writes it all the same",
        ),
    }.get(stage, (f"`{name}` cannot be written as `{form}`: {problem}", exact))
    return _error(run, Code.CANNOT_EXPORT, message, hint)


def _no_such_variable(run: PastRun, step: str, name: str, known: list[str]) -> CompileError:
    message = f"step `{step}` of run `{run.id}` has stored no variable `{name}`"
    stored = f"it has stored {_listing(known)}" if known else "it has stored none"
    hint = did_you_mean(name, known) or f"{stored}: a step stores what later steps use"
    return _error(run, Code.NO_SUCH_VARIABLE, message, hint)


def _error(run: PastRun, code: Code, message: str, hint: str) -> CompileError:
    span = Span(notebook=str(run.notebook))
    return CompileError([Diagnostic(code=code, span=span, message=message, hint=hint)])


def _listing(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in words)
