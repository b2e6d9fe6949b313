"""The page of each diagnostic code: what it means, why it matters, an example, what to do.

The files hold the text below the title. A fenced block `python bad` is a notebook (a percent
script) that yields the code, `python good` one that does not; the tests check both. A page whose
examples cannot be checked, or that has none, says why in a comment `not checked: …`.
"""

import re
from importlib.resources import files

from nb2pipe.diagnostics.codes import Code, Severity

_EXAMPLE = re.compile(r"^```python (bad|good)$", re.MULTILINE)
_HEADING = re.compile(r"^#+ (?=NB\d|Why it|Example|What to)", re.MULTILINE)
_COMMENT = re.compile(r"^<!--.*?-->\n\n", re.MULTILINE | re.DOTALL)
_HEADINGS = {
    "bad": "## Example\n\n```python",
    "good": "Better:\n\n```python",
}

_INTRODUCTION = """\
# Diagnostics

What nb2pipe says about notebooks, by code. `nb2pipe explain CODE` prints the same in the terminal.
Errors stop a compilation; warnings do with `--strict`; hints never do. This file is made by
`make docs` from the pages in `nb2pipe/diagnostics/pages/`.
"""


def page(code: Code) -> str:
    """Return the page of a code as Markdown."""
    body = _COMMENT.sub("", page_source(code))
    body = _EXAMPLE.sub(lambda match: _HEADINGS[match[1]], body)
    severity = code.severity.value
    if code.severity is Severity.ERROR:
        may = "may be ignored" if code.standing.firm_from is None else "cannot be ignored"
        severity += f"; {may}: {code.standing.reason}"
    return f"# {code.number}: {code.title}\n\nSeverity: {severity}\n\n{body}"


def page_source(code: Code) -> str:
    """Return the page's file as it is."""
    return files(__name__).joinpath(f"{code.number}.md").read_text(encoding="utf-8")


def all_pages() -> str:
    """Return a document with a table of all codes and all pages."""
    table = [
        "| Code | Severity | Meaning |",
        "|---|---|---|",
        *(f"| [{c.number}]({_anchor(c)}) | {c.severity.value} | {c.title} |" for c in Code),
    ]
    pages = [_HEADING.sub("#\\g<0>", page(code)) for code in Code]
    return "\n".join([_INTRODUCTION, *table, "", "\n".join(pages)])


def _anchor(code: Code) -> str:
    """Return the link that GitHub makes of the page's title."""
    title = f"{code.number}: {code.title}".lower()
    return "#" + re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
