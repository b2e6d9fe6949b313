"""The tags of one cell together: which are ours, what they say, and where they are wrong."""

import difflib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from nb2pipe.diagnostics import Code, Diagnostic, Severity, Span
from nb2pipe.frontend import kale_tags, values
from nb2pipe.frontend.declarations import Declaration, contradict
from nb2pipe.frontend.layout import Role
from nb2pipe.frontend.options import entries
from nb2pipe.frontend.tags import (
    ALIASES,
    FORMS,
    ROLES,
    LabelTag,
    NotebookTag,
    OptionTag,
    PrevTag,
    RoleTag,
    StepTag,
    Tag,
    TagError,
    parse_tag,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CellTags:
    """What the tags of a cell say, free of contradictions."""

    step: str | None = None
    role: Role | None = None
    include: str | None = None
    prev: tuple[str, ...] = ()
    options: tuple[OptionTag, ...] = ()
    declared: tuple[Declaration, ...] = ()

    @property
    def asks(self) -> tuple[Tag, ...]:
        """What the tags say besides where the cell belongs."""
        return (*self.options, *self.declared)


# What other tools put on cells: Jupyter Book and nbconvert, papermill, nbval, nbsphinx, jupytext,
# snakemake, nbgrader, JupyterLab. Some resemble ours.
_FOREIGN = re.compile(
    r"""(?: hide | remove | scroll | keep | show | active | nbval | nbsphinx | papermill | thebe
          | snakemake | injected | output | raises | full | margin | slideshow | editable )
        (?: [-_:] .* )? | .*_hidden | injected[-_]parameters | (?:ci[-_])?skip[-_].*""",
    re.IGNORECASE | re.VERBOSE,
)
_BARE_CUTOFF = 0.8
_KEYWORD_CUTOFF = 0.75


def read_cell_tags(texts: Sequence[str], span: Span) -> tuple[CellTags, tuple[Diagnostic, ...]]:
    """Return what the tags of the cell at `span` say, and what is wrong with them."""
    tags: list[Tag] = []
    diagnostics: list[Diagnostic] = []
    continues = any(kale_tags.continues(text) for text in texts)
    for text in texts:
        tag, found = read_tag(text, span)
        if continues and isinstance(tag, PrevTag):
            diagnostics.append(_left_over(tag, span))
            continue
        diagnostics.extend(found)
        if tag is not None and tag not in tags:
            tags.append(tag)
    diagnostics.extend(_contradictions(tags, span))
    return _gather(tags), tuple(diagnostics)


def read_tag(text: str, span: Span) -> tuple[Tag | None, tuple[Diagnostic, ...]]:
    """Return the tag that `text` spells in any vocabulary; None for what is not ours, or wrong."""
    current = kale_tags.modernise(text)
    if current is None:
        return None, ()
    try:
        tag = parse_tag(current)
    except TagError as error:
        diagnostic = (
            _unknown(text, span) if error.code is Code.UNKNOWN_TAG else _wrong(text, error, span)
        )
        return None, (diagnostic,) if diagnostic else ()
    return tag, tuple(_doubts(tag, span))


def _wrong(text: str, error: TagError, span: Span) -> Diagnostic:
    # A keyword without its value may well be another tool's tag, and Kale allows a bare `step:`.
    bare = ":" not in text or text.replace(" ", "").lower() == "step:"
    return Diagnostic(
        code=error.code,
        span=span,
        message=f"{error}, and is ignored" if bare else str(error),
        hint=error.hint,
        severity=Severity.WARNING if bare else error.code.severity,
    )


def _unknown(text: str, span: Span) -> Diagnostic | None:
    """Report a tag that resembles ours or has their form; the rest belongs to other tools."""
    if _FOREIGN.fullmatch(text.strip()):
        return None
    meant = _meant(text.strip())
    if meant is not None:
        return Diagnostic(
            code=Code.UNKNOWN_TAG,
            span=span,
            message=f"`{text}` is no tag",
            hint=f"did you mean `{meant}`?",
        )
    dashed = re.fullmatch(r"(step|prev|after)[-_](\S+)", text.strip(), re.IGNORECASE)
    if dashed is None and ":" not in text:
        return None
    return Diagnostic(
        code=Code.UNKNOWN_TAG,
        span=span,
        message=f"`{text}` is no tag of nb2pipe, and is ignored",
        hint=f"did you mean `{dashed[1].lower()}:{dashed[2]}`?" if dashed else None,
        severity=Severity.WARNING,
    )


def _meant(text: str) -> str | None:
    """Return the tag that somebody who wrote `text` most likely meant."""
    separated = re.fullmatch(r"(\w+)\s*[=;]\s*(.+)|(step|prev|after)\s+(\S+)", text, re.IGNORECASE)
    if separated and (keyword := (separated[1] or separated[3]).lower()) in {*FORMS, *ALIASES}:
        return f"{keyword}:{separated[2] or separated[4]}"
    keyword, colon, value = text.partition(":")
    keyword = keyword.strip().lower()
    if not colon:
        words = (*ROLES, "parameters")
        close = difflib.get_close_matches(keyword.replace("_", "-"), words, 1, _BARE_CUTOFF)
        return close[0] if close else None
    words = (*FORMS, "after", "block")
    close = difflib.get_close_matches(keyword, words, cutoff=_KEYWORD_CUTOFF)
    # `pre` is as near to `prev` as to `pure`, but begins like the one.
    best = max(close, key=lambda word: word.startswith(keyword[:2]), default=None)
    return f"{best}:{value.strip()}" if best else None


def _doubts(tag: Tag, span: Span) -> Iterator[Diagnostic]:
    if isinstance(tag, LabelTag) and not values.is_label_value(tag.value):
        yield Diagnostic(
            code=Code.BAD_TAG_VALUE,
            span=span,
            message=f"Kubernetes refuses `{tag.value}` as the value of a label",
            hint=f"labels hold letters, digits, `-`, `_` and `.`; use `annotation:{tag.key}:…`",
            severity=Severity.WARNING,
        )


def _left_over(tag: PrevTag, span: Span) -> Diagnostic:
    return Diagnostic(
        code=Code.TAG_WITHOUT_EFFECT,
        span=span,
        message=f"`{tag}` has no effect: the empty `block:` continues the step above, as in Kale",
        hint="put it on the first cell of the step",
    )


# --- all tags of a cell


def _contradictions(tags: list[Tag], span: Span) -> Iterator[Diagnostic]:
    placing = [tag for tag in tags if isinstance(tag, (StepTag, RoleTag, NotebookTag))]
    if len(placing) > 1 and not _fit(placing):
        yield _conflict(placing, span, "a cell is one of them")
    seen: dict[tuple[str, str], OptionTag] = {}
    for tag in tags:
        if isinstance(tag, (StepTag, RoleTag, NotebookTag, PrevTag, Declaration)):
            continue
        for key in entries(tag.options()):
            if key in seen:
                yield _conflict([seen[key], tag], span, "keep one of them")
            seen.setdefault(key, tag)
    declared = [tag for tag in tags if isinstance(tag, Declaration)]
    for first, second in combinations(declared, 2):
        if contradict(first, second):
            yield _conflict([first, second], span, "keep the one that is true")


def _fit(tags: list[StepTag | RoleTag | NotebookTag]) -> bool:
    """Whether a cell may carry all these: one step, and what the cell is for in it."""
    steps = [tag for tag in tags if isinstance(tag, StepTag)]
    roles = [tag for tag in tags if isinstance(tag, RoleTag) and tag.role is not Role.SKIP]
    return len(steps) == len(roles) == 1 and len(tags) == len(steps) + len(roles)


def _conflict(tags: Iterable[Tag], span: Span, hint: str) -> Diagnostic:
    names = [f"`{tag}`" for tag in tags]
    return Diagnostic(
        code=Code.CONFLICTING_TAGS,
        span=span,
        message=f"the tags {', '.join(names[:-1])} and {names[-1]} contradict each other",
        hint=hint,
    )


def _gather(tags: list[Tag]) -> CellTags:
    step = role = include = None
    prev: list[str] = []
    options: list[OptionTag] = []
    declared: list[Declaration] = []
    for tag in tags:
        match tag:
            case StepTag():
                step = step or tag.name
            case RoleTag():
                role = role or tag.role
            case NotebookTag():
                include = include or tag.name
            case PrevTag():
                prev.extend(name for name in tag.names if name not in prev)
            case Declaration():
                declared.append(tag)
            case _:
                options.append(tag)
    return CellTags(
        step=step,
        role=role,
        include=include,
        prev=tuple(prev),
        options=tuple(options),
        declared=tuple(declared),
    )
