"""What to type instead of code that Python refuses, where that is obvious."""

import re
from typing import Final

from nb2pipe.analysis.magics import is_automagic

_NEWER: Final = "if this is the syntax of a newer Python, run nb2pipe with that Python"
# Pattern of Python's message, pattern of the line, hint. The first row that fits both counts.
_HINTS: Final = tuple(
    (re.compile(message), re.compile(line), hint)
    for message, line, hint in (
        (r"call to 'print'", "", "this is Python 2: put parentheses, `print(...)`"),
        (r"call to 'exec'", "", "this is Python 2: put parentheses, `exec(...)`"),
        (r"multiple exception types", "", "put parentheses around the exception types"),
        (r"leading zeros", "", "write an octal number as `0o...`"),
        (r"invalid (decimal|hexadecimal) literal", r"\d[lL]\b", "this is Python 2: drop the `L`"),
        ("", r"^\s*print\s+[^(\s]", "this is Python 2: put parentheses, `print(...)`"),
        ("", r"^\s*except\s+[\w.]+\s*,", "this is Python 2: write `except ... as ...:`"),
        ("", r"^\s*raise\s+[\w.]+\s*,", "this is Python 2: write `raise ...(...)`"),
        ("", r"^\s*(<{7}|>{7}|={7})", "resolve the merge conflict"),
        ("", r"<>", "this is Python 2: write `!=`"),
        ("", r"\bur['\"]", "this is Python 2: drop the `u`"),
        (r"invalid syntax", r"^(>>>|In \[\d*\]:)", "remove the prompts"),
        ("", r";\s*(%\w|!)", "put the command on a line of its own"),
        ("", r"^\s*(%%\w+)", "make the cell magic the first line of the cell"),
        (r"invalid character '.' \(U\+(201[89A-F]|00[AB]B)\)", "", "write plain quotation marks"),
        (r"non-printable character U\+00A0", "", "replace the non-breaking space by a space"),
        (r"unterminated triple-quoted", "", "close the string with three quotation marks"),
        (r"unterminated (f-)?string", "", "close the string before the line ends"),
        (r"was never closed", "", "close the bracket"),
        (r"null bytes", "", "remove the NUL character from the cell"),
        (r"inconsistent use of tabs", "", "indent with spaces only"),
        (r"^f-string", "", _NEWER),
        (r"invalid syntax", r"^\s*type\s+\w+\s*(=|\[)", _NEWER),
        (r"Exceeds the limit", "", "write the number in hexadecimal"),
        (r"nested too deeply", "", "split the expression into several"),
    )
)
_COMMAND: Final = re.compile(r"\s*(?P<name>\w+)\s+[-\w.]")


def hint_for(message: str, line: str) -> str | None:
    """Return a hint for Python's `message` about the source `line`, if there is an obvious one."""
    for message_pattern, line_pattern, hint in _HINTS:
        if message_pattern.search(message) and line_pattern.search(line):
            return hint
    command = _COMMAND.match(line)
    if command and is_automagic(command["name"]):
        return f"write `%{command['name']} ...`"
    return None
