"""What the cells do and what flows between them: syntax, facts, versions, links, programs."""

import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from nb2pipe.analysis.checks import check_all
from nb2pipe.analysis.extras import needed_extras
from nb2pipe.analysis.facts import StatementFacts
from nb2pipe.analysis.findings import Analysis
from nb2pipe.analysis.graph import order_steps
from nb2pipe.analysis.imports import mentioned_packages
from nb2pipe.analysis.interpret import interpret
from nb2pipe.analysis.knowledge import Knowledge
from nb2pipe.analysis.link import Linker
from nb2pipe.analysis.local_modules import describe_modules
from nb2pipe.analysis.parameters import find_parameters
from nb2pipe.analysis.preamble import preamble_cells
from nb2pipe.analysis.program import build_program
from nb2pipe.analysis.rule_files import read_rules
from nb2pipe.analysis.syntax import ParsedCell, parse_cell, parse_cells
from nb2pipe.analysis.versions import trace
from nb2pipe.diagnostics import Code, Diagnostic, Span
from nb2pipe.frontend.layout import LaidCell, Layout, Role
from nb2pipe.frontend.modules import Module, read_modules, written_modules
from nb2pipe.ir import Cell, Edge, Parameter, Step


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysed:
    """What the analysis adds to a layout: steps with programs, in execution order, and their edges.

    `written_in` tells which cell, by position, is the last to write each variable, if its step gets what it changes.
    """

    steps: tuple[Step, ...]
    edges: tuple[Edge, ...]
    parameters: tuple[Parameter, ...]
    written_in: Mapping[str, int]


def analyse(layout: Layout) -> tuple[Analysed, tuple[Diagnostic, ...]]:
    """Analyse a notebook that is laid out in steps; nothing of it is run."""
    cells, diagnostics = parse_cells(layout.cells)
    parameters, found = find_parameters(cells)
    knowledge, problems = read_rules(layout.rules)
    knowledge, modules = with_local_modules(Path(layout.notebook).parent, cells, knowledge)
    interpretation = interpret(cells, knowledge=knowledge, parameters=parameters.names)
    history = trace(interpretation, parameters.by_cell, preamble_cells(layout, interpretation))
    linker = Linker(layout, interpretation, history)
    linker.link()
    sources = {parsed.laid.cell.position: parsed.text for parsed in cells}
    program, conflicts = build_program(layout, linker, parameters, sources, modules)
    steps, cycles = order_steps(layout, program.steps, program.edges)
    analysis = Analysis(
        layout=layout,
        cells=cells,
        interpretation=interpretation,
        parameters=parameters,
        history=history,
        linker=linker,
        program=program,
    )
    trees = (*(cell.tree for cell in cells), *(module.tree for module in modules.values()))
    packages = mentioned_packages(trees)
    texts = [*(cell.text for cell in cells), *(module.text for module in modules.values())]
    extras = needed_extras(packages, texts)
    steps = tuple(replace(step, extras=extras) for step in steps)
    analysed = Analysed(
        steps=steps,
        edges=program.edges,
        parameters=parameters.parameters,
        written_in={
            name: version.cell
            for name, version in history.last.items()
            if not (version.hidden or version.names_options) and linker.is_whole(version)
        },
    )
    everything = (*problems, *diagnostics, *found, *conflicts, *cycles, *check_all(analysis))
    return analysed, _without_consequences(everything)


_WRITES: Final = re.compile(r"open\(|write|>")


def with_local_modules(
    folder: Path, cells: Sequence[ParsedCell], knowledge: Knowledge
) -> tuple[Knowledge, Mapping[str, Module]]:
    """Return what is known with the modules in the notebook's folder, or in cells that write them, and the modules.

    A file that a cell writes in another way may hold anything. One that is fetched where it is missing is the one
    that is there.
    """
    texts = [cell.text for cell in cells if _WRITES.search(cell.text)]
    written = written_modules(cell.laid.cell.source for cell in cells)
    modules = read_modules(
        folder,
        (cell.tree for cell in cells),
        written,
        is_known=lambda name: (
            knowledge.trusts(name)
            or name in sys.stdlib_module_names
            or (name not in written and any(f"{name}.py" in text for text in texts))
        ),
    )
    return describe_modules(modules, [cell.tree for cell in cells], knowledge), modules


def _without_consequences(diagnostics: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """Leave out what only follows from an error: a step seems unused when a name is misspelt."""
    if not any(diagnostic.is_error for diagnostic in diagnostics):
        return diagnostics
    return tuple(found for found in diagnostics if found.code is not Code.UNUSED_STEP)


def interpret_source(source: str) -> tuple[StatementFacts, ...]:
    """Return the facts of the statements of one piece of code, for trying rules out."""
    cell = Cell(position=0, number=1, id="cell", notebook="<source>", source=source, step="step")
    laid = LaidCell(cell=cell, role=Role.STEP, span=Span(notebook="<source>", cell=1))
    parsed, _ = parse_cell(laid)
    return interpret([parsed]).cells[0].statements
