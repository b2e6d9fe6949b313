"""The Python interface: `load`, `check`, `compile_notebook` and `run`.

```python
import nb2pipe

for diagnostic in nb2pipe.check("train.ipynb"):
    print(diagnostic.code.number, diagnostic.span, diagnostic.message)
nb2pipe.compile_notebook("train.ipynb", output="train.pipeline.yaml")
nb2pipe.run("train.ipynb", parameters={"n": 5}, output="executed.ipynb")
```

A notebook that has errors raises `CompileError`, which carries all diagnostics. Nothing prints.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nb2pipe.compiler import Compilation, compile_pipeline
from nb2pipe.diagnostics import Code, CompileError, Diagnostic, Severity, Span
from nb2pipe.frontend import Settings
from nb2pipe.frontend.settings import parse_settings
from nb2pipe.frontend.values import did_you_mean
from nb2pipe.ir import Pipeline

if TYPE_CHECKING:
    from nb2pipe.engine import Observer, RunOptions, RunResult
    from nb2pipe.engine.history import PastRun

_NOTEBOOK = ".ipynb"
_REPORTED_LINES = 2000

AnyPath = str | os.PathLike[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CompiledNotebook:
    """A notebook compiled for a target.

    `files` are texts by file name, the main one first; `written` is where they went, empty when
    no output was asked for. `diagnostics` holds no errors, those are raised.
    """

    pipeline: Pipeline
    files: Mapping[str, str]
    diagnostics: tuple[Diagnostic, ...] = ()
    written: tuple[Path, ...] = ()


def load(path: AnyPath) -> Pipeline:
    """Return the pipeline that the notebook at `path` describes.

    Raises:
        CompileError: the notebook has errors.
    """
    return _pipeline_of(compile_pipeline(Path(path), Settings()))


def check(paths: AnyPath | Iterable[AnyPath]) -> tuple[Diagnostic, ...]:
    """Return everything that there is to say about one notebook or several; nothing is written."""
    several = [paths] if isinstance(paths, (str, os.PathLike)) else list(paths)
    return tuple(
        diagnostic
        for path in several
        for diagnostic in compile_pipeline(Path(path), Settings()).diagnostics
    )


def compile_notebook(
    path: AnyPath,
    *,
    target: str = "kfp",
    output: AnyPath | None = None,
    image: str | None = None,
    name: str | None = None,
    strict: bool = False,
) -> CompiledNotebook:
    """Compile the notebook at `path` for a target.

    Args:
        path: the notebook.
        target: the name of an installed backend.
        output: the file to write, or a folder to write into; None to write nothing.
        image: the container image of steps that name none.
        name: the name of the pipeline; None for the notebook's own.
        strict: treat warnings as errors.

    Raises:
        CompileError: the notebook has errors, there is no such target, or the output cannot be
            written.
    """
    compilation = compile_pipeline(Path(path), overrides(Path(path), image=image, name=name))
    compiled = emit(compilation, target)
    if any(fails(diagnostic, strict=strict) for diagnostic in compiled.diagnostics):
        raise CompileError(compiled.diagnostics)
    if output is None:
        return compiled
    return write(compiled, Path(path), Path(output))


def run(
    path: AnyPath,
    *,
    parameters: Mapping[str, Any] | None = None,
    output: AnyPath | None = None,
    options: "RunOptions | None" = None,
    observer: "Observer | None" = None,
) -> "RunResult":
    """Run the notebook at `path` as a pipeline, on this machine.

    Args:
        path: the notebook.
        parameters: values of pipeline parameters by name; the others have their defaults.
        output: where to write the executed notebook; it is in the run's folder in any case.
        options: how to run, such as `nb2pipe.RunOptions(workers=2)`; None for the defaults.
        observer: hears what happens while it happens.

    Returns:
        The result. A step that failed is in its diagnostics, not raised.

    Raises:
        CompileError: the notebook has errors, a parameter is unknown or of the wrong type, or the
            output cannot be written.
    """
    from nb2pipe.engine import check_parameters  # noqa: PLC0415 -- `check` needs none of it

    compilation = compile_pipeline(Path(path), Settings())
    pipeline = _pipeline_of(compilation)
    values, problems = check_parameters(pipeline, parameters or {})
    if problems:
        raise CompileError(problems)
    return run_compiled(
        compilation,
        Path(path),
        values=values,
        output=None if output is None else Path(output),
        options=options,
        observer=observer,
    )


# --- what the command line does in between


def overrides(path: Path, *, image: str | None, name: str | None) -> Settings:
    """Return settings that win over those of the notebook at `path`; None leaves one as it is.

    Raises:
        CompileError: NB008, a value is wrong.
    """
    given = {"image": image, "name": name}
    settings, problems = parse_settings(
        {key: value for key, value in given.items() if value is not None},
        Span(notebook=str(path)),
        "the command line",
    )
    if problems:
        raise CompileError(problems)
    return settings


def fails(diagnostic: Diagnostic, *, strict: bool) -> bool:
    """Return whether the diagnostic stops a compilation; `strict` makes warnings do so."""
    return diagnostic.is_error or (strict and diagnostic.severity is Severity.WARNING)


def emit(compilation: Compilation, target: str) -> CompiledNotebook:
    """Return the compiled notebook's files for `target`, with all diagnostics.

    Raises:
        CompileError: the notebook has errors, or there is no such target.
    """
    from nb2pipe.backends.base import check_image, check_target  # noqa: PLC0415 -- `check` needs none of it
    from nb2pipe.backends.registry import find_backend  # noqa: PLC0415 -- `check` needs none of it

    pipeline = _pipeline_of(compilation)
    backend = find_backend(target, notebook=pipeline.notebook)
    files = backend.emit(pipeline)
    spans = compilation.spans
    return CompiledNotebook(
        pipeline=pipeline,
        files=files,
        diagnostics=(
            *compilation.diagnostics,
            *compilation.policy.judge(
                (
                    *check_image(pipeline, spans, named=compilation.image_named),
                    *check_target(backend, pipeline, files, spans),
                )
            ),
        ),
    )


def write(compiled: CompiledNotebook, notebook: Path, output: Path) -> CompiledNotebook:
    """Write the files of a compiled notebook and return it with their paths.

    Args:
        compiled: what to write.
        notebook: where the notebook is.
        output: a folder that exists, or the name of the main file.

    Raises:
        CompileError: NB507, a file cannot be written.
    """
    if output.suffix == _NOTEBOOK and output.exists() and not output.samefile(notebook):
        raise cannot_write(output, "it is a notebook", notebook)
    main, *others = compiled.files
    folder, main_path = output.parent, output
    if output.is_dir():
        folder, main_path = output, output / main
    paths = (main_path, *(folder / other for other in others))
    for path, text in zip(paths, compiled.files.values(), strict=True):
        write_output(path, text, notebook=notebook)
    return CompiledNotebook(
        pipeline=compiled.pipeline,
        files=compiled.files,
        diagnostics=compiled.diagnostics,
        written=paths,
    )


def run_compiled(
    compilation: Compilation,
    path: Path,
    *,
    values: Mapping[str, Any],
    output: Path | None,
    options: "RunOptions | None",
    observer: "Observer | None",
) -> "RunResult":
    """Run a compiled notebook with checked parameter values; see `run`.

    Raises:
        CompileError: the notebook has errors, or the output cannot be written.
    """
    from nb2pipe.engine import RunOptions, run_pipeline  # noqa: PLC0415 -- `check` needs none of it

    pipeline = _pipeline_of(compilation)
    options = options or RunOptions()
    _check_steps(pipeline, [options.start, options.only])
    if options.store is None:
        options = replace(options, store=compilation.store)
    assert compilation.notebook is not None  # noqa: S101 -- there is a pipeline
    if output is not None:
        check_output(output, notebook=path)
    result = run_pipeline(
        pipeline,
        notebook_document=compilation.notebook.document,
        directory=path.parent,
        parameters=values,
        options=options,
        observer=observer,
    )
    if output is not None:
        text = json.dumps(result.notebook, indent=1, ensure_ascii=False) + "\n"
        write_output(output, text, notebook=path)
    return result


def report_page(run: "PastRun") -> str:
    """Return a run as one HTML page.

    Raises:
        CompileError: NB511, its pipeline cannot be read.
    """
    from nb2pipe.engine.past_step import log_tail  # noqa: PLC0415 -- `check` needs none of it
    from nb2pipe.reporting.run_report import render_run_report  # noqa: PLC0415 -- as above

    pipeline = run.pipeline()
    logs = {
        step.name: log_tail(run.folder.step(step.name).log, _REPORTED_LINES)
        for step in pipeline.steps
    }
    return render_run_report(run.to_json(), pipeline, run.executed_notebook(), logs)


def _check_steps(pipeline: Pipeline, names: Iterable[str | None]) -> None:
    known = [step.name for step in pipeline.steps]
    problems = [
        Diagnostic(
            code=Code.NO_SUCH_STEP,
            span=Span(notebook=pipeline.notebook),
            message=f"there is no step `{name}`",
            hint=did_you_mean(name, known) or f"the steps are {', '.join(f'`{n}`' for n in known)}",
        )
        for name in names
        if name is not None and name not in known
    ]
    if problems:
        raise CompileError(problems)


def check_output(path: Path, *, notebook: Path) -> None:
    """Make sure, before anything long begins, that `path` can become an output file.

    Raises:
        CompileError: NB507, it cannot.
    """
    problem = None
    if path.exists() and notebook.exists() and path.samefile(notebook):
        problem = "it is the notebook itself"
    elif path.is_dir():
        problem = "it is a folder"
    elif not path.parent.is_dir():
        problem = f"there is no folder `{path.parent}`"
    elif not os.access(path if path.exists() else path.parent, os.W_OK):
        problem = "permission denied"
    if problem:
        raise cannot_write(path, problem, notebook)


def write_output(path: Path, text: str, *, notebook: Path) -> None:
    """Write an output file whole or not at all, and never over the notebook.

    Raises:
        CompileError: NB507, it cannot be written.
    """
    from nb2pipe.engine.folder import write_text  # noqa: PLC0415 -- `check` needs none of it

    check_output(path, notebook=notebook)
    try:
        if path.exists() and not path.is_file():
            # A pipe or a device: there is nothing to replace.
            path.write_text(text, encoding="utf-8")
        else:
            write_text(path.resolve(), text)
    except OSError as error:
        raise cannot_write(path, error.strerror or str(error), notebook) from error


def _pipeline_of(compilation: Compilation) -> Pipeline:
    if compilation.pipeline is None:
        raise CompileError(compilation.diagnostics)
    return compilation.pipeline


def cannot_write(path: Path, problem: str, notebook: Path) -> CompileError:
    """Return the error NB507 for an output file of `notebook`."""
    return CompileError(
        [
            Diagnostic(
                code=Code.CANNOT_WRITE,
                span=Span(notebook=str(notebook)),
                message=f"`{path}` cannot be written: {problem}",
                hint="name another file with `-o`",
            )
        ]
    )
