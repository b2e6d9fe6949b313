"""What draws with matplotlib, and what chooses its backend, as far as the text of the code shows."""

import ast
import builtins
from collections.abc import Collection, Mapping
from itertools import chain
from typing import Final

from nb2pipe.analysis.escapes import escape_facts
from nb2pipe.analysis.knowledge import load_knowledge
from nb2pipe.frontend.walk import nodes_of

_PYPLOT: Final = ("matplotlib.pyplot", "pylab", "matplotlib.pylab", "seaborn")
_CHOOSERS: Final = {"matplotlib.use", *(f"{module}.switch_backend" for module in _PYPLOT)}
_OPTIONS: Final = {"rcParams", "environ"}
_OFF: Final = {"False", "0"}
_BACKEND_NAMES: Final = {"backend", "MPLBACKEND"}
# What begins a figure.
_BEGINS: Final = {
    "figure", "subplots", "subplot_mosaic", "relplot", "displot", "catplot", "lmplot", "jointplot", "pairplot",
    "clustermap", "FacetGrid", "PairGrid", "JointGrid",
}  # fmt: skip
# What has nothing to do with figures.
_APART: Final = {
    "rc", "rc_context", "rcdefaults", "get_cmap", "ion", "ioff", "set", "set_theme", "set_style", "set_palette",
    "set_context", "color_palette", "load_dataset", "Circle", "Rectangle", "Polygon", "Line2D", "Normalize",
    "use", "switch_backend",
}  # fmt: skip
# Functions of other libraries that draw on the current axes unless they get some, and their modules.
_OTHERS: Final = ("networkx", "scipy.cluster.hierarchy", "sklearn.tree", "pandas.plotting")
_OF_OTHERS: Final = {
    "draw", "draw_networkx", "draw_circular", "draw_kamada_kawai", "draw_planar", "draw_random", "draw_shell",
    "draw_spectral", "draw_spring", "draw_networkx_nodes", "draw_networkx_edges", "draw_networkx_labels",
    "draw_networkx_edge_labels", "dendrogram", "plot_tree", "parallel_coordinates", "andrews_curves",
    "autocorrelation_plot", "lag_plot", "radviz",
}  # fmt: skip
# Methods of frames, series and arrays with labels that draw, unless they are those of axes, which get numbers first.
_METHODS: Final = {"plot", "hist", "boxplot"}

_Names = Mapping[str, str]


def drawing_names(nodes: Collection[ast.stmt]) -> _Names:
    """Return the names of matplotlib, and those that draw, with the full name of what each names.

    `nodes` are the statements of a notebook. Of modules whose names are all imported, functions that are known to draw.
    """
    found: dict[str, str] = {}
    stars: set[str] = set()
    for node in chain.from_iterable(map(nodes_of, nodes)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            for alias in node.names:
                meaning = module + alias.name
                if not module and alias.asname is None:
                    meaning = meaning.partition(".")[0]
                if alias.name == "*":
                    stars.add(module)
                elif (
                    meaning in {"matplotlib", "matplotlib.use", *_OTHERS}
                    or meaning.startswith(_PYPLOT)
                    or alias.name in _OF_OTHERS
                ):
                    found[alias.asname or meaning.rpartition(".")[2]] = meaning
        elif isinstance(node, ast.Call):
            stars |= {f"{name}." for name in _stars_of(node)}
    return {**found, **_of_stars(nodes, stars)}


def _stars_of(call: ast.Call) -> Collection[str]:
    facts = escape_facts(call)
    return facts.star if facts else ()


def _of_stars(nodes: Collection[ast.stmt], stars: Collection[str]) -> _Names:
    modules = [module for module in stars if module.startswith(_PYPLOT)]
    if not modules:
        return {}
    knowledge = load_knowledge()
    names = {
        node.func.id
        for node in chain.from_iterable(map(nodes_of, nodes))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    return {
        name: f"{module}{name}"
        for module in modules
        for name in names
        if not hasattr(builtins, name) and knowledge.describes(f"matplotlib.pyplot.{name}")
    }


def chooses(statement: ast.AST, names: _Names, *, inline: bool = False) -> bool:
    """Whether a statement chooses the inline backend, or another one that keeps figures open from cell to cell."""
    backends = (_backend(node, names) for node in nodes_of(statement))
    return any(backend and ("inline" in backend) is inline for backend in backends)


def _backend(node: ast.AST, names: _Names) -> str:
    """Return the backend that a call or assignment chooses, or nothing."""
    match node:
        case ast.Call(func=function) if _chooser(function, names):
            given = [*node.args, *(word.value for word in node.keywords if word.arg != "force")]
            return _text(given[0]) if given else ""
        case ast.Call(
            func=ast.Name(id="set_matplotlib_close") | ast.Attribute(attr="set_matplotlib_close"),
            args=[ast.Constant(value=False), *_],
        ):
            return "kept"
        case ast.Call(func=ast.Attribute(value=holder)) if _last_name(holder) in _OPTIONS:
            return _option_given(node)
        case ast.Call():
            return _backend_of_magic(node)
        case ast.Assign(targets=[ast.Subscript(value=holder, slice=ast.Constant(value=name))]):
            chosen = _last_name(holder) in _OPTIONS and name in _BACKEND_NAMES
            return _text(node.value) if chosen else ""
        case ast.Assign(targets=[ast.Attribute(attr="close_figures")], value=value):
            return "kept" if _text(value) in _OFF else ""
        case _:
            return ""


def _chooser(function: ast.expr, names: _Names) -> bool:
    """Whether a function of matplotlib is called that chooses the backend."""
    match function:
        case ast.Name(id=name):
            return names.get(name) in _CHOOSERS
        case ast.Attribute(value=ast.Name(id=name), attr=attribute):
            return f"{names.get(name)}.{attribute}" in _CHOOSERS
        case ast.Attribute(
            value=ast.Attribute(value=ast.Name(id=name), attr="pyplot"), attr="switch_backend"
        ):
            return names.get(name) == "matplotlib"
        case _:
            return False


def _option_given(call: ast.Call) -> str:
    """Return the backend that a method of a dictionary of options gets, such as `update`."""
    words: list[tuple[object, ast.expr]] = [(word.arg, word.value) for word in call.keywords]
    for argument in call.args:
        if isinstance(argument, ast.Dict):
            keys = (key.value if isinstance(key, ast.Constant) else None for key in argument.keys)
            words += [*zip(keys, argument.values, strict=True)]
    if call.args and isinstance(call.args[0], ast.Constant):
        words += [(call.args[0].value, value) for value in call.args[1:]]
    return next((_text(value) for name, value in words if name in _BACKEND_NAMES), "")


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _backend_of_magic(call: ast.Call) -> str:
    if escape_facts(call) is None:
        return ""
    texts = (str(item.value) for item in call.args if isinstance(item, ast.Constant))
    magic, _, line = " ".join(texts).lstrip("%").partition(" ")
    if magic in {"matplotlib", "pylab"}:
        words = [word for word in line.split() if word != "--no-import-all"] or ["automatic"]
        return "" if words[0].startswith("-") else words[0]
    name, _, value = line.replace(" ", "").partition("=")
    if magic == "config":
        return "kept" if name == "InlineBackend.close_figures" and value in _OFF else ""
    return value if magic in {"env", "set_env"} and name == "MPLBACKEND" else ""


def _text(node: ast.expr) -> str:
    """Return a literal as text; what is computed may be any backend."""
    return str(node.value) if isinstance(node, ast.Constant) else "computed"


def first_use(
    tree: ast.AST, names: _Names, functions: dict[str, ast.FunctionDef]
) -> ast.Call | None:
    """Return the first call by which a statement draws, in one of `functions` as well, which are taken out of it."""
    if isinstance(tree, ast.FunctionDef | ast.ClassDef):
        return None
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        drawing = drawn_by(call, names)
        if drawing is not None and drawing not in _APART:
            return call
        # Each is looked into once.
        called = functions.pop(call.func.id, None) if isinstance(call.func, ast.Name) else None
        if called is not None:
            use = first_use(ast.Module(called.body, []), names, functions)
            if use is not None:
                return use if begins(use, names) else call
    return None


def drawn_by(call: ast.Call, names: _Names) -> str | None:
    """Return the name of the function or method that a call draws on the current figure with."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in names:
            is_known = names[name] != "matplotlib" and names[name] not in _OTHERS
            return attribute if is_known or _draws_elsewhere(call, attribute) else None
        case ast.Attribute(
            value=ast.Attribute(value=ast.Name(id=name), attr="pyplot"), attr=attribute
        ):
            return attribute if name in names else None
        case ast.Name(id=name) if name in names:
            drawing = names[name].rpartition(".")[2]
            is_known = names[name].startswith(_PYPLOT)
            return drawing if is_known or _draws_elsewhere(call, drawing) else None
        case ast.Attribute() if not _has_axes(call) and _is_of_values(call.func, call.args):
            return call.func.attr
    return None


def _draws_elsewhere(call: ast.Call, function: str) -> bool:
    return function in _OF_OTHERS and not _has_axes(call)


def _has_axes(call: ast.Call) -> bool:
    return any(word.arg in {"ax", None} for word in call.keywords)


def _is_of_values(method: ast.Attribute, arguments: Collection[ast.expr]) -> bool:
    """Whether a method draws what its object holds, as `series.plot()` and `frame.plot.scatter("x", "y")` do."""
    if isinstance(method.value, ast.Attribute) and method.value.attr == "plot":
        return True
    literals = all(
        isinstance(item, ast.Constant) and isinstance(item.value, str) for item in arguments
    )
    return method.attr in _METHODS and literals


def begins(call: ast.Call, names: _Names) -> bool:
    """Whether a call makes another figure the current one, with none of those that there are."""
    name = drawn_by(call, names)
    numbered = any(keyword.arg in {"num", "ax"} for keyword in call.keywords)
    if name == "close":
        return any(isinstance(item, ast.Constant) and item.value == "all" for item in call.args)
    return name in _BEGINS and not numbered and not (name == "figure" and call.args)
