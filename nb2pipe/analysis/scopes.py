"""Which names a function binds, and which it looks up outside: Python's scope rules, statically."""

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

_OWN_SCOPE: Final = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_LEAVING: Final = (ast.Return, ast.Raise, ast.Break, ast.Continue)
_COMPREHENSIONS: Final = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The names of one function: its own, those declared `global`, those declared `nonlocal`."""

    local: frozenset[str]
    declared_global: frozenset[str]
    declared_nonlocal: frozenset[str]
    yields: bool = False


def function_scope(node: FunctionNode) -> Scope:
    """Return the scope of a function or lambda (Python reference, 4.2.2 Resolution of names)."""
    bound = set(parameter_names(node.args))
    declared_global: set[str] = set()
    declared_nonlocal: set[str] = set()
    yields = False
    body = [node.body] if isinstance(node, ast.Lambda) else node.body
    for inner in _walk_scope(body):
        bound.update(bound_names(inner))
        if isinstance(inner, ast.Global):
            declared_global.update(inner.names)
        elif isinstance(inner, ast.Nonlocal):
            declared_nonlocal.update(inner.names)
        elif isinstance(inner, ast.Yield | ast.YieldFrom):
            yields = True
    return Scope(
        local=frozenset(bound - declared_global - declared_nonlocal),
        declared_global=frozenset(declared_global),
        declared_nonlocal=frozenset(declared_nonlocal),
        yields=yields,
    )


def parameter_names(arguments: ast.arguments) -> tuple[str, ...]:
    """Return all parameter names, in the order of the signature."""
    plain = [*arguments.posonlyargs, *arguments.args]
    rest = [arguments.vararg, *arguments.kwonlyargs, arguments.kwarg]
    return tuple(argument.arg for argument in [*plain, *rest] if argument is not None)


def parameter_defaults(arguments: ast.arguments) -> list[tuple[str, ast.expr]]:
    """Return the parameters that have a default, with it, in the order in which Python evaluates them."""
    plain = [*arguments.posonlyargs, *arguments.args]
    last = plain[len(plain) - len(arguments.defaults) :]
    pairs = list(zip(last, arguments.defaults, strict=True))
    words = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    pairs += [(word, default) for word, default in words if default is not None]
    return [(parameter.arg, default) for parameter, default in pairs]


def bound_names(node: ast.AST) -> tuple[str, ...]:
    """Return the names that this very node binds in the scope where it stands."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            return (name,)
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            return (name,)
        case ast.Import(names=names):
            return tuple(item.asname or item.name.partition(".")[0] for item in names)
        case ast.ImportFrom(names=names):
            return tuple(item.asname or item.name for item in names if item.name != "*")
        case (
            ast.ExceptHandler(name=str(name))
            | ast.MatchAs(name=str(name))
            | ast.MatchStar(name=str(name))
            | ast.MatchMapping(rest=str(name))
        ):
            return (name,)
        case _:
            return ()


def _walk_scope(body: list[ast.stmt] | list[ast.expr]) -> Iterator[ast.AST]:
    """Walk what belongs to the scope of `body`: not into functions and classes."""
    queue: list[ast.AST] = list(body)
    while queue:
        node = queue.pop()
        yield node
        if isinstance(node, _COMPREHENSIONS):
            # Its targets are its own; a walrus inside binds outside, and its parts may yield.
            queue.extend(n for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
            queue.append(node.generators[0].iter)
        elif isinstance(node, ast.NamedExpr):
            queue.extend([node.target, node.value])
        elif not isinstance(node, _OWN_SCOPE):
            queue.extend(ast.iter_child_nodes(node))


@lru_cache(maxsize=4096)
def names_read(node: ast.AST) -> frozenset[str]:
    """Return every name that is read anywhere below `node`, whatever its scope: an upper bound."""
    return frozenset(
        inner.id
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)
    )


@lru_cache(maxsize=4096)
def outer_names(node: ast.AST) -> frozenset[str]:
    """Return the names that the code below `node` looks up outside of it."""
    return frozenset(_looked_up(node, frozenset()))


def _looked_up(node: ast.AST, bound: frozenset[str]) -> Iterator[str]:
    if isinstance(node, ast.Name):
        if isinstance(node.ctx, ast.Load) and node.id not in bound:
            yield node.id
        return
    if isinstance(node, FunctionNode):
        scope = function_scope(node)
        for _, default in parameter_defaults(
            node.args
        ):  # evaluated outside, as the first iterable below
            yield from _looked_up(default, bound)
        bound = (bound | scope.local) - scope.declared_global
    elif isinstance(node, _COMPREHENSIONS):
        yield from _looked_up(node.generators[0].iter, bound)
        targets = (item for part in node.generators for item in ast.walk(part.target))
        bound |= {name for target in targets for name in bound_names(target)}
    for inner in ast.iter_child_nodes(node):
        yield from _looked_up(inner, bound)


@lru_cache(maxsize=4096)
def free_names(node: ast.AST) -> frozenset[str]:
    """Return the names that the code below `node` reads and binds nowhere; of a class, by each of its members."""
    if isinstance(node, ast.ClassDef):
        return frozenset().union(*(free_names(member) for member in node.body))
    inner = list(ast.walk(node))
    shared = {name for item in inner if isinstance(item, ast.Global) for name in item.names}
    bound = {name for item in inner for name in bound_names(item)}
    bound.update(item.arg for item in inner if isinstance(item, ast.arg))
    return names_read(node) - (bound - shared)


def surely_read(body: Sequence[ast.stmt | ast.expr]) -> frozenset[str]:
    """Return the names that a block reads whatever happens, if its loops run at all; not in functions that it calls."""
    found: set[str] = set()
    for node in body:
        found.update(_evaluated(node))
        if any(isinstance(inner, _LEAVING) for inner in ast.walk(node)):
            break
    return frozenset(found)


def _evaluated(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield from [node.id] if isinstance(node.ctx, ast.Load) else []
    elif isinstance(node, ast.Try):
        yield from surely_read(node.body)
    else:
        for part in _SURE_PARTS.get(type(node), ast.iter_child_nodes)(node):
            yield from _evaluated(part)


def _of_function(node: Any) -> list[ast.expr]:
    defaults = [default for _, default in parameter_defaults(node.args)]
    return [*defaults, *getattr(node, "decorator_list", ())]


def _of_comprehension(node: Any) -> list[ast.AST]:
    first = node.generators[0]
    return [first.iter] if first.ifs else [*ast.iter_child_nodes(node)]


# What is evaluated whatever happens; of all else, each part is.
_SURE_PARTS: Final[Mapping[type[ast.AST], Callable[[Any], Iterable[ast.AST]]]] = {
    **dict.fromkeys((ast.If, ast.IfExp, ast.Assert), lambda node: [node.test]),
    ast.Match: lambda node: [node.subject],
    ast.With: lambda node: node.items,
    ast.BoolOp: lambda node: node.values[:1],
    ast.Compare: lambda node: [node.left, node.comparators[0]],
    ast.GeneratorExp: lambda node: [node.generators[0].iter],
    **dict.fromkeys((ast.ListComp, ast.SetComp, ast.DictComp), _of_comprehension),
    **dict.fromkeys((ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda), _of_function),
}
