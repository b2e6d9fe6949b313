"""A manifest and sources as arguments that arrive unchanged and stay readable on the way."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

_ESCAPE = "\N{SYMBOL FOR ESCAPE}"
_FRAGILE = re.compile(
    # What a YAML block scalar or an argument cannot hold, and the escape itself;
    rf"[^\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]|{_ESCAPE}"
    # a blank that ends a line;
    r"| (?=\n|\Z)"
    # what starts a placeholder of Kubeflow or Argo, `{{`, or of Kubernetes, `$(` and `$$`.
    r"|\{(?=\{)|\$(?=[$(])"
)

# Linux takes 128 KiB in one argument; a character that is not armoured has up to three bytes.
_ARGUMENT_LENGTH = 40_000


def armour(text: str) -> str:
    """Replace what does not reach a container unchanged; normal code stays as it is.

    Each such character becomes `␛`, its code in hexadecimal digits, and `;`.
    """
    return _FRAGILE.sub(lambda match: f"{_ESCAPE}{ord(match[0]):x};", text)


def command_line(manifest: Mapping[str, Any], sources: Iterable[str]) -> list[str]:
    """Return the arguments after `python3 -c BOOTSTRAP BLOB`; those of the ports come last."""
    document = json.dumps(manifest, ensure_ascii=False, separators=(",", ":"))
    return [part for text in (document, *sources) for part in _split(armour(text))]


def _split(text: str) -> list[str]:
    """Split a text that is too long for one argument, at the end of a line if there is one.

    A part that is not the last ends with `␛`, which nothing armoured does.
    """
    parts = []
    while len(text) > _ARGUMENT_LENGTH:
        end = text.rfind("\n", 1, _ARGUMENT_LENGTH) + 1 or _ARGUMENT_LENGTH
        parts.append(text[:end] + _ESCAPE)
        text = text[end:]
    return [*parts, text]
