"""The front end's last stage: a notebook and its settings become a `Layout`."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from nb2pipe.diagnostics import Code, Diagnostic
from nb2pipe.frontend import values
from nb2pipe.frontend.layout import LaidCell, Layout, Role, StepLayout
from nb2pipe.frontend.notebook import SUFFIXES, Notebook, NotebookCell, read_notebook
from nb2pipe.frontend.options import merge
from nb2pipe.frontend.section import (
    Section,
    TaggedCell,
    names_steps,
    place_cells,
    tag_cells,
    unique_names,
)
from nb2pipe.frontend.settings import Settings
from nb2pipe.frontend.sources import notebook_settings, resolve_settings
from nb2pipe.ir import Cell, StepOptions

Read = Callable[[Path], tuple[Notebook | None, tuple[Diagnostic, ...]]]

_NO_SETTINGS = Settings()


def lay_out(
    notebook: Notebook, overrides: Settings = _NO_SETTINGS, *, read: Read = read_notebook
) -> tuple[Layout | None, tuple[Diagnostic, ...]]:
    """Lay out `notebook` in steps; `overrides` win over the notebook's and the project's settings.

    Included notebooks are read with `read`.

    Returns:
        The layout, None when the tags or settings are wrong, and what is to be said about them.
    """
    settings, diagnostics = resolve_settings(notebook, overrides)
    sections = _Sections(read=read, own_images=overrides.image is None)
    section = sections.lay_out(notebook).with_defaults(settings.step_options())
    found = (*diagnostics, *sections.diagnostics)
    if any(diagnostic.is_error for diagnostic in found):
        return None, found
    if not section.steps:
        return None, (
            *found,
            Diagnostic(
                code=Code.NO_CODE, span=notebook.span(), message="every code cell is skipped"
            ),
        )
    rules = tuple(dict.fromkeys((*sections.rules, *settings.rules)))
    return replace(_layout(notebook, settings, section), rules=rules), found


def _layout(notebook: Notebook, settings: Settings, section: Section) -> Layout:
    cells = tuple(
        LaidCell(
            cell=Cell(
                position=position,
                number=placed.cell.number,
                id=placed.cell.id,
                notebook=placed.notebook.path,
                source=placed.cell.source,
                step=placed.step,
                tags=placed.cell.tags,
            ),
            role=placed.role,
            span=placed.span,
            declared=placed.declared,
        )
        for position, placed in enumerate(section.cells)
    )
    positions: dict[str | None, list[int]] = {}
    for laid in cells:
        positions.setdefault(laid.cell.step, []).append(laid.cell.position)
    return Layout(
        notebook=notebook.path,
        name=settings.name or Path(notebook.path).stem,
        cells=cells,
        steps=tuple(
            StepLayout(
                name=step.name,
                span=step.span,
                cells=tuple(positions[step.name]),
                after=step.after,
                options=step.options,
            )
            for step in section.steps
        ),
        description=settings.description or "",
        experiment=settings.experiment,
        image=settings.image,
        python_version=notebook.python_version,
        store=settings.store,
        verdicts=settings.verdicts,
    )


class _Sections:
    """Lays out a notebook and, in place, those that it includes."""

    def __init__(self, *, read: Read, own_images: bool) -> None:
        self.read = read
        self.own_images = own_images
        self.diagnostics: list[Diagnostic] = []
        self.rules: list[Path] = []

    def lay_out(self, notebook: Notebook, trail: tuple[Path, ...] = ()) -> Section:
        """Return the notebook's section; `trail` are the notebooks that include it."""
        cells, diagnostics = tag_cells(notebook)
        self.diagnostics.extend(diagnostics)
        if not trail and not names_steps(cells):
            self.diagnostics.append(
                Diagnostic(
                    code=Code.NO_STEPS,
                    span=notebook.span(),
                    message="the notebook has no step tags and becomes one step",
                    hint="tag the first cell of each step with `step:NAME`",
                )
            )
        section, found = place_cells(notebook, self._with_included(notebook, cells, trail))
        self.diagnostics.extend(found)
        return section

    def _with_included(
        self, notebook: Notebook, cells: tuple[TaggedCell, ...], trail: tuple[Path, ...]
    ) -> list[TaggedCell]:
        taken = {cell.tags.step for cell in cells if cell.tags.step}
        taken.add(Role.METRICS.value)
        resolved: list[TaggedCell] = []
        for tagged in cells:
            section = None
            if tagged.tags.include is not None:
                section = self._included(notebook, tagged, (*trail, _key(notebook.path)))
            if section is not None:
                prefix = values.valid_name(Path(tagged.tags.include or "").stem)
                names = unique_names(section, prefix, taken)
                section = section.renamed(names)
                taken.update(names.values())
            resolved.append(replace(tagged, included=section))
        return resolved

    def _included(
        self, notebook: Notebook, tagged: TaggedCell, trail: tuple[Path, ...]
    ) -> Section | None:
        """Return the section of the notebook that a cell includes, None when it cannot be used."""
        path = _included_path(notebook, tagged.cell, tagged.tags.include or "")
        if _key(str(path)) in trail:
            self._bad_include(notebook, tagged, f"the notebook `{path}` includes itself")
            return None
        included, diagnostics = self.read(path)
        self.diagnostics.extend(diagnostics)
        if included is None:
            self._bad_include(notebook, tagged, f"the notebook `{path}` cannot be included")
            return None
        settings, diagnostics = notebook_settings(included)
        self.diagnostics.extend(diagnostics)
        self.rules.extend(settings.rules)
        image = StepOptions(image=settings.image if self.own_images else None)
        section = self.lay_out(included, trail)
        return section.with_defaults(merge(image, settings.step_options()))

    def _bad_include(self, notebook: Notebook, tagged: TaggedCell, message: str) -> None:
        self.diagnostics.append(
            Diagnostic(code=Code.BAD_INCLUDE, span=notebook.span(tagged.cell), message=message)
        )


def _included_path(notebook: Notebook, cell: NotebookCell, name: str) -> Path:
    """Return where the included notebook is: where Kale's panel wrote it, or named as the tag."""
    written = cell.metadata.get("notebook_path")
    relative = written if isinstance(written, str) and written else name
    if Path(relative).suffix not in SUFFIXES:
        relative += ".ipynb"
    return Path(notebook.path).parent / relative


def _key(path: str) -> Path:
    """Return what two paths of the same file have in common."""
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError, ValueError):  # a loop of links, a NUL; reading it says so
        return Path(path)
