"""Notebooks as a list of (step, source), analysed without a file."""

import pytest

from nb2pipe.analysis import Analysed, analyse
from nb2pipe.diagnostics import Diagnostic, Span
from nb2pipe.frontend.layout import LaidCell, Layout, Role, StepLayout
from nb2pipe.ir import Cell, Pipeline


def lay_out(*cells: tuple[str, str]) -> Layout:
    laid = []
    steps: dict[str, list[int]] = {}
    for position, (step, source) in enumerate(cells):
        span = Span(notebook="nb.ipynb", cell=position + 1)
        cell = Cell(
            position=position,
            number=position + 1,
            id=f"cell-{position}",
            notebook="nb.ipynb",
            source=source,
            step=step,
            tags=(f"step:{step}",),
        )
        laid.append(LaidCell(cell=cell, role=Role.STEP, span=span))
        steps.setdefault(step, []).append(position)
    return Layout(
        notebook="nb.ipynb",
        name="nb",
        cells=tuple(laid),
        steps=tuple(
            StepLayout(name=name, span=laid[positions[0]].span, cells=tuple(positions))
            for name, positions in steps.items()
        ),
    )


class Analysis:
    """What an analysis gives, with short ways to ask."""

    def __init__(self, layout: Layout) -> None:
        self.analysed: Analysed
        self.diagnostics: tuple[Diagnostic, ...]
        self.analysed, self.diagnostics = analyse(layout)
        self.pipeline = Pipeline(
            name=layout.name,
            notebook=layout.notebook,
            steps=self.analysed.steps,
            edges=self.analysed.edges,
            cells=tuple(laid.cell for laid in layout.cells),
            parameters=self.analysed.parameters,
        )

    @property
    def edges(self) -> dict[tuple[str, str], set[str]]:
        return {(e.source, e.target): set(e.variables) for e in self.analysed.edges}

    @property
    def codes(self) -> list[str]:
        return [d.code.number for d in self.diagnostics if d.is_error]

    def replayed(self, step: str) -> list[str]:
        return [op.source for op in self.pipeline.step(step).program if op.op == "replay"]


@pytest.fixture
def analysis():
    def make(*cells: tuple[str, str]) -> Analysis:
        return Analysis(lay_out(*cells))

    return make
