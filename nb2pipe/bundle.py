"""Everything that a step's container is started with: the packed runtime, a manifest and sources.

`python3 -c BOOTSTRAP runtime_blob() *command_line(…)` and then the ports run a step in an image
that has nothing but Python. The runtime's modules are packed into one module; what only people and
type checkers read is left out.
"""

import ast
import base64
import functools
import json
import re
import zlib
from dataclasses import asdict
from importlib.resources import files
from typing import Any

from nb2pipe.ir import Operation, Pipeline, Replay, Run, Step, Substitution

MANIFEST_SCHEMA = 1

# In an order in which a module comes after those that it imports.
MODULES = (
    "pickling", "store", "capture", "plain", "interactive", "execute", "report", "kubeflow", "main",
)  # fmt: skip

BOOTSTRAP = """\
import sys,os,zlib,base64,types,linecache
n="nb2pipe_runtime"
a=[os.fsencode(x).decode() for x in sys.argv[1:]]
s=zlib.decompress(base64.b85decode(a[0].replace(",","{").replace(".","$"))).decode()
linecache.cache[n]=len(s),None,s.splitlines(True),n
m=sys.modules[n]=types.ModuleType(n)
exec(compile(s,n,"exec"),vars(m))
m.main(a[1:])
"""

_ESCAPE = "\N{SYMBOL FOR ESCAPE}"
_FRAGILE = re.compile(
    # What a YAML block scalar or an argument cannot hold, the escape itself, a blank that ends a
    # line, what starts a placeholder of Kubeflow or Argo, and of Kubernetes: `{{`, `$(`, `$$`.
    rf"[^\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]|{_ESCAPE}| (?=\n|\Z)|{{(?={{)|\$(?=[$(])"
)
# Linux takes 128 KiB in one argument; a character that is not armoured has up to three bytes.
_ARGUMENT_LENGTH = 40_000


@functools.cache
def runtime_blob() -> str:
    """Return the runtime as one word that no engine expands: it has no braces before braces, no `$`."""
    packed = base64.b85encode(zlib.compress(runtime_source().encode(), 9)).decode()
    return packed.replace("{", ",").replace("$", ".")


@functools.cache
def runtime_source() -> str:
    """Return the runtime's modules as the source of one module."""
    imports: set[str] = set()
    body: list[ast.stmt] = []
    for name in MODULES:
        tree = ast.parse(files("nb2pipe").joinpath(f"runtime/{name}.py").read_text("utf-8"))
        for statement in _Strip().visit(tree).body:
            if not isinstance(statement, ast.Import | ast.ImportFrom):
                body.append(statement)
            elif not ast.unparse(statement).startswith(("from nb2pipe", "from typing")):
                imports.add(ast.unparse(statement))
    source = ast.unparse(ast.Module(body, []))
    return "\n".join([*sorted(imports), source]) + "\n"


class _Strip(ast.NodeTransformer):
    """Drops docstrings and annotations."""

    def visit_Module(self, node: ast.Module) -> ast.AST:
        return self._without_docstring(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._without_docstring(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.returns = None
        return self._without_docstring(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        node.returns = None
        return self._without_docstring(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(node.arg)

    def visit_If(self, node: ast.If) -> ast.AST | None:
        if ast.unparse(node.test) == "TYPE_CHECKING":
            return None
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST | None:
        if node.value is None:
            return None
        return ast.copy_location(ast.Assign([node.target], self.visit(node.value)), node)

    def _without_docstring(self, node: Any) -> ast.AST:
        if ast.get_docstring(node, clean=False) is not None:
            del node.body[0]
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node  # type: ignore[no-any-return]


def armour(text: str) -> str:
    """Replace what does not reach a container unchanged; normal code stays as it is.

    Each such character becomes `␛`, its code in hexadecimal digits, and `;`.
    """
    return _FRAGILE.sub(lambda match: f"{_ESCAPE}{ord(match[0]):x};", text)


def command_line(manifest: dict[str, Any], sources: list[str]) -> list[str]:
    """Return the arguments that follow `python3 -c BOOTSTRAP BLOB`; those of the ports come last."""
    document = json.dumps(manifest, ensure_ascii=False, separators=(",", ":"))
    return [part for text in (document, *sources) for part in _split(armour(text))]


def _split(text: str) -> list[str]:
    """Split a text that is too long for one argument, at line ends if there are any."""
    parts = []
    while len(text) > _ARGUMENT_LENGTH:
        end = text.rfind("\n", 1, _ARGUMENT_LENGTH) + 1 or _ARGUMENT_LENGTH
        parts.append(text[:end] + _ESCAPE)
        text = text[end:]
    return [*parts, text]


def manifest_of(pipeline: Pipeline, step: Step) -> tuple[dict[str, Any], list[str]]:
    """Return a step's manifest and the sources that it refers to, as `docs/manifest.md` describes."""
    sources: dict[str, int] = {}
    defaults = {parameter.name: parameter for parameter in pipeline.parameters}
    manifest = {
        "schema": MANIFEST_SCHEMA,
        "pipeline": pipeline.name,
        "notebook": pipeline.notebook,
        "step": step.name,
        "program": [_entry(pipeline, operation, sources) for operation in step.program],
        "inputs": {
            port.key: {"kind": port.kind, "step": port.step, "output": port.output}
            for port in step.inputs
        },
        "outputs": {
            port.key: {
                "names": port.names,
                "optional": port.optional,
                "kind": port.kind,
                "type": port.type,
            }
            for port in step.outputs
        },
        "parameters": {
            name: {"type": defaults[name].type, "default": defaults[name].default}
            for name in step.parameters
        },
        "metrics": step.metrics,
    }
    plain: dict[str, Any] = json.loads(json.dumps(manifest))
    return plain, list(sources)


def _entry(pipeline: Pipeline, operation: Operation, sources: dict[str, int]) -> dict[str, Any]:
    entry = asdict(operation)
    if not isinstance(operation, Replay | Run):
        return entry
    cell = pipeline.cells[operation.cell]
    source = operation.source if isinstance(operation, Replay) else cell.source
    entry |= {"number": cell.number, "source": sources.setdefault(source, len(sources))}
    if isinstance(operation, Run):
        entry["id"] = cell.id
        entry["substitutions"] = [_offsets(source, place) for place in operation.substitutions]
    if cell.notebook != pipeline.notebook:
        entry["notebook"] = cell.notebook
    return entry


def _offsets(source: str, place: Substitution) -> dict[str, Any]:
    lines = source.split("\n")

    def offset(line: int, column: int) -> int:
        return sum(len(before) + 1 for before in lines[: line - 1]) + column

    return {
        "name": place.name,
        "start": offset(place.line, place.column),
        "end": offset(place.end_line, place.end_column),
    }
