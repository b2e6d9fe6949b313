"""Which diagnostics a user wants to ignore, or to take more or less seriously.

Comments in cells (`# nb2pipe: ignore[NB209]`) and settings (`ignore`, `severity`) say so. What
stands between the user and a wrong result stays an error, whatever they say: `Code.standing`.
"""

import difflib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from nb2pipe.diagnostics.codes import Code, Severity
from nb2pipe.diagnostics.model import Diagnostic, Span

_FAMILY = re.compile(r"NB(\d{1,2})X+")
_LENGTH = len("NB209")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Codes as a user names them: one (`NB209`), or a family (`NB2xx`)."""

    text: str
    codes: frozenset[Code]

    @classmethod
    def of(cls, text: str) -> "Selection":
        """Return the codes that `text` names, in any case.

        Raises:
            KeyError: there are none.
        """
        family = _FAMILY.fullmatch(text.upper())
        if family is None or len(text) != _LENGTH:
            code = Code.of(text)
            return cls(text=code.number, codes=frozenset([code]))
        start = f"NB{family[1]}"
        codes = frozenset(code for code in Code if code.number.startswith(start))
        if not codes:
            raise KeyError(text)
        return cls(text=start.ljust(_LENGTH, "x"), codes=codes)

    @property
    def single(self) -> Code | None:
        """The code, unless it is a family."""
        return next(iter(self.codes)) if self.text[-1].isdigit() else None


def similar_code(text: str) -> str:
    """Return a hint for a `text` that names no code."""
    families = {f"{code.number[:3]}xx" for code in Code}
    known = [*(code.number for code in Code), *sorted(families)]
    # A letter that looks like a digit is the usual slip.
    digits = text.upper().translate(str.maketrans("OIL", "011"))
    close = difflib.get_close_matches(digits.replace("X", "x"), known, n=1, cutoff=0.7)
    return f"did you mean `{close[0]}`?" if close else "`nb2pipe explain` lists all codes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What settings want to become of some codes: a severity, or None to ignore them.

    `span` is where they stand.
    """

    selection: Selection
    span: Span
    severity: Severity | None

    def covers(self, diagnostic: Diagnostic) -> bool:
        """Whether the verdict would ignore `diagnostic`, or lower it."""
        return diagnostic.code in self.selection.codes and self.lowers(diagnostic.severity)

    def lowers(self, severity: Severity) -> bool:
        """Whether `severity` is more than the verdict allows."""
        return self.severity is None or self.severity.is_lower_than(severity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignore:
    """What a comment wants to ignore: in its cell, or on the lines of one statement of it.

    `span` is where the comment names the codes.
    """

    selection: Selection
    span: Span
    lines: tuple[int, int] | None = None

    def covers(self, diagnostic: Diagnostic) -> bool:
        """Whether the comment is about `diagnostic`."""
        span = diagnostic.span
        if diagnostic.code not in self.selection.codes:
            return False
        if (span.notebook, span.cell) != (self.span.notebook, self.span.cell):
            return False
        if self.lines is None:
            return True
        return span.line is not None and self.lines[0] <= span.line <= self.lines[1]

    def lowers(self, _severity: Severity) -> bool:
        """Whether it is against a severity: against each."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything that a user wants of diagnostics; of the verdicts, later ones win."""

    verdicts: tuple[Verdict, ...] = ()
    ignores: tuple[Ignore, ...] = ()

    def judge(self, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """Return the diagnostics that are left, with the severity that they are to have."""
        judged = (self._judge(diagnostic) for diagnostic in diagnostics)
        return tuple(diagnostic for diagnostic in judged if diagnostic is not None)

    def _judge(self, diagnostic: Diagnostic) -> Diagnostic | None:
        firm = is_firm(diagnostic)
        if not firm and any(ignore.covers(diagnostic) for ignore in self.ignores):
            return None
        verdict = self._verdict_on(diagnostic.code)
        if verdict is None:
            return diagnostic
        if firm and verdict.lowers(diagnostic.severity):
            return diagnostic
        return None if verdict.severity is None else replace(diagnostic, severity=verdict.severity)

    def _verdict_on(self, code: Code) -> Verdict | None:
        """Return the verdict on `code`: one that names it wins over those for its family."""
        about = [verdict for verdict in self.verdicts if code in verdict.selection.codes]
        return max(
            reversed(about), key=lambda verdict: verdict.selection.single is code, default=None
        )


def is_firm(diagnostic: Diagnostic) -> bool:
    """Whether a diagnostic can neither be ignored nor lowered.

    An error of a code that usually is none was made one for a reason, too.
    """
    if diagnostic.is_error and diagnostic.code.severity is not Severity.ERROR:
        return True
    firm_from = diagnostic.code.standing.firm_from
    return firm_from is not None and not diagnostic.severity.is_lower_than(firm_from)


def _is_always_firm(code: Code) -> bool:
    return code.standing.firm_from is Severity.HINT


def _cannot_ignore(code: Code, span: Span) -> Diagnostic:
    return Diagnostic(
        code=Code.FIRM_CODE,
        span=span,
        message=f"`{code.number}` ({code.title}) can be neither ignored nor lowered:"
        f" {code.standing.reason}",
        hint=f"`nb2pipe explain {code.number}` says how to repair it",
    )


def check_policy(policy: Policy, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return what is to be said about the policy, given all that was found in the notebook."""
    found = tuple(diagnostics)
    # After an error, much that would have been found was not looked for.
    complete = not any(diagnostic.is_error and is_firm(diagnostic) for diagnostic in found)
    wishes: tuple[Verdict | Ignore, ...] = (*policy.verdicts, *policy.ignores)
    return (
        *(said for wish in wishes for said in _check_firm(wish, found)),
        *(said for ignore in policy.ignores if complete for said in _check_unused(ignore, found)),
    )


def _check_firm(wish: Verdict | Ignore, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Say which codes cannot be ignored: those that were found, and one that is named alone."""
    firm = {item.code for item in found if wish.covers(item) and is_firm(item)}
    single = wish.selection.single
    if single and _is_always_firm(single) and wish.lowers(single.severity):
        firm.add(single)
    for code in sorted(firm, key=lambda code: code.number):
        yield _cannot_ignore(code, wish.span)


def _check_unused(ignore: Ignore, found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    codes = ignore.selection.codes
    single = ignore.selection.single
    if single and _is_always_firm(single):
        return
    hint = "remove it from the comment"
    if any(item.code in codes and item.span.cell is None for item in found):
        hint = f'it is about the whole notebook: set `ignore = ["{ignore.selection.text}"]`'
    if all(code.found_by_check for code in codes) and not any(map(ignore.covers, found)):
        yield Diagnostic(
            code=Code.UNUSED_IGNORE,
            span=ignore.span,
            message=f"there is no `{ignore.selection.text}` to ignore"
            f" {'in this cell' if ignore.lines is None else 'on this line'}",
            hint=hint,
        )
