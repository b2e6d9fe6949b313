"""Hints about what ties steps together: caution, global random state, files."""

import ast
from collections.abc import Iterator
from typing import Final

from nb2pipe.analysis.caution import find_cautions
from nb2pipe.analysis.file_names import FILES
from nb2pipe.analysis.findings import Analysis
from nb2pipe.diagnostics import Code, Diagnostic
from nb2pipe.frontend.declarations import Declaration, Effect

# How a step gets a generator of its own.
_GENERATORS: Final = {
    "random": "random.Random(SEED)",
    "numpy.random": "numpy.random.default_rng(SEED)",
    "torch": "torch.Generator().manual_seed(SEED)",
}


def check_caution(analysis: Analysis) -> Iterator[Diagnostic]:
    """A cell that may change a variable, for all that is known, makes another step wait."""
    for caution in find_cautions(analysis):
        names = ", ".join(f"`{name}`" for name in caution.names)
        called = _called(caution.write.node)
        rule = f", or describe `{called}` in a rule" if called else ""
        step = analysis.step_of(caution.statement.cell)
        effect = f"step `{caution.waiting}` waits for it" if caution.waiting else f"`{step}` waits"
        number = analysis.layout.cells[caution.statement.cell].cell.number
        yield Diagnostic(
            code=Code.CAUTIOUS_EDGE,
            span=analysis.span(caution.statement.cell, caution.write.node),
            message=f"this may change {names}, for all that is known, so {effect}",
            hint=f"if it does not, tag cell {number} `{Declaration(Effect.PURE, caution.names)}`{rule}",
            step=step,
        )


def _called(node: ast.AST) -> str | None:
    """Return the name of the function that a call calls, if it has one."""
    function = node.func if isinstance(node, ast.Call) else None
    plain = isinstance(function, ast.Attribute | ast.Name)
    return ast.unparse(function) if plain and function is not None else None


def check_random_state(analysis: Analysis) -> Iterator[Diagnostic]:
    """Steps wait for each other only because they draw from one generator."""
    reported: set[str] = set()
    for edge in analysis.program.edges:
        states = set(edge.variables)
        if edge.declared or not states or not states <= _GENERATORS.keys() or states <= reported:
            continue
        reported |= states
        state = min(states)
        version = next(
            version
            for version in analysis.linker.loads(edge.target)
            if version.name == f"<{state}>" and analysis.step_of(version.cell) == edge.source
        )
        yield Diagnostic(
            code=Code.RANDOM_STATE,
            span=analysis.span(version.cell, version.statement.writes[version.name].node),
            message=f"step `{edge.target}` waits for step `{edge.source}` only because both draw from the "
            f"global generator of `{state}`",
            hint=f"to run them side by side, give each its own: `rng = {_GENERATORS[state]}`",
            step=edge.source,
        )


def check_crossing_files(analysis: Analysis) -> Iterator[Diagnostic]:
    """A file that one step writes is read by another."""
    reported: set[str] = set()
    for step in analysis.layout.steps:
        for version in analysis.linker.loads(step.name):
            source = analysis.step_of(version.cell)
            if version.name.startswith(FILES) and version.name not in reported:
                reported.add(version.name)
                path = version.name.removeprefix(FILES).removesuffix(">")
                yield Diagnostic(
                    code=Code.FILE_CROSSES,
                    span=analysis.span(version.cell, version.statement.writes[version.name].node),
                    message=f"the file `{path}` travels from step `{source}` to step `{step.name}`",
                    hint="nothing to do; a variable would travel faster than a file",
                    step=source,
                )
