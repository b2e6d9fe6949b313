"""Spans and diagnostics, as values."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final, cast

from nb2pipe.diagnostics.codes import Code, Severity


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Span:
    """A place in a notebook; every number counts from 1, columns count characters.

    `cell` counts all cells of the notebook, Markdown ones included. A span without a cell means the
    whole notebook (or, with a line, that line of another file), one without a line the whole cell.
    `end_column` is the column after the last character.
    """

    notebook: str
    cell: int | None = None
    cell_id: str | None = None
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None

    def __str__(self) -> str:
        text = self.notebook
        if self.cell is not None:
            text += f":cell {self.cell}"
            if self.line is not None:
                text += f":{self.line}"
                if self.column is not None:
                    text += f":{self.column}"
        elif self.line is not None:
            text += f":{self.line}"
        return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """Another place that has to do with a diagnostic, and how."""

    span: Span
    message: str


_OF_THE_CODE: Final = cast("Severity", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostic:
    """One thing to tell the user.

    `message` makes sense alone, in lower case and without a full stop; names of the user's stand in
    backticks. `hint` says what to type. `severity` is the code's own unless given.
    """

    code: Code
    span: Span
    message: str
    hint: str | None = None
    step: str | None = None
    related: tuple[Related, ...] = ()
    severity: Severity = _OF_THE_CODE

    def __post_init__(self) -> None:
        if self.severity is _OF_THE_CODE:
            object.__setattr__(self, "severity", self.code.severity)

    @property
    def is_error(self) -> bool:
        """Whether it stops a compilation."""
        return self.severity is Severity.ERROR

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values; the keys are the same for every diagnostic."""
        return {
            "code": self.code.number,
            "severity": self.severity.value,
            "message": self.message,
            "hint": self.hint,
            "step": self.step,
            **_span_to_json(self.span),
            "related": [
                {"message": related.message, **_span_to_json(related.span)}
                for related in self.related
            ],
        }


def diagnostic_from_json(document: Mapping[str, Any]) -> Diagnostic:
    """Return the diagnostic that `Diagnostic.to_json` made `document` of.

    Raises:
        KeyError, ValueError: it is of a version that has other codes.
    """
    return Diagnostic(
        code=Code.of(document["code"]),
        severity=Severity(document["severity"]),
        span=_span_from_json(document),
        message=document["message"],
        hint=document.get("hint"),
        step=document.get("step"),
        related=tuple(
            Related(span=_span_from_json(item), message=item["message"])
            for item in document.get("related", ())
        ),
    )


def _span_from_json(document: Mapping[str, Any]) -> Span:
    parts: dict[str, Any] = {field.name: document.get(field.name) for field in fields(Span)}
    return Span(**parts)


def _span_to_json(span: Span) -> dict[str, Any]:
    return {
        "notebook": span.notebook,
        "cell": span.cell,
        "cell_id": span.cell_id,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


class Nb2pipeError(Exception):
    """Base of everything that nb2pipe raises on purpose."""


class CompileError(Nb2pipeError):
    """A notebook could not be compiled; `diagnostics` says why, errors and all the rest."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        errors = [item for item in self.diagnostics if item.is_error]
        super().__init__(
            "\n".join(f"{item.code.number} {item.span}: {item.message}" for item in errors)
        )
