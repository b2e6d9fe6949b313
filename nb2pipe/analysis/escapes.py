"""What IPython's magics and shell commands do to variables and to hidden state."""

import ast
import re
import string
import symtable
from dataclasses import dataclass
from typing import Final

from nb2pipe.analysis.magics import Arguments, Row, magic_row, split_arguments
from nb2pipe.analysis.shell import shell_facts

ALL_NAMES: Final = "*"
"""Stands for all variables in `EscapeFacts.unbinds`."""

_IMPORTING: Final = frozenset({"%load_ext", "%reload_ext"})
_SHELL: Final = frozenset({"system", "system_piped", "system_raw", "getoutput", "getoutput_raw"})
# `$x` and `$x.y` outside single quotes; `$$x` is the shell's own.
_DOLLAR: Final = re.compile(r"\$(\$?[\w.]+)(?=(?:[^']*'[^']*')*[^']*$)")
_PLACEHOLDER: Final = re.compile(r"(?:(?<![:\w]):|\$\{?|\{\{?)\s*([A-Za-z_]\w*)")
_DEFINITION: Final = re.compile(
    r"^(?:(?:async\s+)?def\s+|(?:cdef\s+)?class\s+|cpdef\s[^(=\n]*?\b(?=\w+\s*\()|c?import\s+[\w.]+\s+as\s+"
    r"|c?import\s+)(\w+)",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EscapeFacts:
    """What an escape (`%magic`, `%%magic`, `!command`) does.

    Attributes:
        name: how it is written, without arguments: `%time`, `%%bash`, `!`.
        reads: variables whose values it uses if they exist; one that does not is no error.
        binds: variables that it sets.
        unbinds: variables that it deletes; `ALL_NAMES` stands for all.
        setting: it may be run again, silently, in every later step, and is needed there.
        state: hidden state that it reads or writes: `cwd`, `environ`, `files`, `history`,
            `namespace` (which variables exist), `kernel` (what only that of a notebook has), `input` (it
            waits for the user).
        writes_files: literal paths that it writes.
        opaque: it may read and change anything.
        quiet: it changes no variable and no state.
        star: modules whose public names it binds.
        folder: where it goes, if that is plain.
        reads_files: literal paths that it reads.
        modules: those that it imports.
    """

    name: str
    reads: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()
    unbinds: frozenset[str] = frozenset()
    setting: bool = False
    state: tuple[str, ...] = ()
    writes_files: tuple[str, ...] = ()
    opaque: bool = False
    quiet: bool = False
    star: tuple[str, ...] = ()
    folder: str | None = None
    reads_files: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()


def escape_facts(call: ast.Call) -> EscapeFacts | None:
    """Return what `call` does if it is a call of a method of `get_ipython()`, else None.

    The code of magics that run Python (`%time`) is no part of it: `parse_cell` has put it beside.
    """
    method = _shell_method(call.func)
    if method is None:
        return None
    constants = [item.value for item in call.args if isinstance(item, ast.Constant)]
    texts = [value for value in constants if isinstance(value, str)]
    if len(texts) != len(call.args) or call.keywords:
        return EscapeFacts(name=f"get_ipython().{method}", opaque=True)
    match method, texts:
        case ("run_line_magic", [name, line]):
            return _magic_facts(f"%{name}", line, "")
        case ("magic", [text]):
            name, _, line = text.lstrip("%").partition(" ")
            return _magic_facts(f"%{name}", line, "")
        case ("run_cell_magic", [name, line, body]):
            return _magic_facts(f"%%{name}", line, body)
        case (_, [command]) if method in _SHELL:
            return _command_facts("!", command, _expanded(command))
        case ("show_usage", []):
            return EscapeFacts(name="?", quiet=True)
        case _:
            return EscapeFacts(name=f"get_ipython().{method}", opaque=True)


def _shell_method(function: ast.expr) -> str | None:
    """Return `a.b` if `function` is `get_ipython().a.b`."""
    names: list[str] = []
    while isinstance(function, ast.Attribute):
        names.insert(0, function.attr)
        function = function.value
    match function:
        case ast.Call(func=ast.Name(id="get_ipython"), args=[]) if names:
            return ".".join(names)
        case _:
            return None


def _magic_facts(name: str, line: str, body: str) -> EscapeFacts:
    row = magic_row(name, line)
    if row is None:
        return EscapeFacts(name=name, reads=_expanded(line), opaque=True)
    given = split_arguments(line, row)
    reads = _expanded(line) if row.expands else frozenset()
    if row.shell is not None:
        text = {"line": line, "body": body, "alias": f"{name[1:]} {line}"}[row.shell]
        return _command_facts(name, text, reads, binds=_names(given, row.binds))
    hidden_code = row.code is not None and bool(body if name.startswith("%%") else given.rest)
    reads |= _read_names(row, given, f"{line}\n{body}")
    binds = _names(given, row.binds)
    if "definitions" in row.binds:
        binds |= frozenset(_DEFINITION.findall(body))
    unbinds = frozenset({ALL_NAMES}) if ALL_NAMES in row.unbinds else _names(given, row.unbinds)
    written = given.select(row.writes)
    state = tuple(dict.fromkeys((*row.state, *(["files"] if written else []))))
    opaque = row.effect == "opaque" or hidden_code
    setting = row.effect == "setting"
    return EscapeFacts(
        name=name,
        reads=reads,
        binds=binds,
        unbinds=unbinds,
        setting=setting,
        state=state,
        writes_files=tuple(path for path in written if _is_literal(path)),
        opaque=opaque,
        quiet=row.effect == "quiet" or not (opaque or setting or binds or unbinds or state),
        star=row.star,
        folder=_folder(name, given),
        reads_files=given.positional[:1] if name == "%run" else (),
        modules=given.positional[:1] if name in _IMPORTING else (),
    )


def _command_facts(
    name: str, command: str, reads: frozenset[str], binds: frozenset[str] = frozenset()
) -> EscapeFacts:
    facts = shell_facts(command)
    return EscapeFacts(
        name=name,
        reads=reads,
        binds=binds,
        setting=facts.setting,
        state=() if (facts.quiet or facts.setting) and not facts.writes else ("files",),
        writes_files=facts.writes,
        quiet=facts.quiet and not binds,
    )


# --- names


def _names(given: Arguments, references: tuple[str, ...]) -> frozenset[str]:
    words = (word for text in given.select(references) for word in re.split(r"[,\s]+", text))
    return frozenset(word for word in words if word.isidentifier())


def _read_names(row: Row, given: Arguments, text: str) -> frozenset[str]:
    """Return the variables in the arguments that `row.reads` names: each may be an expression."""
    reads: set[str] = set()
    for argument in given.select(row.reads):
        for part in argument.split(","):
            reads |= _free_names(part.partition("=")[2] or part)
    if "placeholders" in row.reads:
        reads |= set(_PLACEHOLDER.findall(text))
    return frozenset(reads)


def _expanded(line: str) -> frozenset[str]:
    """Return the variables that IPython puts into `line`: `{expression}`, `$x`, `${x}`, `$x.y`."""
    names: set[str] = set()
    try:
        for literal, field, spec, _ in string.Formatter().parse(line):
            if field is not None:
                names |= _free_names(f"{field}:{spec}" if spec else field)
            for match in _DOLLAR.finditer(literal):
                names |= _free_names(match[1].partition(".")[0])
    except ValueError:  # unbalanced braces: then IPython expands nothing
        return frozenset()
    return frozenset(names)


def _free_names(expression: str) -> frozenset[str]:
    """Return the names that `expression` takes from outside, none if it is not Python."""
    try:
        # In a scope of its own, what it takes from outside is global.
        table = symtable.symtable(f"lambda: (\n{expression}\n)", "<escape>", "eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset()
    return frozenset(_globals(table))


def _globals(table: symtable.SymbolTable) -> set[str]:
    inner = (_globals(child) for child in table.get_children())
    own = {} if table.get_type() == "module" else table.get_symbols()
    return {symbol.get_name() for symbol in own if symbol.is_global()}.union(*inner)


def _folder(name: str, given: Arguments) -> str | None:
    """Return where `%cd` goes when it names a folder: not a bookmark, `-`, or a place in the history."""
    plain = name == "%cd" and len(given.positional) == 1 and {n for n, _ in given.values} <= {"q"}
    path = given.positional[0] if plain else "-"
    return path if _is_literal(path) and not path.startswith("-") else None


def _is_literal(path: str) -> bool:
    return not re.search(r"[{}$]", path)
