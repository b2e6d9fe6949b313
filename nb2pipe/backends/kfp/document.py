"""The text of a compiled file: YAML that people can read."""

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from yaml import SafeDumper
else:
    # The one in C is four times as fast; wheels have it, some distributions do not.
    SafeDumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

_WIDE = 2**16
# An anchored item up to the next line that is indented less than a block scalar's.
_ANCHOR = re.compile(r"^( *)- &(\w+) (.*\n(?:\1  .*\n)*)", re.MULTILINE)


class _Shared(str):
    """Text that is written once and referred to from then on."""

    __slots__ = ()


class _ReadableDumper(SafeDumper):
    """Writes text of several lines as a literal block, and shared text once."""

    def ignore_aliases(self, data: Any) -> bool:
        return not isinstance(data, _Shared)


def _represent_text(dumper: SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style=style)


_ReadableDumper.add_representer(str, _represent_text)
_ReadableDumper.add_representer(_Shared, _represent_text)


def render(documents: Iterable[Mapping[str, Any]], *, shared: Iterable[str], comment: str) -> str:
    """Return YAML documents as text.

    Args:
        documents: plain JSON values.
        shared: list items to write once, as an anchor that their other places refer to.
        comment: the file's first line.
    """
    once = {text: _Shared(text) for text in shared}
    body = yaml.dump_all(
        [_share(document, once) for document in documents],
        Dumper=_ReadableDumper,
        allow_unicode=True,
        sort_keys=True,
        width=_WIDE,
    )
    return f"# {comment}\n{body}"


def _share(value: Any, once: Mapping[str, _Shared]) -> Any:
    match value:
        case dict():
            return {key: _share(item, once) for key, item in value.items()}
        case list():
            return [
                once.get(item, item) if isinstance(item, str) else _share(item, once)
                for item in value
            ]
        case _:
            return value


def expanded_size(text: str) -> int:
    """Return how many bytes `text`, made by `render`, has when shared text is repeated."""
    size = len(text.encode())
    for _, name, block in _ANCHOR.findall(text):
        size += text.count(f"- *{name}\n") * len(block.encode())
    return size
