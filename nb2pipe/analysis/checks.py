"""Checks of what was found: each looks at the facts and returns diagnostics."""

import ast
from collections.abc import Iterator, Mapping
from itertools import pairwise

from nb2pipe.analysis.check_figures import check_figures
from nb2pipe.analysis.check_functions import check_stateful
from nb2pipe.analysis.check_history import check_history
from nb2pipe.analysis.check_identity import check_identity
from nb2pipe.analysis.check_listings import check_listings
from nb2pipe.analysis.check_names import check_undefined
from nb2pipe.analysis.check_tags import check_declared_names, check_pure
from nb2pipe.analysis.check_ties import check_caution, check_crossing_files, check_random_state
from nb2pipe.analysis.check_unfilled import check_unfilled
from nb2pipe.analysis.facts import StatementFacts, WriteKind
from nb2pipe.analysis.file_names import path_of
from nb2pipe.analysis.findings import Analysis
from nb2pipe.analysis.handles import disturbance
from nb2pipe.analysis.heap import Sites, addresses
from nb2pipe.analysis.scopes import names_read
from nb2pipe.analysis.versions import Version
from nb2pipe.diagnostics import Code, Diagnostic
from nb2pipe.frontend.layout import StepLayout
from nb2pipe.frontend.walk import nodes_of
from nb2pipe.ir import Replay


def check_all(analysis: Analysis) -> tuple[Diagnostic, ...]:
    """Return what all checks have to say."""
    return tuple(found for check in CHECKS for found in check(analysis))


def check_unstorable(analysis: Analysis) -> Iterator[Diagnostic]:
    """A value that no file can hold is needed by another step."""
    reported: set[Version] = set()
    for name, links in analysis.linker.steps.items():
        for version, cell in analysis.linker.loads(name).items():
            if version in reported or version.hidden:
                continue
            sites = analysis.interpretation.cells[cell].before.get(version.name, frozenset())
            problem = (
                _kept_options(version.name)
                if version.names_options
                else _why_not_stored(analysis, version.name, links.name, sites)
            )
            if problem is not None:
                reported.add(version)
                yield _crossing(analysis, Code.UNSTORABLE, version, links.name, *problem)


def _kept_options(name: str) -> tuple[str, str]:
    return (
        "is where options are kept, and every step has its own",
        f"name it in a statement of its own, such as `{name} = decimal.getcontext()` or `{name} = plt.rcParams`",
    )


def _why_not_stored(
    analysis: Analysis, name: str, step: str, sites: Sites
) -> tuple[str, str] | None:
    """Return why no file can hold what `name` is, and what helps; None if one can."""
    if addresses(analysis.interpretation.heap.reach(sites)):
        return (
            "has an address in memory, of `id(…)` or the like, which means nothing in another process",
            f"make and use `{name}` in one step; to ask whether two names are one object, write `is`",
        )
    if not analysis.interpretation.shown.isdisjoint(analysis.interpretation.heap.reach(sites)):
        return (
            "is, or holds, what a module keeps in a variable, and changes: its copy would part from that",
            f"use `{name}` in one step, or ask the module for it in each",
        )
    unstorable = sites and sites <= analysis.interpretation.unstorable
    if unstorable and not _are_handles(analysis, sites):
        return (
            "cannot be stored (an open file, a generator, a connection or the like)",
            _what_helps(analysis, name, step, sites),
        )
    return None


def _what_helps(analysis: Analysis, name: str, step: str, sites: Sites) -> str:
    """Return a hint for what cannot be stored, such as a file that is used while it is open."""
    files = analysis.interpretation.files
    uses = [disturbance(files, site) for site in sites & files.handles.keys()]
    order = min((use.order for use in uses if use is not None), default=None)
    cells = [facts.cell for facts in analysis.statements() if facts.order == order]
    if cells:
        number = analysis.layout.cells[cells[0]].cell.number
        return f"close `{name}` before cell {number} uses its file, or use it in one step only"
    return f"make and use `{name}` in one step, or make it anew in step `{step}`"


def _are_handles(analysis: Analysis, sites: Sites) -> bool:
    """Whether objects are open files that may go from step to step."""
    handles = analysis.interpretation.files.handles
    return all(
        site in handles and path_of(handles[site].file) in analysis.program.handles
        for site in sites
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
                hint="write it as plain Python, or tag the cell with what it `reads:NAME` and `writes:NAME`",
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
                hint="name the variables in the code, or tag the cell `reads:NAME` and `writes:NAME` with them",
                step=analysis.step_of(facts.cell),
            )


def check_options(analysis: Analysis) -> Iterator[Diagnostic]:
    """An option that does not travel is set in a statement that cannot be replayed in later steps."""
    last = {step.name: step.cells[-1] for step in analysis.layout.steps if step.cells}
    replayed = {option.statement.order for option in analysis.history.options}
    for facts in analysis.statements():
        if facts.lost_option is None or facts.order in replayed:
            continue
        step = analysis.step_of(facts.cell)
        if any(cell > facts.cell and name != step for name, cell in last.items()):
            yield Diagnostic(
                code=Code.LOST_OPTION_CHANGE,
                span=analysis.span(facts.cell, facts.lost_option),
                message="this sets options of a library or the process, or changes code of a module, and does "
                "more besides, so later steps do not get that",
                hint="set the options in a statement of their own, at the top level of a cell; keep what "
                "changes in variables, not in classes",
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
                    span=analysis.span(facts.cell, facts.unknown_file),
                    message="which file is read here is only known when it runs, so all that step "
                    f"`{others[-1]}` writes travels here",
                    hint="name the file in a literal, so that it alone travels",
                    step=step,
                )
        if step and any(name.startswith("<file") for name in facts.writes):
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
        elif (
            step.name not in joined and len(analysis.layout.steps) > 1 and _is_idle(analysis, step)
        ):
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
    statements = [
        facts for cell in step.cells for facts in analysis.interpretation.cells[cell].statements
    ]
    shows = any(
        not isinstance(facts.node, ast.Assign | ast.AnnAssign | ast.AugAssign)
        for facts in statements
    )
    return not shows and replayed.isdisjoint(step.cells)


def check_input(analysis: Analysis) -> Iterator[Diagnostic]:
    """A cell waits for somebody to type."""
    for parsed in analysis.cells:
        if "input" not in parsed.text or "input" not in names_read(parsed.tree):
            continue
        position = parsed.laid.cell.position
        if "input" in analysis.history.before[position]:
            continue
        for node in nodes_of(parsed.tree):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "input"
            ):
                yield Diagnostic(
                    code=Code.INTERACTIVE,
                    span=analysis.span(position, node),
                    message="`input` waits for somebody to type, and a pipeline has nobody",
                    hint="make it a parameter: assign a literal in a cell tagged `pipeline-parameters`",
                    step=parsed.laid.cell.step,
                )


CHECKS = (
    check_undefined,
    check_history,
    check_listings,
    check_declared_names,
    check_pure,
    check_unstorable,
    check_identity,
    check_stateful,
    check_opaque,
    check_dynamic,
    check_options,
    check_files,
    check_shadowed,
    check_steps,
    check_input,
    check_caution,
    check_random_state,
    check_crossing_files,
    check_figures,
    check_unfilled,
)
