"""Checks of what was found: each looks at the facts and returns diagnostics."""

import ast
import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from nb2pipe.analysis.expressions import BUILTINS, SHELL_NAMES
from nb2pipe.analysis.facts import StatementFacts, WriteKind
from nb2pipe.analysis.interpret import Interpretation
from nb2pipe.analysis.link import Linker
from nb2pipe.analysis.program import Program
from nb2pipe.analysis.scopes import names_read
from nb2pipe.analysis.syntax import ParsedCell, span_of
from nb2pipe.analysis.versions import History, Version
from nb2pipe.diagnostics import Code, Diagnostic, Related, Severity, Span
from nb2pipe.frontend.layout import Layout, Role, StepLayout
from nb2pipe.ir import Replay

_HISTORY = {"_", "__", "___", "_i", "_ii", "_iii", "_ih", "_oh", "_dh", "In", "Out"}
_SHELL = {*SHELL_NAMES, "_exit_code"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Analysis:
    """Everything that the checks look at."""

    layout: Layout
    cells: tuple[ParsedCell, ...]
    interpretation: Interpretation
    history: History
    linker: Linker
    program: Program

    def span(self, cell: int, node: ast.AST) -> Span:
        """Return where `node` stands; a node without a place (of evaluated text) is the whole cell."""
        if isinstance(node, ast.stmt | ast.expr | ast.ExceptHandler | ast.arg):
            inside = _is_inside(node, self.cells[cell])
            return span_of(self.cells[cell], node) if inside else self.layout.cells[cell].span
        return self.layout.cells[cell].span

    def step_of(self, cell: int) -> str | None:
        """Return the step that runs a cell."""
        return self.layout.cells[cell].cell.step

    def statements(self) -> Iterator[StatementFacts]:
        """Yield the facts of all statements, in notebook order."""
        for cell in self.interpretation.cells:
            yield from cell.statements


def check_all(analysis: Analysis) -> tuple[Diagnostic, ...]:
    """Return what all checks have to say."""
    return tuple(found for check in CHECKS for found in check(analysis))


def check_undefined(analysis: Analysis) -> Iterator[Diagnostic]:
    """A variable is used before any cell defines it."""
    if analysis.interpretation.starred:
        return
    hidden = any(facts.dynamic or facts.opaque for facts in analysis.statements())
    broken = _words_of_broken_cells(analysis)
    reported: set[str] = set()
    for facts in analysis.statements():
        start = analysis.history.before[facts.cell]
        earlier = _defined_earlier_in_cell(analysis, facts)
        for name, read in facts.reads.items():
            known = name in start or name in earlier or name in BUILTINS or name in _SHELL
            if known or read.guarded or name.startswith("<") or name in reported:
                continue
            if name in _HISTORY or name.lstrip("_i").isdigit() or name in broken:
                continue
            reported.add(name)
            yield _undefined(analysis, facts, name, read.node, certain=not hidden)


def _words_of_broken_cells(analysis: Analysis) -> set[str]:
    """Return the words of cells that are not valid Python: they may define anything."""
    return {
        word
        for parsed in analysis.cells
        if not parsed.tree.body and parsed.laid.role is not Role.SKIP
        for word in re.findall(r"\w+", parsed.laid.cell.source)
    }


def _defined_earlier_in_cell(analysis: Analysis, facts: StatementFacts) -> set[str]:
    statements = analysis.interpretation.cells[facts.cell].statements
    return {name for other in statements if other.order < facts.order for name in other.writes}


def _undefined(
    analysis: Analysis, facts: StatementFacts, name: str, node: ast.AST, *, certain: bool
) -> Diagnostic:
    later = analysis.history.last.get(name)
    skipped = _skipped_definition(analysis, name)
    related: tuple[Related, ...] = ()
    if later is not None:
        number = analysis.layout.cells[later.cell].cell.number
        message = f"`{name}` is used before it is defined, in cell {number}"
        hint = f"move cell {number} above this one"
        related = (Related(span=analysis.layout.cells[later.cell].span, message="defined here"),)
    elif skipped is not None:
        message = f"`{name}` is not defined: only cell {skipped} defines it, and that is skipped"
        hint = f"remove the tag `skip` from cell {skipped}, or define `{name}` in a cell that runs"
    else:
        close = difflib.get_close_matches(name, analysis.history.before[facts.cell], 1)
        message = f"`{name}` is used but no cell defines it"
        hint = f"did you mean `{close[0]}`?" if close else f"define or import `{name}` in a cell above"
    return Diagnostic(
        code=Code.UNDEFINED_NAME,
        span=analysis.span(facts.cell, node),
        message=message,
        hint=hint,
        step=analysis.step_of(facts.cell),
        related=related,
        severity=Severity.ERROR if certain else Severity.WARNING,
    )


def _skipped_definition(analysis: Analysis, name: str) -> int | None:
    for laid in analysis.layout.cells:
        if laid.role is Role.SKIP and name in laid.cell.source:
            try:
                tree = ast.parse(laid.cell.source)
            except (SyntaxError, ValueError):
                continue
            bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            bound |= {
                alias.asname or alias.name.partition(".")[0]
                for n in ast.walk(tree)
                if isinstance(n, ast.Import | ast.ImportFrom)
                for alias in n.names
            }
            bound |= {n.name for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.ClassDef)}
            if name in bound:
                return laid.cell.number
    return None


def check_history(analysis: Analysis) -> Iterator[Diagnostic]:
    """The output history (`_`, `Out[3]`) of another step is asked for."""
    for facts in analysis.statements():
        for name, read in facts.reads.items():
            numbered = name.startswith("_") and name.lstrip("_i").isdigit()
            if (name in _HISTORY or numbered) and name not in analysis.history.before[facts.cell]:
                if _same_step_before(analysis, facts.cell) and name in {"_", "_i"}:
                    continue
                yield Diagnostic(
                    code=Code.OUTPUT_HISTORY,
                    span=analysis.span(facts.cell, read.node),
                    message=f"`{name}` is the output history, which no step passes on",
                    hint=f"assign the output to a variable where it is made, and use that instead of `{name}`",
                    step=analysis.step_of(facts.cell),
                )


def _same_step_before(analysis: Analysis, cell: int) -> bool:
    """Whether the code cell above runs in the same step."""
    return cell > 0 and analysis.step_of(cell - 1) == analysis.step_of(cell)


def check_unstorable(analysis: Analysis) -> Iterator[Diagnostic]:
    """A value that no file can hold is needed by another step."""
    reported: set[Version] = set()
    for name, links in analysis.linker.steps.items():
        for version, cell in analysis.linker.loads(name).items():
            if version in reported or version.hidden:
                continue
            sites = analysis.interpretation.cells[cell].before.get(version.name, frozenset())
            if sites and sites <= analysis.interpretation.unstorable:
                reported.add(version)
                yield _crossing(
                    analysis,
                    Code.UNSTORABLE,
                    version,
                    links.name,
                    "cannot be stored (an open file, a generator, a connection or the like)",
                    f"make and use `{version.name}` in one step, or make it anew in step `{links.name}`",
                )


def check_stateful(analysis: Analysis) -> Iterator[Diagnostic]:
    """A function or class whose state was changed is needed by another step."""
    reported: set[Version] = set()
    for name, links in analysis.linker.steps.items():
        for version, cell in analysis.linker.loads(name).items():
            sites = analysis.interpretation.cells[cell].before.get(version.name, frozenset())
            code = [site for site in sites if site.definition is not None]
            if not code or version in reported or version.kind is not WriteKind.MUTATE:
                continue
            reported.add(version)
            yield _crossing(
                analysis,
                Code.STATEFUL_FUNCTION,
                version,
                links.name,
                "keeps state in the function or class itself (a default argument, an attribute), "
                "which is not passed on",
                f"keep the state in a variable of its own, or use `{version.name}` in one step only",
            )


def _crossing(
    analysis: Analysis, code: Code, version: Version, step: str, what: str, hint: str
) -> Diagnostic:
    write = version.statement.writes[version.name]
    producer = analysis.step_of(version.cell)
    return Diagnostic(
        code=code,
        span=analysis.span(version.cell, write.node),
        message=f"`{version.name}` goes from step `{producer}` to step `{step}` but {what}",
        hint=hint,
        step=producer,
    )


def check_opaque(analysis: Analysis) -> Iterator[Diagnostic]:
    """A magic that is not known may read and write variables."""
    for facts in analysis.statements():
        for node, name in facts.opaque:
            yield Diagnostic(
                code=Code.OPAQUE_MAGIC,
                span=analysis.span(facts.cell, node),
                message=f"`{name}` may use variables in a way that cannot be seen",
                hint="write it as plain Python, or keep the cells that depend on it in one step",
                step=analysis.step_of(facts.cell),
            )


def check_dynamic(analysis: Analysis) -> Iterator[Diagnostic]:
    """Code reaches variables through their names as text."""
    if len(analysis.layout.steps) < 2:  # noqa: PLR2004 -- nothing crosses within one step
        return
    for facts in analysis.statements():
        if facts.dynamic is not None:
            yield Diagnostic(
                code=Code.DYNAMIC_NAMESPACE,
                span=analysis.span(facts.cell, facts.dynamic),
                message="which variables this reads or writes is only known when it runs",
                hint="name the variables in the code, or keep the cells that depend on it in one step",
                step=analysis.step_of(facts.cell),
            )


def check_options(analysis: Analysis) -> Iterator[Diagnostic]:
    """Options are set in a statement that cannot be replayed in later steps."""
    last = {step.name: step.cells[-1] for step in analysis.layout.steps if step.cells}
    for facts in analysis.statements():
        carried = facts.sets_options and facts.replay is not None
        if carried or not (facts.sets_options or facts.sets_options_deep):
            continue
        step = analysis.step_of(facts.cell)
        if any(cell > facts.cell and name != step for name, cell in last.items()):
            yield Diagnostic(
                code=Code.LOST_OPTION_CHANGE,
                span=analysis.span(facts.cell, facts.node),
                message="this sets options of a library or the process, and does more besides, so later "
                "steps do not get them",
                hint="set the options in a statement of their own, at the top level of a cell",
                step=step,
            )


def check_files(analysis: Analysis) -> Iterator[Diagnostic]:
    """A file whose name is not known is read after other steps wrote files."""
    writers: dict[str, StatementFacts] = {}
    for facts in analysis.statements():
        step = analysis.step_of(facts.cell)
        if facts.unknown_file is not None:
            others = [other for other in writers if other != step]
            if others:
                yield Diagnostic(
                    code=Code.HIDDEN_FILE,
                    severity=Severity.WARNING,
                    span=analysis.span(facts.cell, facts.unknown_file),
                    message=f"the file that is read here may be one that step `{others[-1]}` writes",
                    hint="name the file in a literal, so that it travels with the pipeline",
                    step=step,
                )
        if step and any(name.startswith("<file:") for name in facts.writes):
            writers[step] = facts


def check_shadowed(analysis: Analysis) -> Iterator[Diagnostic]:
    """Two steps that do not wait for each other define a name that a later one reads."""
    after = _ancestors(analysis)
    read = {version for name in analysis.linker.steps for version in analysis.linker.loads(name)}
    makers: dict[str, list[Version]] = {}
    for version in analysis.history.definitions.values():
        plain = version.kind is WriteKind.DEFINE and not version.hidden
        if plain and not version.replayable and not version.parameter:
            makers.setdefault(version.name, []).append(version)
    for name, versions in makers.items():
        for first, second in pairwise(versions):
            one, two = analysis.step_of(first.cell), analysis.step_of(second.cell)
            if one is None or two is None or one == two or second not in read:
                continue
            if one not in after[two]:
                yield Diagnostic(
                    code=Code.SHADOWED_NAME,
                    span=analysis.span(second.cell, second.statement.writes[name].node),
                    message=f"steps `{one}` and `{two}` run side by side and both define `{name}`; later "
                    f"steps get the one of `{two}`, as in the notebook",
                    hint=f"give one of them another name than `{name}` if that is not what you mean",
                    step=two,
                )


def _ancestors(analysis: Analysis) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {step.name: set() for step in analysis.layout.steps}
    changed = True
    while changed:
        changed = False
        for edge in analysis.program.edges:
            new = {edge.source} | found[edge.source]
            if not new <= found[edge.target]:
                found[edge.target] |= new
                changed = True
    return found


def check_steps(analysis: Analysis) -> Iterator[Diagnostic]:
    """A step has nothing to run, or nothing to do with any other."""
    joined = {name for edge in analysis.program.edges for name in (edge.source, edge.target)}
    for step in analysis.layout.steps:
        facts = [analysis.interpretation.cells[cell] for cell in step.cells]
        if not any(cell.statements for cell in facts):
            broken = any(analysis.layout.cells[cell].cell.source.strip() for cell in step.cells)
            if not broken:
                yield Diagnostic(
                    code=Code.EMPTY_STEP,
                    span=step.span,
                    message=f"step `{step.name}` has no code to run",
                    hint="remove its tag, or put code into the cell",
                    step=step.name,
                )
        elif step.name not in joined and len(analysis.layout.steps) > 1 and _is_idle(analysis, step):
            yield Diagnostic(
                code=Code.UNUSED_STEP,
                span=step.span,
                message=f"step `{step.name}` neither needs another step nor is needed by one",
                hint="tag its cells `skip` if the pipeline does not need it",
                step=step.name,
            )


def _is_idle(analysis: Analysis, step: StepLayout) -> bool:
    """Whether a step only makes variables that nobody reads: it shows nothing, and nothing of it is replayed."""
    replayed = {
        operation.cell
        for other in analysis.program.steps
        for operation in other.program
        if isinstance(operation, Replay)
    }
    statements = [facts for cell in step.cells for facts in analysis.interpretation.cells[cell].statements]
    shows = any(not isinstance(facts.node, ast.Assign | ast.AnnAssign | ast.AugAssign) for facts in statements)
    return not shows and replayed.isdisjoint(step.cells)


def check_input(analysis: Analysis) -> Iterator[Diagnostic]:
    """A cell waits for somebody to type."""
    for parsed in analysis.cells:
        if "input" not in parsed.text or "input" not in names_read(parsed.tree):
            continue
        position = parsed.laid.cell.position
        if "input" in analysis.history.before[position]:
            continue
        for node in ast.walk(parsed.tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "input":
                yield Diagnostic(
                    code=Code.INTERACTIVE,
                    span=analysis.span(position, node),
                    message="`input` waits for somebody to type, and a pipeline has nobody",
                    hint="make it a parameter: assign a literal in a cell tagged `pipeline-parameters`",
                    step=parsed.laid.cell.step,
                )


def _is_inside(node: ast.AST, parsed: ParsedCell) -> bool:
    return any(node is inner for inner in ast.walk(parsed.tree))


CHECKS = (
    check_undefined,
    check_history,
    check_unstorable,
    check_stateful,
    check_opaque,
    check_dynamic,
    check_options,
    check_files,
    check_shadowed,
    check_steps,
    check_input,
)
