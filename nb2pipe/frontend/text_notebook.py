"""Percent scripts (.py) and Markdown notebooks (.md), through jupytext."""

import json
from pathlib import Path

from nb2pipe.diagnostics import Code, Diagnostic, Span
from nb2pipe.frontend.document import Document, RefusedError, complete

TEXT_SUFFIXES = frozenset({".py", ".md"})


def load_text_notebook(text: str, path: str) -> Document:
    """Return the notebook document that jupytext makes of `text`.

    Raises:
        RefusedError: jupytext is not installed, or cannot read the text.
    """
    try:
        import jupytext
    except ImportError as error:
        raise _refuse(
            Code.TEXT_NOTEBOOK,
            path,
            f"reading `{path}` needs jupytext, which is not installed",
            "run `pip install 'nb2pipe[text]'`",
        ) from error
    try:
        notebook = jupytext.reads(text, fmt={"extension": Path(path).suffix})
    except Exception as error:  # any parser may be behind it, with errors of its own
        raise _refuse(
            Code.NOT_A_NOTEBOOK, path, f"jupytext cannot read `{path}`: {error}", None
        ) from error
    document: Document = json.loads(json.dumps(notebook))
    for cell in document["cells"]:
        cell.pop("id", None)  # jupytext draws them at random
    return complete(document, path)


def _refuse(code: Code, path: str, message: str, hint: str | None) -> RefusedError:
    return RefusedError(Diagnostic(code=code, span=Span(notebook=path), message=message, hint=hint))
