"""What to call a step: after its heading, else after what its code does."""

import re
from collections.abc import Container, Sequence
from typing import Final

from nb2pipe.frontend.values import valid_name

_HEADING: Final = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_FENCE: Final = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_MARKS: Final = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|<[^>]+>|\$[^$]*\$|[*`~]|&\w+;")
_NUMBERING: Final = re.compile(
    r"^\s*(?:(?:step|part|section|chapter)\s+)?[\dIVX]+(?:\.\d+)*\s*[.:)\-]?\s+", re.IGNORECASE
)
_DULL: Final = frozenset(
    {
        "a",
        "an",
        "and",
        "by",
        "for",
        "from",
        "in",
        "into",
        "its",
        "of",
        "on",
        "our",
        "the",
        "to",
        "we",
        "with",
    }
)
_WORDS, _LENGTH = 3, 30

# What code does, by what it says; the first that is found in it names the step.
_DEEDS: Final = tuple(
    (name, re.compile(pattern))
    for name, pattern in (
        ("train", r"\.fit\(|\.fit_transform\(.*y|\.train\(|\.backward\("),
        (
            "evaluate",
            r"accuracy|confusion_matrix|classification_report|\.score\(|_error\(|r2_score",
        ),
        ("predict", r"\.predict(_proba)?\("),
        ("load", r"\bread_\w+\(|\bload_\w+\(|\bfetch_\w+\(|\bopen\(|np\.load\("),
        ("save", r"\.to_(csv|parquet|pickle|json|excel)\(|\bdump\(|savefig\(|np\.save\("),
        ("split", r"train_test_split"),
        ("plot", r"\bplt\.|\bsns\.|\.plot\(|\.hist\(|\.scatter\("),
        ("clean", r"\.dropna\(|\.fillna\(|\.drop_duplicates\(|\.astype\("),
        ("summarise", r"\.groupby\(|\.describe\(|\.agg\(|\.value_counts\("),
        ("simulate", r"\brandom\b|\brng\b"),
    )
)


def heading_of(markdown: str) -> tuple[int, str] | None:
    """Return the level and the text of the largest heading, the first of several; None without one."""
    found = [
        (len(match[1]), match[2].strip()) for match in _HEADING.finditer(_FENCE.sub("", markdown))
    ]
    return min(found, key=lambda item: item[0], default=None)


def step_name_for(
    heading: str | None, sources: Sequence[str], taken: Container[str], *, default: str
) -> str:
    """Return a step name that is not taken (given in lower case).

    Args:
        heading: the heading above the step, None without one.
        sources: the code of its cells.
        taken: names of other steps.
        default: the name when neither says anything.
    """
    name = _from_heading(heading) if heading else None
    return _unique(name or _from_code("\n".join(sources)) or default, taken)


def _from_heading(heading: str) -> str | None:
    plain = _NUMBERING.sub("", _MARKS.sub(r"\1", heading))
    words = [word for word in re.split(r"[^\w]+", plain.lower()) if word]
    telling = [word for word in words if word not in _DULL] or words
    text = ""
    for word in telling[:_WORDS]:
        if len(text) + len(word) >= _LENGTH:
            break
        text += f"-{word}" if text else word
    return valid_name(text) if text else None


def _from_code(source: str) -> str | None:
    return next((name for name, pattern in _DEEDS if pattern.search(source)), None)


def _unique(name: str, taken: Container[str]) -> str:
    number, unique = 1, name
    while unique.lower() in taken:
        number += 1
        unique = f"{name}-{number}"
    return unique
