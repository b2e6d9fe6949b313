"""From a notebook file to a pipeline: the passes, in order, and nothing else.

    read ──▶ lay out in steps ──▶ analyse ──▶ judge what was found ──▶ Pipeline

Compiling runs no code of the notebook and touches no network.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from nb2pipe.analysis import Analysed, analyse
from nb2pipe.analysis.ignores import find_ignores
from nb2pipe.diagnostics import Diagnostic, Span
from nb2pipe.diagnostics.policy import Policy, check_policy
from nb2pipe.frontend import (
    Layout,
    Notebook,
    Settings,
    lay_out,
    parse_notebook,
    read_notebook,
)
from nb2pipe.frontend.layout import Role
from nb2pipe.ir import Pipeline

DEFAULT_IMAGE: Final = "python:{version}"
_DEFAULT_PYTHON: Final = "3.11"


@dataclass(frozen=True, slots=True, kw_only=True)
class Compilation:
    """What compiling a notebook gave.

    `pipeline` is None when there is an error; `draft` is what is known of it all the same, for those
    who show it, and None when the tags or settings allow no steps. `roles` tell what each of its
    cells is for. `spans` tell where each step is first named; `image_named` whether anybody chose the
    pipeline's image; `written_in` which cell, by position, is the last to write each variable;
    `store` the URL of a store that machines share, if the settings name one.
    Diagnostics are in notebook order, and judged by the `policy` already.
    """

    notebook: Notebook | None
    pipeline: Pipeline | None
    diagnostics: tuple[Diagnostic, ...]
    spans: Mapping[str, Span]
    image_named: bool = False
    policy: Policy = field(default_factory=Policy)
    written_in: Mapping[str, int] = field(default_factory=dict)
    draft: Pipeline | None = None
    roles: tuple[Role, ...] = ()
    store: str | None = None


def compile_pipeline(path: Path, overrides: Settings | None = None) -> Compilation:
    """Compile the notebook at `path`; `overrides` come from the command line and win."""
    return _compile(read_notebook(path), overrides)


def compile_document(
    document: Mapping[str, Any], path: Path, overrides: Settings | None = None
) -> Compilation:
    """Compile a document of format 4 as if it were the notebook at `path`."""
    return _compile(parse_notebook(json.dumps(document), name=str(path)), overrides)


def _compile(
    read: tuple[Notebook | None, tuple[Diagnostic, ...]], overrides: Settings | None
) -> Compilation:
    notebook, diagnostics = read
    if notebook is None:
        return _failed(None, diagnostics)
    layout, found = lay_out(notebook, overrides or Settings())
    diagnostics = (*diagnostics, *found)
    if layout is None:
        return _failed(notebook, diagnostics)
    analysed, found = analyse(layout)
    policy, diagnostics = _judge(layout, (*diagnostics, *found))
    failed = any(diagnostic.is_error for diagnostic in diagnostics)
    draft = _pipeline(layout, analysed)
    return Compilation(
        notebook=notebook,
        pipeline=None if failed else draft,
        diagnostics=diagnostics,
        spans={step.name: step.span for step in layout.steps},
        image_named=layout.image is not None,
        policy=policy,
        written_in=analysed.written_in,
        draft=draft,
        roles=tuple(laid.role for laid in layout.cells),
        store=layout.store,
    )


def _judge(
    layout: Layout, diagnostics: tuple[Diagnostic, ...]
) -> tuple[Policy, tuple[Diagnostic, ...]]:
    """Return what the user wants of diagnostics, and those that are left, in notebook order."""
    ignores, wrong = find_ignores((laid.span, laid.cell.source) for laid in layout.cells)
    policy = Policy(verdicts=layout.verdicts, ignores=ignores)
    diagnostics = (*diagnostics, *wrong, *check_policy(policy, diagnostics))
    return policy, _in_order(layout, policy.judge(diagnostics))


def _failed(notebook: Notebook | None, diagnostics: tuple[Diagnostic, ...]) -> Compilation:
    return Compilation(notebook=notebook, pipeline=None, diagnostics=diagnostics, spans={})


def _pipeline(layout: Layout, analysed: Analysed) -> Pipeline:
    return Pipeline(
        name=layout.name,
        notebook=layout.notebook,
        description=layout.description,
        experiment=layout.experiment,
        image=layout.image or _default_image(layout.python_version),
        steps=analysed.steps,
        edges=analysed.edges,
        cells=tuple(laid.cell for laid in layout.cells),
        parameters=analysed.parameters,
    )


def _default_image(python_version: str | None) -> str:
    """Return the plain image of the Python that the notebook was written for."""
    parts = (python_version or _DEFAULT_PYTHON).split(".")
    known = len(parts) > 1 and parts[0] == "3" and parts[1].isdigit()
    return DEFAULT_IMAGE.format(version=".".join(parts[:2]) if known else _DEFAULT_PYTHON)


def _in_order(layout: Layout, diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Sort by cell and line; what is about the whole notebook comes first."""
    positions = {
        (laid.cell.notebook, laid.cell.number): laid.cell.position for laid in layout.cells
    }

    def place(diagnostic: Diagnostic) -> tuple[int, int, int, str]:
        span = diagnostic.span
        position = positions.get((span.notebook, span.cell or 0), -1)
        return position, span.line or 0, span.column or 0, diagnostic.code.number

    return tuple(dict.fromkeys(sorted(diagnostics, key=place)))
