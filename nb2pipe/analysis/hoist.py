"""Which statements may be run again in another step instead of storing what they make.

Only the form of a statement is judged here; that everything it needs may be replayed too is a
question of versions (`versions.py`).
"""

import ast
from collections.abc import Iterable, Sequence
from typing import Final

from nb2pipe.analysis.decorators import DECORATORS
from nb2pipe.analysis.escapes import escape_facts
from nb2pipe.analysis.expressions import BUILTINS
from nb2pipe.analysis.facts import ReplayKind, Write, WriteKind
from nb2pipe.analysis.heap import NOTHING, Sites
from nb2pipe.analysis.history import is_history
from nb2pipe.analysis.objects import Objects
from nb2pipe.analysis.scopes import names_read
from nb2pipe.analysis.seeding import seeds_on_import
from nb2pipe.analysis.states import keeps_options

# Library functions whose result depends on nothing but their arguments and cannot change in place.
_CONSTANT_CALLS: Final = frozenset(
    f"builtins.{name}"
    for name in (
        "abs", "bool", "bytes", "complex", "divmod", "float", "frozenset", "int", "len", "max", "min",
        "pow", "range", "round", "str", "sum", "tuple",
    )
) | {
    "datetime.date", "datetime.datetime", "datetime.timedelta", "decimal.Decimal",
    "fractions.Fraction", "numpy.deg2rad", "numpy.exp", "numpy.float32", "numpy.float64",
    "numpy.int32", "numpy.int64", "numpy.log", "numpy.radians", "numpy.sqrt", "os.path.join",
    "pandas.Timedelta", "pandas.Timestamp", "pathlib.Path", "pathlib.PurePath",
}  # fmt: skip
CLASS_MAKERS: Final = ("collections.namedtuple", "typing.NamedTuple")
"""Library functions that make a class, which is defined anew rather than stored."""

_CONSTANT_MODULES: Final = ("math.", "cmath.", "operator.")
_GENERICS: Final = (
    "typing.", "typing_extensions.", "collections.", "numpy.typing.", "builtins.dict", "builtins.frozenset",
    "builtins.list", "builtins.set", "builtins.tuple", "builtins.type",
)  # fmt: skip
_SIMPLE: Final = (
    ast.Constant, ast.UnaryOp, ast.BinOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Tuple, ast.JoinedStr,
    ast.FormattedValue, ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context, ast.keyword,
)  # fmt: skip


def replay_kind(node: ast.stmt, writes: dict[str, Write], memory: Objects) -> ReplayKind | None:
    """Return how `node` may be replayed, None when it may not be.

    `memory` is the state right after the statement, its record included.
    """
    record = memory.record
    defines = {WriteKind.DEFINE, WriteKind.MAY_DEFINE}
    plain = all(write.kind in defines or name in record.cases for name, write in writes.items())
    hidden = any(name.startswith("<") for name in writes) and not seeds_on_import(node, writes)
    if any(is_history(name) and name not in memory.names for name in record.reads):
        return None
    if not plain or record.draws or record.opaque or record.dynamic or record.unknown_file:
        return _seed(node, writes) if plain and not record.opaque else None
    if hidden:
        return None
    if not writes and not record.varies and (record.sets_options or _sets_up(node, memory)):
        return ReplayKind.SETTING
    if record.recreates and isinstance(node, ast.Assign | ast.AnnAssign):
        return ReplayKind.RECREATE
    return _form(node, memory) or (ReplayKind.LITERAL if _is_literal(node, memory) else None)


def wrapping_objects(node: ast.stmt, memory: Objects) -> Sites:
    """Return the objects that a definition makes beside the function or class that it shows.

    They are what the notebook's own decorators return, or `functools.partial`; `memory` is the state after it.
    """
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            shown: ast.AST = node
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in memory.names:
            if isinstance(value, ast.Call) and _dotted(value.func, memory) in CLASS_MAKERS:
                return NOTHING
            shown = value
        case _:
            return NOTHING
    sites = memory.names[name].value.sites
    return frozenset(s for s in sites if s.definition is None or s.definition.node is not shown)


def _is_literal(node: ast.stmt, memory: Objects) -> bool:
    """Whether a statement names a container of constants: each run makes an equal one."""
    match node:
        case ast.Assign(targets=[ast.Name()], value=ast.Dict() | ast.List() | ast.Set() as value):
            return _is_default(value, memory)
        case _:
            return False


def _sets_up(node: ast.stmt, memory: Objects) -> bool:
    """Whether a call of the notebook's own function sets options and does nothing else."""
    record = memory.record
    return (
        bool(record.states or record.lost_option)
        and not (record.effects or record.calls)
        and isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Call)
        and _all_constant([*node.value.args, *node.value.keywords], memory)
    )


def _seed(node: ast.stmt, writes: dict[str, Write]) -> ReplayKind | None:
    """Seeding a global generator with a literal may be replayed, if that is all that happens."""
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and writes:
        literal = all(isinstance(item, ast.Constant) for item in node.value.args)
        if literal and all(name.startswith("<") for name in writes) and not node.value.keywords:
            return ReplayKind.CONSTANT
    return None


def _form(node: ast.stmt, memory: Objects) -> ReplayKind | None:
    match node:
        case ast.Import() | ast.ImportFrom():
            return ReplayKind.IMPORT
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            same = _is_definition(node, memory) and not memory.record.varies
            return ReplayKind.DEFINITION if same else None
        case ast.Assign(targets=targets, value=value):
            return _assignment(targets, value, memory)
        case ast.AnnAssign(value=None) | ast.Pass() | ast.Expr(value=ast.Constant()):
            return ReplayKind.CONSTANT
        case (
            ast.AnnAssign(target=target, value=ast.expr() as value)
            | ast.AugAssign(target=target, value=value)
        ):
            return _assignment([target], value, memory)
        case ast.If(test=test, body=body, orelse=orelse):
            inner = [*body, *orelse]
            return _block(inner, memory) if _is_constant(test, memory) else None
        case ast.Try():
            parts = [node.body, node.orelse, node.finalbody, *(h.body for h in node.handlers)]
            return _block([statement for part in parts for statement in part], memory)
        case ast.Expr(value=ast.Call() as call):  # such as `!pip install` where an import failed
            escape = escape_facts(call)
            return ReplayKind.SETTING if escape is not None and escape.setting else None
        case _:
            return None


def _is_definition(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, memory: Objects
) -> bool:
    """Whether a definition makes the same function or class each time."""
    if isinstance(node, ast.ClassDef):
        return all(_is_member(statement, memory) for statement in node.body)
    defaults = [*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)]
    return all(_is_default(default, memory) for default in defaults)


def _block(body: Sequence[ast.stmt], memory: Objects) -> ReplayKind | None:
    kinds = [_form(statement, memory) for statement in body]
    imports = any(kind in {ReplayKind.IMPORT, ReplayKind.DEFINITION} for kind in kinds)
    return ReplayKind.IMPORT if imports and all(kind is not None for kind in kinds) else None


def _assignment(targets: Sequence[ast.expr], value: ast.expr, memory: Objects) -> ReplayKind | None:
    if not all(_is_plain_target(target) for target in targets):
        return None
    if (isinstance(value, ast.Subscript) and _is_type(value, memory)) or _is_code(value, memory):
        return ReplayKind.DEFINITION
    if _names_options(value, memory):
        return ReplayKind.IMPORT
    if isinstance(value, ast.Call) and _dotted(value.func, memory) in CLASS_MAKERS:
        return ReplayKind.DEFINITION if _is_library_call(value, memory) else None
    if _is_view(value) and not _is_constant(value, memory):
        return ReplayKind.VIEW
    if isinstance(value, ast.Lambda):
        defaults = [*value.args.defaults, *(d for d in value.args.kw_defaults if d is not None)]
        safe = all(_is_default(default, memory) for default in defaults)
        return ReplayKind.DEFINITION if safe else None
    return ReplayKind.CONSTANT if _is_constant(value, memory) else None


def _names_options(node: ast.expr, memory: Objects) -> bool:
    """Whether `node` is where a library or the process keeps options: `plt.rcParams`, `decimal.getcontext()`."""
    if isinstance(node, ast.Call):
        return _dotted(node.func, memory) == "decimal.getcontext"
    return keeps_options(_dotted(node, memory))


def _is_code(node: ast.expr, memory: Objects) -> bool:
    """Whether `node` names a builtin or a maker of code, or makes code of constants: `partial(f, 2)`."""
    if isinstance(node, ast.Call):
        given = [*node.args, *(word.value for word in node.keywords)]
        makes = _is_decorator(node.func, memory) or _is_maker(node.func, memory)
        return makes and all(_is_default(item, memory) or _is_code(item, memory) for item in given)
    return (_dotted(node, memory) or "").startswith("builtins.") or _is_maker(node, memory)


def _is_maker(node: ast.expr, memory: Objects) -> bool:
    """Whether `node` names a function of a library whose results are code."""
    return memory.knowledge.function(_dotted(node, memory) or "").returns == "code"


def _is_decorator(node: ast.expr, memory: Objects) -> bool:
    """Whether `node` is a decorator that gives back what it gets: `lru_cache`, `lru_cache(None)`, or an alias."""
    if isinstance(node, ast.Call):
        return _is_decorator(node.func, memory)
    binding = memory.names.get(node.id) if isinstance(node, ast.Name) else None
    sites = binding.value.sites if binding is not None else NOTHING
    aliased = bool(sites) and all(site.type in DECORATORS for site in sites)
    return aliased or _dotted(node, memory) in DECORATORS


def _is_type(node: ast.expr, memory: Objects) -> bool:
    """Whether `node` is a type as annotations have them: `Callable[[int], str | None]`."""
    match node:
        case ast.Subscript(value=ast.Name() | ast.Attribute() as generic, slice=parts):
            known = _dotted(generic, memory) or ""
            return known.startswith(_GENERICS) and _is_type(parts, memory)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return all(_is_type(part, memory) for part in parts)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _is_type(left, memory) and _is_type(right, memory)
        case ast.Name(id=name) if name in memory.names:
            sites = memory.names[name].value.sites
            return all(site.definition is not None and site.definition.is_class for site in sites)
        case ast.Name() | ast.Attribute():
            return _dotted(node, memory) is not None
        case _:
            return isinstance(node, ast.Constant)


def _is_view(node: ast.expr) -> bool:
    """Whether `node` is a part of a variable: attributes and constant indices of a name."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        if isinstance(node, ast.Subscript) and names_read(node.slice):
            return False
        node = node.value
        if isinstance(node, ast.Name):
            return True
    return False


def _is_plain_target(target: ast.expr) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return all(_is_plain_target(part) for part in target.elts)
    return isinstance(target, ast.Name)


def _is_default(node: ast.expr, memory: Objects) -> bool:
    """Whether a default value is the same each time: a constant, or an empty or constant container."""
    if isinstance(node, ast.List | ast.Set):
        return all(_is_default(item, memory) for item in node.elts)
    if isinstance(node, ast.Dict):
        return all(_is_default(item, memory) for item in [*node.keys, *node.values] if item)
    return _is_constant(node, memory) or isinstance(node, ast.Lambda | ast.Attribute | ast.Name)


def _is_member(statement: ast.stmt, memory: Objects) -> bool:
    """Whether a statement of a class body does the same each time it runs."""
    match statement:
        case ast.Assign(value=value) | ast.AnnAssign(value=value) | ast.Expr(value=value):
            return value is None or _is_default(value, memory) or _is_library_call(value, memory)
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            return _form(statement, memory) is not None
        case _:
            return isinstance(statement, ast.Pass | ast.Import | ast.ImportFrom)


def _is_library_call(node: ast.expr, memory: Objects) -> bool:
    """Whether `node` calls a library with constants: `field(default=1)`, `auto()`."""
    if not isinstance(node, ast.Call) or _dotted(node.func, memory) is None:
        return False
    given = [*node.args, *(word.value for word in node.keywords)]
    return all(_is_default(item, memory) for item in given)


def _is_constant(node: ast.AST, memory: Objects) -> bool:
    match node:
        case ast.Name(id=name):
            binding = memory.names.get(name)
            return binding is None or not binding.value.sites
        case ast.Attribute():
            return _dotted(node, memory) is not None
        case ast.Call(func=function, args=arguments, keywords=keywords):
            dotted = _dotted(function, memory) or ""
            known = dotted in _CONSTANT_CALLS or dotted.startswith(_CONSTANT_MODULES)
            return known and _all_constant([*arguments, *keywords], memory)
        case _:
            return isinstance(node, _SIMPLE) and _all_constant(ast.iter_child_nodes(node), memory)


def _all_constant(nodes: Iterable[ast.AST], memory: Objects) -> bool:
    return all(_is_constant(node, memory) for node in nodes)


def _dotted(node: ast.expr, memory: Objects) -> str | None:
    """Return the full name of a library's object that `node` spells."""
    if isinstance(node, ast.Attribute):
        base = _dotted(node.value, memory)
        return None if base is None else f"{base}.{node.attr}"
    if isinstance(node, ast.Name):
        binding = memory.names.get(node.id)
        if binding is not None:
            return binding.value.dotted
        if node.id in BUILTINS:
            return f"builtins.{node.id}"
        starred = memory.starred_name(node.id)
        return starred.dotted if starred is not None else None
    return None
