import pytest

from nb2pipe.diagnostics import Code, Diagnostic, Related, Severity, Span
from nb2pipe.reporting.text import render_diagnostics, summarise


def at(cell=None, line=None, column=None, **more):
    return Span(notebook="train.ipynb", cell=cell, line=line, column=column, **more)


def undefined(span, **more):
    return Diagnostic(code=Code.UNDEFINED_NAME, span=span, message="`df` is not defined", **more)


def carets_of(text):
    return next(line for line in text.splitlines() if line.rstrip().endswith("^"))


def test_a_diagnostic_shows_place_source_line_carets_and_help():
    diagnostic = Diagnostic(
        code=Code.UNDEFINED_NAME,
        span=at(7, 2, 11, end_line=2, end_column=13),
        message="`df` is used before any step defines it",
        hint="tag the cell that defines `df`",
        step="train",
        related=(Related(span=at(9, 1, 1, end_line=1, end_column=3), message="defined here"),),
    )
    sources = {("train.ipynb", 7): "x = 1\nmodel.fit(df)\n", ("train.ipynb", 9): "df = 1"}
    assert (
        render_diagnostics([diagnostic], sources)
        == """\
error[NB203]: `df` is used before any step defines it
  --> train.ipynb:cell 7:2:11 (step `train`)
   |
 2 | model.fit(df)
   |           ^^
  ::: train.ipynb:cell 9:1:1: defined here
   |
 1 | df = 1
   | ^^
   = help: tag the cell that defines `df`

"""
    )


@pytest.mark.parametrize(
    ("line", "column", "end_column"),
    [
        ("f(df)", 3, 5),
        ("\tf(df)", 4, 6),
        ("a\tf(df)", 5, 7),
        ("f('日本', df)", 9, 11),
        ("f('é', df)", 8, 10),
        ("f('e\u0301', df)", 9, 11),
        ("f('\x1b[2J', df)", 11, 13),
    ],
)
def test_carets_stand_under_the_name_whatever_comes_before(line, column, end_column):
    span = at(1, 1, column, end_line=1, end_column=end_column)
    text = render_diagnostics([undefined(span)], {("train.ipynb", 1): line})
    shown = next(row for row in text.splitlines() if "df)" in row)
    columns = shown[: shown.index("df")].replace("\u0301", "")
    wide = sum(character in "日本" for character in columns)
    assert carets_of(text).index("^") == len(columns) + wide
    assert carets_of(text).count("^") == 2


def test_a_span_over_several_lines_is_marked_to_the_end_of_its_first():
    span = at(1, 1, 3, end_line=2, end_column=2)
    assert carets_of(render_diagnostics([undefined(span)], {("train.ipynb", 1): "f(a,\n)"})).count(
        "^"
    ) == len("a,")


def test_a_span_at_the_end_of_a_line_still_has_a_caret():
    text = render_diagnostics([undefined(at(1, 1, 5))], {("train.ipynb", 1): "x = "})
    assert carets_of(text).endswith("    ^")


def test_a_whole_cell_shows_its_first_full_line_without_carets():
    text = render_diagnostics([undefined(at(3))], {("train.ipynb", 3): "\n\nimport os\n"})
    assert " 3 | import os" in text
    assert "^" not in text


def test_a_line_that_is_not_known_is_left_out():
    assert render_diagnostics([undefined(at(3, 9, 1))], {("train.ipynb", 3): "x"}) == (
        "error[NB203]: `df` is not defined\n  --> train.ipynb:cell 3:9:1\n\n"
    )


def test_only_the_part_of_a_very_long_line_around_the_place_is_shown():
    line = "x" * 100_000 + "df" + "y" * 100_000
    span = at(1, 1, 100_001, end_line=1, end_column=100_003)
    text = render_diagnostics([undefined(span)], {("train.ipynb", 1): line})
    assert len(text) < 1000
    row = next(row for row in text.splitlines() if "df" in row and "…" in row)
    assert row.index("df") == carets_of(text).index("^")


def test_a_notebook_cannot_steer_the_terminal():
    diagnostic = Diagnostic(
        code=Code.BAD_STEP_NAME,
        span=Span(notebook="\x1b[2Jx.ipynb", cell=1, line=1),
        message="`\x1b]0;owned\x07` is not a step name",
        hint="rename `\x1b[31m`",
    )
    text = render_diagnostics([diagnostic], {("\x1b[2Jx.ipynb", 1): "\x1b[2J\x9b1m"})
    assert "\x1b" not in text
    assert "\x9b" not in text
    assert "\\x1b]0;owned\\x07" in text


def test_diagnostics_come_by_notebook_and_then_by_place():
    second = Diagnostic(code=Code.NO_CODE, span=Span(notebook="a.ipynb"), message="m")
    text = render_diagnostics([undefined(at(9, 2, 1)), undefined(at(2)), second], {})
    places = [line.strip() for line in text.splitlines() if "-->" in line]
    assert places == ["--> train.ipynb:cell 2", "--> train.ipynb:cell 9:2:1", "--> a.ipynb"]


def test_the_summary_counts_by_severity():
    errors = [undefined(at(1)), undefined(at(2)), undefined(at(2), severity=Severity.HINT)]
    assert summarise(errors) == "2 errors, 1 hint"
    assert summarise([]) == ""
