"""The checks of values that tags and settings share: names, quantities, durations."""

import difflib
import re
import unicodedata
from collections.abc import Iterable

MAX_NAME = 63

_LABEL_PART = r"[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_LABEL_KEY = re.compile(rf"(?:[a-z0-9](?:[-a-z0-9.]{{0,251}}[a-z0-9])?/)?{_LABEL_PART}")
_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_KUBERNETES_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")
_SECRET_KEY = re.compile(r"[-._a-zA-Z0-9]{1,253}")
_QUANTITY = re.compile(
    r"(?P<number>\d+\.?\d*|\.\d+)(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?"
)
_LOOSE_QUANTITY = re.compile(r"(\d+\.?\d*)\s*([kmgtp])i?b?", re.IGNORECASE)
_RESOURCES = ("cpu", "memory", "ephemeral-storage")
_DURATION = re.compile(r"(\d+)([smhd]?)")
_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_SWITCH = {
    **dict.fromkeys(("on", "enabled", "true", "yes"), True),
    **dict.fromkeys(("off", "disabled", "false", "no"), False),
}


class WrongValueError(ValueError):
    """A value is not allowed; `hint` says what is."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        self.hint = hint
        super().__init__(message)


def did_you_mean(word: str, words: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """Return a hint with the word most like `word`, None when none is."""
    close = difflib.get_close_matches(word, list(words), n=1, cutoff=cutoff)
    return f"did you mean `{close[0]}`?" if close else None


def step_name(text: str) -> str:
    """Return `text` as a step name, in Unicode's composed form.

    A name holds letters and digits of any script, `_`, and `-` between them.

    Raises:
        WrongValueError: it is no step name; the hint suggests one.
    """
    name = unicodedata.normalize("NFC", text)
    if not name:
        raise WrongValueError("a step needs a name", "write it after the colon: `step:load`")
    if len(name) > MAX_NAME:
        raise WrongValueError(
            f"the step name `{name[:20]}…` is longer than {MAX_NAME} characters",
            f"write `{valid_name(name)}`, or something shorter",
        )
    if name != valid_name(name):
        raise WrongValueError(
            f"`{name}` is no step name: it may hold letters, digits, `_` and `-`",
            f"write `{valid_name(name)}`",
        )
    return name


def valid_name(text: str) -> str:
    """Return the step name that is most like `text`."""
    normal = unicodedata.normalize("NFC", text)
    words = "".join(char if _in_name(char) else " " for char in normal).split()
    name = "-".join(words)
    while name and not (name[0].isalnum() or name[0] == "_"):
        name = name[1:]
    return name[:MAX_NAME].rstrip("-") or "step"


def _in_name(char: str) -> bool:
    # Marks (category M) are how many scripts write vowels.
    return char.isalnum() or char in "_-" or unicodedata.category(char).startswith("M")


def image(text: str) -> str:
    """Return `text` as the reference of a container image.

    Raises:
        WrongValueError: it is empty or holds a space.
    """
    if not text or any(char.isspace() for char in text):
        raise WrongValueError(
            f"`{text}` is no image reference", "write it as in `python:3.12` or `ghcr.io/me/it:1`"
        )
    return text


def resource(text: str) -> str:
    """Return `text` as the name of a Kubernetes resource.

    Raises:
        WrongValueError: Kubernetes has no such resource.
    """
    if "/" in text or text in _RESOURCES or text.startswith("hugepages-"):
        return text
    if text.lower() == "gpu":
        raise WrongValueError("`gpu` is no resource", "write `nvidia.com/gpu` or `amd.com/gpu`")
    raise WrongValueError(
        f"`{text}` is no resource",
        did_you_mean(text.lower(), _RESOURCES)
        or "resources are `cpu`, `memory`, `ephemeral-storage` and such as `nvidia.com/gpu`",
    )


def quantity(text: str, of: str) -> str:
    """Return `text` as a Kubernetes quantity of the resource `of`.

    Raises:
        WrongValueError: it is none, or devices are not counted in whole numbers.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise WrongValueError(
            f"`{text}` is no quantity of `{of}`",
            _suggested_quantity(text)
            or "write it as in `2`, `500m` (half a CPU), `4Gi` or `500M` (bytes)",
        )
    if "/" in of and not text.isdecimal():
        raise WrongValueError(f"`{of}` is counted in whole numbers, not `{text}`")
    return text


def _suggested_quantity(text: str) -> str | None:
    match = _LOOSE_QUANTITY.fullmatch(text)
    if match is None:
        return None
    number, unit = match.groups()
    return f"write `{number}{unit.upper()}i`"


def label_key(text: str) -> str:
    """Return `text` as the key of a Kubernetes label or annotation.

    Raises:
        WrongValueError: it is none.
    """
    if _LABEL_KEY.fullmatch(text) is None:
        raise WrongValueError(
            f"`{text}` is no key of a label or annotation",
            "a key is as in `team` or `example.com/team`",
        )
    return text


def is_label_value(text: str) -> bool:
    """Return whether Kubernetes allows `text` as the value of a label."""
    return not text or re.fullmatch(_LABEL_PART, text) is not None


def environment_name(text: str) -> str:
    """Return `text` as the name of an environment variable.

    Raises:
        WrongValueError: it is none.
    """
    if _ENV_NAME.fullmatch(text) is None:
        raise WrongValueError(
            f"`{text}` is no name of an environment variable",
            "a name holds letters, digits and `_`, and starts with no digit",
        )
    return text


def kubernetes_name(text: str, kind: str) -> str:
    """Return `text` as the name of a Kubernetes object; `kind` says which in the message.

    Raises:
        WrongValueError: it is none.
    """
    if _KUBERNETES_NAME.fullmatch(text) is None:
        raise WrongValueError(
            f"`{text}` is no name of a {kind}",
            "names hold small letters, digits, `-` and `.`",
        )
    return text


def secret_key(text: str) -> str:
    """Return `text` as a key inside a Kubernetes secret.

    Raises:
        WrongValueError: it is none.
    """
    if _SECRET_KEY.fullmatch(text) is None:
        raise WrongValueError(
            f"`{text}` is no key of a secret", "keys hold letters, digits, `-`, `_` and `.`"
        )
    return text


def duration(text: str) -> int:
    """Return the seconds that `text` (`90s`, `5m`, `2h`, `1d`, `3600`) stands for.

    Raises:
        WrongValueError: it is no duration, or none at all.
    """
    match = _DURATION.fullmatch(text.lower())
    seconds = int(match[1]) * _SECONDS[match[2]] if match and len(match[1]) < MAX_NAME else 0
    if seconds <= 0:
        raise WrongValueError(
            f"`{text}` is no duration", "write it as in `90s`, `5m`, `2h`, `1d` or `3600` (seconds)"
        )
    return seconds


def count(text: str) -> int:
    """Return the whole number in `text`, zero included.

    Raises:
        WrongValueError: it is none.
    """
    if not (text.isascii() and text.isdecimal()) or len(text) > len("1000000"):
        raise WrongValueError(f"`{text}` is no number of times", "write it as in `3`")
    return int(text)


def switch(text: str) -> bool:
    """Return whether `text` (`on`, `off`) is on.

    Raises:
        WrongValueError: it is neither.
    """
    if text.lower() not in _SWITCH:
        raise WrongValueError(f"`{text}` is neither `on` nor `off`", "write `on` or `off`")
    return _SWITCH[text.lower()]
