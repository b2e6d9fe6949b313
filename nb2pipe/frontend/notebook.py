"""Reading a notebook: from a file to frozen cells, or to diagnostics that say why not."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nb2pipe.diagnostics import Code, Diagnostic, Severity, Span
from nb2pipe.frontend.document import Document, RefusedError, load_document
from nb2pipe.frontend.text_notebook import TEXT_SUFFIXES, load_text_notebook

SUFFIXES = frozenset({".ipynb", *TEXT_SUFFIXES})
"""What names of notebook files end with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotebookCell:
    """A cell of any type; `number` counts all cells of the notebook from 1."""

    number: int
    id: str
    cell_type: str
    source: str
    metadata: Mapping[str, Any] = field(default_factory=dict)
    attachments: Mapping[str, Any] = field(default_factory=dict)

    @property
    def tags(self) -> tuple[str, ...]:
        """The cell's tags; anything that is no text is left out."""
        tags = self.metadata.get("tags")
        return tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else ()

    @property
    def is_code(self) -> bool:
        """Whether it is a code cell."""
        return self.cell_type == "code"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notebook:
    """A notebook as it was read.

    `path` is what the user typed. `document` is the whole notebook as JSON of format 4.5, for
    whoever writes an executed copy of it: it is shared, so copy it before changing anything.
    """

    path: str
    metadata: Mapping[str, Any]
    cells: tuple[NotebookCell, ...]
    python_version: str | None
    document: Document = field(repr=False, compare=False)

    def span(self, cell: NotebookCell | None = None) -> Span:
        """Return the place of a cell, or of the whole notebook."""
        if cell is None:
            return Span(notebook=self.path)
        return Span(notebook=self.path, cell=cell.number, cell_id=cell.id)


def read_notebook(path: Path) -> tuple[Notebook | None, tuple[Diagnostic, ...]]:
    """Read the notebook at `path`: `.ipynb`, or `.py` and `.md` through jupytext.

    Returns:
        The notebook, None when it cannot be used, and what is to be said about it.
    """
    try:
        text = _read_text(path)
    except RefusedError as error:
        return None, error.diagnostics
    return parse_notebook(text, name=str(path))


def parse_notebook(text: str, *, name: str) -> tuple[Notebook | None, tuple[Diagnostic, ...]]:
    """Read a notebook from its text; `name` is its path, whose suffix decides the format.

    Returns:
        The notebook, None when it cannot be used, and what is to be said about it.
    """
    load = load_text_notebook if Path(name).suffix in TEXT_SUFFIXES else load_document
    try:
        document = load(text, name)
    except RefusedError as error:
        return None, error.diagnostics
    notebook = Notebook(
        path=name,
        metadata=document["metadata"],
        cells=tuple(_cell(number, cell) for number, cell in enumerate(document["cells"], 1)),
        python_version=_python_version(document["metadata"]),
        document=document,
    )
    diagnostics = tuple(
        diagnostic
        for check in (_check_kernel, _check_code, _check_python)
        if (diagnostic := check(notebook)) is not None
    )
    return (None if any(item.is_error for item in diagnostics) else notebook), diagnostics


def _read_text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise _unreadable(path, "there is no such file", _similar_file(path)) from error
    except IsADirectoryError as error:
        raise _unreadable(path, "it is a folder", "name a notebook in it") from error
    except PermissionError as error:
        raise _unreadable(path, "its permissions forbid it") from error
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise _unreadable(path, reason.lower()) from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        reason = f"it is not UTF-8 text (byte {error.start}, line {line})"
        if content.startswith((b"\xff\xfe", b"\xfe\xff")):
            reason = "it is UTF-16 text"
        raise _unreadable(path, reason, "save the file as UTF-8") from error


def _unreadable(path: Path, reason: str, hint: str | None = None) -> RefusedError:
    return RefusedError(
        Diagnostic(
            code=Code.UNREADABLE,
            span=Span(notebook=str(path)),
            message=f"`{path}` cannot be read: {reason}",
            hint=hint,
        )
    )


def _similar_file(path: Path) -> str | None:
    try:
        names = [other.name for other in path.parent.iterdir() if other.suffix == path.suffix]
    except OSError:
        return None
    similar = difflib.get_close_matches(path.name, names, n=1)
    return f"did you mean `{path.with_name(similar[0])}`?" if similar else None


def _cell(number: int, cell: dict[str, Any]) -> NotebookCell:
    attachments = cell.get("attachments")
    return NotebookCell(
        number=number,
        id=cell["id"],
        cell_type=cell["cell_type"],
        source=cell["source"],
        metadata=cell["metadata"],
        attachments=attachments if isinstance(attachments, dict) else {},
    )


# --- the kernel


def _entry(metadata: Mapping[str, Any], section: str, key: str) -> str:
    """Return a text of the kernel's metadata, which anybody may have written by hand."""
    part = metadata.get(section)
    value = part.get(key) if isinstance(part, dict) else None
    return value if isinstance(value, str) else ""


def _python_version(metadata: Mapping[str, Any]) -> str | None:
    return _entry(metadata, "language_info", "version") or None


def _is_python(name: str) -> bool:
    return name.lower().startswith(("python", "ipython"))


def _check_kernel(notebook: Notebook) -> Diagnostic | None:
    """Refuse other languages; a notebook that does not name any is taken for Python."""
    language = _entry(notebook.metadata, "language_info", "name")
    kernel = _entry(notebook.metadata, "kernelspec", "name")
    named = (
        language
        or _entry(notebook.metadata, "kernelspec", "language")
        or _KERNELS.get(kernel.lower().partition("-")[0], "")
    )
    if not named or _is_python(named) or (named == "none" and _is_python(kernel)):
        return None
    return Diagnostic(
        code=Code.OTHER_KERNEL,
        span=notebook.span(),
        message=f"the notebook's kernel runs `{named}`, not Python",
    )


# Kernels that say their language only by their name.
_KERNELS = {"ir": "R", "julia": "julia", "bash": "bash", "scala": "scala", "deno": "typescript"}


def _check_python(notebook: Notebook) -> Diagnostic | None:
    version = notebook.python_version or ""
    if not version.startswith("2."):
        return None
    return Diagnostic(
        code=Code.OTHER_KERNEL,
        span=notebook.span(),
        message=f"the notebook was last run with Python {version}; its steps run with Python 3",
        severity=Severity.WARNING,
    )


def _check_code(notebook: Notebook) -> Diagnostic | None:
    if any(cell.is_code and (cell.source.strip() or _is_include(cell)) for cell in notebook.cells):
        return None
    if _check_kernel(notebook) is not None:
        return None
    code_cells = any(cell.is_code for cell in notebook.cells)
    return Diagnostic(
        code=Code.NO_CODE,
        span=notebook.span(),
        message="every code cell is empty" if code_cells else "the notebook has no code cell",
    )


def _is_include(cell: NotebookCell) -> bool:
    """Whether the cell stands for another notebook: it has no code of its own."""
    return any(tag.strip().lower().startswith("notebook:") for tag in cell.tags)
