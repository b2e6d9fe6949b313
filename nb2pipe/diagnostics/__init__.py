"""What nb2pipe says about a notebook: codes, spans and diagnostics.

Everything that a user did wrong is reported as a `Diagnostic`, never as a bare exception. Passes
collect diagnostics; entry points print them all at once.
"""

from nb2pipe.diagnostics.codes import Code, Severity
from nb2pipe.diagnostics.model import (
    CompileError,
    Diagnostic,
    Nb2pipeError,
    Related,
    Span,
    diagnostic_from_json,
)

__all__ = [
    "Code",
    "CompileError",
    "Diagnostic",
    "Nb2pipeError",
    "Related",
    "Severity",
    "Span",
    "diagnostic_from_json",
]
