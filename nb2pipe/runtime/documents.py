"""Store documents of Beautiful Soup as trees: its own way writes them out and reads them again, as other objects.

Only steps of notebooks that import `bs4` have this module, in their manifest.
"""

from typing import Any


def reduce_document(document: Any) -> Any:
    """Return what makes a document again, as `object.__reduce_ex__` does, with the very tags that variables have."""
    content = {**vars(document)}
    builder = content.get("builder")
    if not getattr(builder, "picklable", True):
        content["builder"] = type(builder)
    return rebuild_document, (type(document),), content, None, None, restore_document


def rebuild_document(kind: Any) -> Any:
    """Return a document without anything in it."""
    return kind.__new__(kind)


def restore_document(document: Any, content: Any) -> None:
    """Give a document its parts."""
    vars(document).update(content)


def install(_start: Any, _settings: Any, _reducers: Any, ways: list[Any]) -> None:
    """Add to `ways` what stores documents."""
    ways.append(("bs4", "BeautifulSoup", reduce_document))
