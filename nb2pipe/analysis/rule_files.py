"""Rule folders of the user: what is wrong with a file is a diagnostic with its line.

The built-in files are checked by the tests instead, so that reading them stays quick.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from nb2pipe.analysis.knowledge import EFFECTS, Knowledge, load_knowledge
from nb2pipe.analysis.states import GENERATORS
from nb2pipe.diagnostics import Code, Diagnostic, Span
from nb2pipe.frontend.values import did_you_mean

RETURNS: Final = (
    "fresh",
    "none",
    "shallow",
    "copy",
    "elements",
    "holds",
    "view",
    "self",
    "code",
    "unknown",
)
STATES: Final = GENERATORS

_TOP: Final = (
    "modules",
    "functions",
    "types",
    "methods",
    "attributes",
    "addresses",
    "linked",
    "counters",
    "rules",
)
_GROUP: Final = ("names", "module")
_TYPE: Final = (
    "made_by",
    "methods",
    "default",
    "state",
    "attributes",
    "slices",
    "forgets",
    "parts",
    "contents",
)
_RULE: Final = ("id", "contains", "rule", "mutates", "constraints")
_KEY_LISTS: Final = frozenset({"mutates", "aliases", "draws"})
_KEYS: Final = frozenset({"reads_file", "writes_file"})
_LISTS: Final = {"unless": "keywords", "when": "keywords", "spares": "types"}
_SWITCHES: Final = frozenset({"keeps", "deep", "unstorable", "recreate", "calls"})

# A node of the composed YAML document; PyYAML's types are not known to the type checker.
Node = Any
Problem = tuple[Node, str, str | None]


def read_rules(folders: Sequence[Path]) -> tuple[Knowledge, tuple[Diagnostic, ...]]:
    """Return what is known with the rules in `folders`, and what is wrong with these."""
    files = [path for folder in folders for path in sorted(folder.glob("*.yaml"))]
    diagnostics = tuple(found for path in files for found in _check_file(path))
    return load_knowledge(() if diagnostics else folders), diagnostics


def _check_file(path: Path) -> Iterator[Diagnostic]:
    import yaml  # noqa: PLC0415 -- only needed when there are such files

    try:
        document = next(yaml.compose_all(path.read_text(encoding="utf-8"), yaml.SafeLoader), None)
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        yield _diagnostic(path, None, f"it cannot be read: {reason.lower()}")
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = f"it is not valid YAML: {error.problem or error.context}"
        yield _diagnostic(path, mark.line + 1 if mark else None, reason)
    except yaml.YAMLError as error:
        yield _diagnostic(path, None, f"it is not valid YAML: {str(error).splitlines()[0]}")
    else:
        if document is not None:
            for node, message, hint in _document(document):
                yield _diagnostic(path, node.start_mark.line + 1, message, hint)


def _diagnostic(path: Path, line: int | None, message: str, hint: str | None = None) -> Diagnostic:
    place = f"`{path.name}`, line {line}" if line is not None else f"`{path.name}`"
    return Diagnostic(
        code=Code.BAD_RULES,
        span=Span(notebook=str(path), line=line),
        message=f"{place}: {message}",
        hint=hint,
    )


# --- the parts of a document


def _document(node: Node) -> Iterator[Problem]:
    readers: dict[str, Callable[[Node], Iterator[Problem]]] = {
        "functions": lambda table: _table(table, _row),
        "methods": lambda table: _table(table, _row),
        "types": lambda table: _table(table, _type),
        "rules": _rules,
        "modules": _words,
        "attributes": _words,
        "addresses": _words,
        "linked": _words,
        "counters": lambda table: _table(table, _text),
    }
    for key, value in _items(node):
        yield from readers[key.value](value) if key.value in _TOP else _unknown(key, _TOP)
    yield from _not_a_mapping(node)


def _table(node: Node, reader: Callable[[Node], Iterator[Problem]]) -> Iterator[Problem]:
    for _, value in _items(node):
        yield from reader(value)
    yield from _not_a_mapping(node)


def _text(node: Node) -> Iterator[Problem]:
    if not isinstance(_plain(node), str):
        yield node, "must be a text", None


def _row(node: Node) -> Iterator[Problem]:
    known = (*EFFECTS, *_GROUP)
    for key, value in _items(node):
        if key.value not in known:
            yield from _unknown(key, known)
        elif key.value in _GROUP:
            yield from _words(value)
        else:
            wrong = _wrong_value(key.value, _plain(value))
            if wrong is not None:
                yield value, f"`{key.value}` {wrong}", None
    yield from _not_a_mapping(node)


def _type(node: Node) -> Iterator[Problem]:
    for key, value in _items(node):
        match key.value:
            case "methods":
                yield from _table(value, _row)
            case "default":
                yield from _row(value)
            case "made_by" | "attributes" | "forgets":
                yield from _words(value)
            case "parts" | "contents":
                yield from _table(value, _text)
            case "state" | "slices":
                wrong = _wrong_value(key.value, _plain(value))
                if wrong is not None:
                    yield value, f"`{key.value}` {wrong}", None
            case _:
                yield from _unknown(key, _TYPE)
    yield from _not_a_mapping(node)


def _rules(node: Node) -> Iterator[Problem]:
    plain = _plain(node)
    if not isinstance(plain, list):
        yield node, "`rules` must be a list", None
        return
    for item, row in zip(node.value, plain, strict=True):
        for key, _ in _items(item):
            if key.value not in _RULE:
                yield from _unknown(key, _RULE)
        missing = [key for key in ("id", "rule") if not (isinstance(row, dict) and key in row)]
        if missing:
            yield item, f"a rule must have `{missing[0]}`", None
        elif (reason := _does_not_compile(row)) is not None:
            yield item, f"ast-grep does not take the rule `{row['id']}`: {reason}", None


def _does_not_compile(row: Mapping[str, Any]) -> str | None:
    from ast_grep_py import SgRoot  # noqa: PLC0415 -- only needed when there are such rules

    config: Any = {"rule": row["rule"], "constraints": row.get("constraints") or {}}
    try:
        SgRoot("x", "python").root().find_all(config)
    except Exception as error:  # noqa: BLE001 -- ast-grep raises nothing more special
        return str(error).splitlines()[0]
    return None


def _words(node: Node) -> Iterator[Problem]:
    plain = _plain(node)
    if not isinstance(plain, str) and not (
        isinstance(plain, list) and all(isinstance(word, str) for word in plain)
    ):
        yield node, "names must be a text, with spaces between them, or a list", None


def _wrong_value(key: str, value: object) -> str | None:
    """Return what is wrong with the value of an effect."""
    is_key = isinstance(value, (int, str)) and not isinstance(value, bool)
    if key in _KEY_LISTS:
        fine = isinstance(value, list) and all(isinstance(item, (int, str)) for item in value)
        return None if fine else "must be a list of positions and keywords: `[0, out, self]`"
    if key in _KEYS:
        return None if is_key else "must be a position, a keyword or `self`"
    if key == "returns":
        return None if value in RETURNS else f"must be one of {', '.join(RETURNS)}"
    if key in {"state", "seeds"}:
        return None if value in STATES else f"must be one of {', '.join(STATES)}"
    if key in _SWITCHES:
        return None if isinstance(value, bool) else "must be `true` or `false`"
    if key in _LISTS:
        return None if isinstance(value, list) else f"must be a list of {_LISTS[key]}"
    if key == "setting":
        return None if isinstance(value, (bool, str)) else "must be `true` or a keyword"
    return None if isinstance(value, str) else "must be a text"


# --- nodes


def _items(node: Node) -> Iterator[tuple[Node, Node]]:
    """Yield the keys and values of a mapping; a merge key (`<<`) brings in checked ones."""
    if node.id == "mapping":
        yield from ((key, value) for key, value in node.value if key.value != "<<")


def _plain(node: Node) -> Any:
    import yaml  # noqa: PLC0415 -- as above

    return yaml.constructor.SafeConstructor().construct_object(node, deep=True)


def _not_a_mapping(node: Node) -> Iterator[Problem]:
    if node.id != "mapping" and _plain(node) is not None:
        yield node, "a table `key: value` must stand here", None


def _unknown(key: Node, known: Sequence[str]) -> Iterator[Problem]:
    hint = did_you_mean(str(key.value), known) or f"known are: {', '.join(known)}"
    yield key, f"`{key.value}` is not known here", hint
