"""Backends of matplotlib that keep figures open from cell to cell: no step hands an open figure on."""

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Final

from nb2pipe.analysis.escapes import escape_facts
from nb2pipe.analysis.facts import StatementFacts
from nb2pipe.analysis.findings import Analysis
from nb2pipe.diagnostics import Code, Diagnostic, Severity

_PYPLOT: Final = ("matplotlib.pyplot", "pylab", "seaborn")
_CHOOSING: Final = {"use", "switch_backend"}
# What begins a figure.
_BEGINS: Final = {
    "figure", "subplots", "subplot_mosaic", "relplot", "displot", "catplot", "lmplot", "jointplot", "pairplot",
    "clustermap", "FacetGrid", "PairGrid", "JointGrid",
}  # fmt: skip
# What has nothing to do with figures.
_APART: Final = {
    "rc", "rc_context", "rcdefaults", "get_cmap", "ion", "ioff", "set", "set_theme", "set_style", "set_palette",
    "set_context", "color_palette", "load_dataset", "Circle", "Rectangle", "Polygon", "Line2D", "Normalize",
    *_CHOOSING,
}  # fmt: skip
_MANY: Final = 1000


def check_figures(analysis: Analysis) -> Iterator[Diagnostic]:
    """A backend that keeps figures open is chosen, and a step goes on drawing on one that another step left open.

    Where no step surely does, but several draw, a warning.
    """
    statements = [*analysis.statements()]
    names = _drawing_names([facts.node for facts in statements])
    chosen = next((facts for facts in statements if _chooses(facts.node, names)), None)
    if chosen is None:
        return
    after = statements[statements.index(chosen) + 1 :]
    uses = [*_going_on(analysis, statements, after, names)]
    for facts, use in uses:
        yield _kept_figures(
            analysis, facts, use, chosen, "this draws on the current figure", Severity.ERROR
        )
    drawing = {analysis.step_of(f.cell) for f in after if not names.keys().isdisjoint(f.reads)}
    if len(drawing) > 1 and not uses:
        message = "several steps draw after this"
        yield _kept_figures(analysis, chosen, chosen.node, chosen, message, Severity.WARNING)


def _kept_figures(
    analysis: Analysis,
    facts: StatementFacts,
    node: ast.AST,
    chosen: StatementFacts,
    what: str,
    severity: Severity,
) -> Diagnostic:
    number = analysis.layout.cells[chosen.cell].cell.number
    return Diagnostic(
        code=Code.KEPT_FIGURES,
        span=analysis.span(facts.cell, node),
        message=f"{what}, and with the backend that cell {number} chooses figures stay open from cell to cell, "
        "but no step gets the open figures of another",
        hint="begin each step's drawing with `plt.figure()`, or show figures inline: leave out the backend in "
        f"cell {number}",
        step=analysis.step_of(facts.cell),
        severity=severity,
    )


def _going_on(
    analysis: Analysis,
    statements: Sequence[StatementFacts],
    after: Sequence[StatementFacts],
    names: Mapping[str, str],
) -> Iterator[tuple[StatementFacts, ast.Call]]:
    """Yield what goes on drawing on a figure that another step left open, as far as it shows."""
    nodes = [facts.node for facts in statements]
    functions = {node.name: node for node in nodes if isinstance(node, ast.FunctionDef)}
    last: str | None = None
    is_inline = False
    opened = 0
    for facts in after:
        is_inline = is_inline or _chooses(facts.node, names, inline=True)
        is_inline = is_inline and not _chooses(facts.node, names)
        use = _first_use(facts.node, names, dict(functions))
        step = analysis.step_of(facts.cell)
        if use is None or step is None:
            continue
        if is_inline and _begins(use, names):
            return  # this figure closes all others at the end of its cell
        closes_it = opened == 1 and _drawing(use, names) == "close"
        if last not in {None, step} and not (closes_it or _begins(use, names)):
            yield facts, use
        opened = _opened_after(facts.node, use, names, opened)
        last = step if opened else None


def _opened_after(statement: ast.stmt, use: ast.Call, names: Mapping[str, str], opened: int) -> int:
    """Return how many figures are open after a statement that uses some, if so many are before; rather too many."""
    calls = [node for node in ast.walk(statement) if isinstance(node, ast.Call)]
    begun = sum(_begins(call, names) and _drawing(call, names) != "close" for call in calls)
    closed = sum(_drawing(call, names) == "close" for call in calls)
    if isinstance(statement, ast.Expr | ast.Assign) and use in calls and _drawing(use, names):
        if closed:
            return 0 if _begins(use, names) else max(0, opened - 1)
        return max(1, opened + begun)
    return opened if max(1, begun) == closed else opened + _MANY


def _drawing_names(nodes: Collection[ast.AST]) -> Mapping[str, str]:
    """Return the names of matplotlib, and those that draw, with what each is the name of."""
    found: dict[str, str] = {}
    for node in chain.from_iterable(map(ast.walk, nodes)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                meaning = module + alias.name
                if not module and alias.asname is None:
                    meaning = meaning.partition(".")[0]
                if meaning == "matplotlib" or meaning.startswith(_PYPLOT):
                    found[alias.asname or meaning.rpartition(".")[2]] = meaning
    return found


def _chooses(statement: ast.AST, names: Mapping[str, str], *, inline: bool = False) -> bool:
    """Whether a statement chooses the inline backend, or another one."""
    backends = (_backend(node, names) for node in ast.walk(statement))
    return any(backend and ("inline" in backend) is inline for backend in backends)


def _backend(node: ast.AST, names: Mapping[str, str]) -> str:
    """Return the backend that a call chooses, or nothing."""
    match node:
        case ast.Call(
            func=ast.Attribute(value=ast.Name(id=name), attr=attribute),
            args=[ast.Constant(value=str(backend)), *_],
        ) if attribute in _CHOOSING and name in names:
            return backend
        case ast.Call(args=[ast.Constant(value="matplotlib"), ast.Constant(value=str(backend))]):
            is_magic = escape_facts(node) is not None and not backend.strip().startswith("-")
            return backend.strip() if is_magic else ""
        case _:
            return ""


def _first_use(
    tree: ast.AST, names: Mapping[str, str], functions: dict[str, ast.FunctionDef]
) -> ast.Call | None:
    """Return the first call by which a statement draws, in one of `functions` as well, which are taken out of it."""
    if isinstance(tree, ast.FunctionDef | ast.ClassDef):
        return None
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        drawing = _drawing(call, names)
        if drawing is not None and drawing not in _APART:
            return call
        # Each is looked into once.
        called = functions.pop(call.func.id, None) if isinstance(call.func, ast.Name) else None
        if called is not None:
            use = _first_use(ast.Module(called.body, []), names, functions)
            if use is not None:
                return use if _begins(use, names) else call
    return None


def _drawing(call: ast.Call, names: Mapping[str, str]) -> str | None:
    """Return the name of the function of pyplot or seaborn that a call calls."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return attribute if names.get(name, "matplotlib") != "matplotlib" else None
        case ast.Attribute(
            value=ast.Attribute(value=ast.Name(id=name), attr="pyplot"), attr=attribute
        ):
            return attribute if name in names else None
        case ast.Name(id=name) if name in names:
            return names[name].rpartition(".")[2]
    return None


def _begins(call: ast.Call, names: Mapping[str, str]) -> bool:
    """Whether a call makes another figure the current one, with none of those that there are."""
    name = _drawing(call, names)
    numbered = any(keyword.arg in {"num", "ax"} for keyword in call.keywords)
    if name == "close":
        return any(isinstance(item, ast.Constant) and item.value == "all" for item in call.args)
    return name in _BEGINS and not numbered and not (name == "figure" and call.args)
