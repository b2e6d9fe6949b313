"""Comments and settings that ignore diagnostics or change their severity, and what they may not."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nb2pipe
from nb2pipe.api import check, compile_notebook
from nb2pipe.compiler import compile_pipeline
from nb2pipe.diagnostics import Code, CompileError, Diagnostic, Severity, Span
from nb2pipe.diagnostics.codes import Standing
from nb2pipe.diagnostics.policy import Ignore, Policy, Selection, Verdict

FIRST = ("a = 1", "step:first")


@pytest.fixture
def found(nb):
    """Check a notebook whose step holds `source` below a first cell; return code, cell, line."""

    def find(source, *, metadata=None):
        path = nb(FIRST, source, metadata=metadata)
        return [(d.code.number, d.span.cell, d.span.line) for d in check(path)]

    return find


def test_behind_code_a_comment_holds_for_its_statement(found):
    assert found("print(xx)  # nb2pipe: ignore[NB203]\nprint(yy)") == [("NB203", 2, 2)]


def test_a_statement_of_several_lines_is_one(found):
    assert found("print(\n    xx,\n    yy,\n)  # nb2pipe: ignore[NB203]") == []
    assert found("print(\n    xx,  # nb2pipe: ignore[NB203]\n    yy,\n)") == []


def test_a_comment_behind_the_head_of_a_block_does_not_hold_for_its_body(found):
    assert found("if xx:  # nb2pipe: ignore[NB203]\n    print(yy)") == [("NB203", 2, 2)]


def test_on_its_own_line_a_comment_holds_for_the_cell(found):
    assert found("print(xx)\nif a:\n    # nb2pipe: ignore[NB203]\n    print(yy)") == []


def test_a_comment_holds_for_no_other_cell(nb):
    path = nb(("# nb2pipe: ignore[NB203]\nprint(xx)", "step:a"), ("print(yy)", "step:b"))
    assert [d.span.cell for d in check(path)] == [2]


@pytest.mark.parametrize(
    "comment",
    [
        "# nb2pipe: ignore[NB203]",
        "#nb2pipe:ignore[nb203]",
        "# nb2pipe: ignore[NB203, NB2xx]",
        "# nb2pipe: ignore[NB2xx]",
        "# nb2pipe: ignore[nb20X] -- the kernel has it",
        "# noqa: F821  # nb2pipe: ignore[NB203]",
    ],
)
def test_codes_families_and_reasons(found, comment):
    assert found(f"print(xx)  {comment}") == []


def test_what_stands_in_a_string_is_no_comment(found):
    source = 'text = """\n# nb2pipe: ignore[NB203]\n"""\nprint(xx, "# nb2pipe: ignore[NB203]")'
    assert found(source) == [("NB203", 2, 4)]


def test_prose_about_comments_is_none(found):
    assert found("# write `# nb2pipe: ignore[NB203]` behind it\nprint(xx)") == [("NB203", 2, 2)]


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline\nprint(xx)  # nb2pipe: ignore[NB203]",
        "%time print(xx)  # nb2pipe: ignore[NB203]",
        "%%time\nprint(xx)  # nb2pipe: ignore[NB203]",
        "%%capture out\n# nb2pipe: ignore[NB203]\nprint(xx)",
        "!ls -l\n# nb2pipe: ignore[NB203]\nprint(xx)",
        ">>> print(xx)  # nb2pipe: ignore[NB203]",
        "%unknown a  # nb2pipe: ignore[NB202]",
        "%%unknown\n# nb2pipe: ignore[NB202]\nsome text",
        "%unknown a\n# nb2pipe: ignore[NB202]",
        "print(xx)  # nb2pipe: ignore[NB203]\r\na = 2",
    ],
)
def test_it_works_in_cells_with_magics(found, source):
    assert found(source) == []


def test_an_argument_of_a_command_is_no_comment(found):
    assert ("NB203", 2, 2) in found('!echo "# nb2pipe: ignore[NB203]"\nprint(xx)')


@pytest.mark.parametrize(
    ("comment", "column", "hint"),
    [
        ("ignore[NB999]", 26, "`nb2pipe explain` lists all codes"),
        ("ignore[ NB2O9 ]", 27, "did you mean `NB209`?"),
        ("ignore[NBxxx]", 26, "did you mean"),
        ("ignroe[NB203]", 8, "did you mean `ignore`?"),
        ("skip", 8, "write `# nb2pipe: ignore[CODE]`"),
        ("ignore", 8, "write their codes in brackets: `# nb2pipe: ignore[NB209]`"),
        ("ignore[ , ]", 8, "write their codes in brackets: `# nb2pipe: ignore[NB209]`"),
    ],
)
def test_a_comment_that_is_not_understood_says_so(nb, comment, column, hint):
    (found,) = check(nb((f"a = 1\nb = a  # nb2pipe: {comment}", "step:a")))
    assert (found.code, found.severity) == (Code.BAD_IGNORE, Severity.WARNING)
    assert (found.span.cell, found.span.line, found.span.column) == (1, 2, column)
    assert hint in found.hint


def test_an_ignore_that_ignores_nothing_is_a_hint(nb):
    (found,) = check(nb(("a = 1  # nb2pipe: ignore[NB203]", "step:a")))
    assert (found.code, found.severity) == (Code.UNUSED_IGNORE, Severity.HINT)
    assert found.message == "there is no `NB203` to ignore on this line"


def test_what_is_about_the_notebook_is_ignored_in_the_settings(nb):
    found = check(nb("a = 1  # nb2pipe: ignore[NB110]"))
    assert [d.code for d in found] == [Code.NO_STEPS, Code.UNUSED_IGNORE]
    assert 'set `ignore = ["NB110"]`' in found[1].hint


def test_comments_of_an_included_notebook_count(nb):
    nb(("print(xx)  # nb2pipe: ignore[NB203]", "step:a"), name="inner.ipynb")
    assert check(nb(("", "notebook:inner"), ("a = 1", "step:b"))) == ()


def test_where_an_error_stopped_the_search_no_ignore_is_called_useless(found):
    assert [code for code, *_ in found("a = 1  # nb2pipe: ignore[NB203]\nb = (")] == ["NB201"]


def test_what_only_a_target_can_report_is_not_called_useless(found):
    assert found("b = a  # nb2pipe: ignore[NB403]") == []


def test_a_comment_reaches_what_a_target_says(nb):
    (said,) = compile_notebook(nb(FIRST)).diagnostics
    assert said.code is Code.UNKNOWN_IMAGE
    ignored = nb((f"# nb2pipe: ignore[NB402]\n{FIRST[0]}", "step:first"))
    assert compile_notebook(ignored, strict=True).diagnostics == ()
    settings = nb(FIRST, metadata={"nb2pipe": {"severity": {"NB402": "error"}}})
    with pytest.raises(CompileError):
        compile_notebook(settings)


# --- what cannot be ignored


OUTPUT = ("1 + 2", "step:first")
HISTORY = "print(Out)  # nb2pipe: ignore[{}]"


@pytest.mark.parametrize("selected", ["NB208", "NB2xx"])
def test_what_could_change_a_result_stays_an_error(nb, selected):
    path = nb(OUTPUT, (HISTORY.format(selected), "step:second"))
    assert [d.code for d in check(path)] == [Code.OUTPUT_HISTORY, Code.FIRM_CODE]
    with pytest.raises(CompileError):
        compile_notebook(path)


def test_a_value_that_could_be_stored_otherwise_than_it_is_stays_an_error(nb):
    # A pickled memmap is an array that no longer writes to its file.
    first = "import numpy as np\nm = np.memmap('f', dtype='i4', mode='w+', shape=3)"
    path = nb(
        (f"# nb2pipe: ignore[NB206]\n{first}", "step:a"),
        ("m[0] = 1\nm.flush()", "step:b"),
    )
    assert {Code.UNSTORABLE, Code.FIRM_CODE} <= {
        d.code for d in check(path) if d.severity != "hint"
    }


@pytest.mark.parametrize(
    "settings",
    [
        {"ignore": ["NB208"]},
        {"severity": {"NB208": "warning"}},
        {"severity": {"NB208": "hint"}},
    ],
)
def test_settings_do_not_lower_it_either(nb, settings):
    path = nb(OUTPUT, ("print(Out)", "step:second"), metadata={"nb2pipe": settings})
    found = check(path)
    assert [(d.code, d.severity) for d in found] == [
        (Code.FIRM_CODE, Severity.WARNING),
        (Code.OUTPUT_HISTORY, Severity.ERROR),
    ]
    assert "another result than the notebook" in found[0].message


def test_a_family_in_the_settings_leaves_it_alone(nb):
    settings = {"nb2pipe": {"ignore": ["NB2xx"]}}
    path = nb(OUTPUT, ("print(Out, xx)", "step:second"), metadata=settings)
    assert [d.code for d in check(path)] == [Code.FIRM_CODE, Code.OUTPUT_HISTORY]


def test_a_warning_about_another_tool_s_tag_may_be_ignored(nb):
    cell = ("a = 1", "step:a", "other:tool")
    assert [d.code for d in check(nb(cell))] == [Code.UNKNOWN_TAG]
    assert check(nb((f"# nb2pipe: ignore[NB101]\n{cell[0]}", *cell[1:]))) == ()
    assert check(nb(cell, metadata={"nb2pipe": {"ignore": ["NB101"]}})) == ()


def test_errors_of_the_analysis_are_firm_unless_a_run_is_sure_to_fail():
    loud = {code.number for code in Code if code.standing is Standing.LOUD}
    assert loud == {"NB203", "NB215"}
    for code in Code:
        if code.severity is Severity.ERROR and code.number not in loud:
            assert code.standing.firm_from is not None, code


@pytest.mark.parametrize(
    ("cells", "raised"),
    [
        ([FIRST, ("print(xx)  # nb2pipe: ignore[NB203]", "step:b")], "NameError"),
        ([FIRST, ("b = input()  # nb2pipe: ignore[NB215]", "step:b")], "EOFError"),
    ],
    ids=["NB203", "NB215"],
)
def test_a_run_fails_where_an_error_was_ignored(nb, cells, raised):
    result = nb2pipe.run(nb(*cells))
    assert any(raised in diagnostic.message for diagnostic in result.diagnostics)


# --- settings


def severities(path, code=Code.UNDEFINED_NAME):
    return [d.severity.value for d in check(path) if d.code is code]


@pytest.mark.parametrize(
    ("settings", "severity"),
    [
        ({}, ["error"]),
        ({"ignore": ["NB203"]}, []),
        ({"ignore": ["NB2xx"]}, []),
        ({"severity": {"NB203": "warning"}}, ["warning"]),
        ({"severity": {"NB2xx": "hint"}}, ["hint"]),
        ({"severity": {"nb203": "hint"}}, ["hint"]),
        ({"ignore": ["NB2xx"], "severity": {"NB203": "warning"}}, ["warning"]),
        ({"ignore": ["NB203"], "severity": {"NB2xx": "error"}}, []),
    ],
)
def test_settings_ignore_and_lower(nb, settings, severity):
    path = nb(FIRST, ("print(xx)", "step:b"), metadata={"nb2pipe": settings})
    assert severities(path) == severity
    assert (compile_pipeline(path).pipeline is None) is (severity == ["error"])


def test_settings_raise(nb):
    path = nb(("a = 1",), metadata={"nb2pipe": {"severity": {"NB110": "error"}}})
    assert severities(path, Code.NO_STEPS) == ["error"]
    assert compile_pipeline(path).pipeline is None


def test_a_comment_wins_over_settings(nb):
    metadata = {"nb2pipe": {"severity": {"NB203": "error"}}}
    path = nb(FIRST, ("print(xx)  # nb2pipe: ignore[NB203]", "step:b"), metadata=metadata)
    assert check(path) == ()


def test_the_project_s_settings_win_over_the_notebook_s(nb, tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        '[tool.nb2pipe]\nignore = ["NB110"]\nseverity = {NB203 = "hint"}\n'
    )
    path = nb(("print(xx)",), metadata={"nb2pipe": {"severity": {"NB203": "warning"}}})
    assert [(d.code, d.severity) for d in check(path)] == [(Code.UNDEFINED_NAME, Severity.HINT)]


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        ({"ignore": "NB110"}, "`ignore` in", 'write it as in `["NB110"]`'),
        ({"ignore": [110]}, "`ignore` in", None),
        ({"ignore": ["NB11O"]}, "`NB11O` is no code", "did you mean `NB110`?"),
        ({"severity": ["NB110"]}, "`severity` in", None),
        ({"severity": {"NB110": "loud"}}, "it must be one of `error`, `warning`, `hint`", None),
        ({"severity": {"NB9xx": "hint"}}, "`NB9xx` is no code", "did you mean"),
        (
            {"ignore": ["NB110"], "severity": {"NB110": "hint"}},
            "`NB110` stands in `ignore`, too",
            None,
        ),
    ],
)
def test_a_wrong_setting_is_an_error(nb, settings, message, hint):
    (found,) = (d for d in check(nb(FIRST, metadata={"nb2pipe": settings})) if d.is_error)
    assert found.code is Code.BAD_SETTING
    assert message in found.message
    assert found.hint == hint or hint in found.hint


# --- whatever anybody writes


SPAN = Span(notebook="n.ipynb", cell=1, line=1)
FAMILIES = sorted({f"{code.number[:3]}xx" for code in Code})
SELECTIONS = st.sampled_from([*(code.number for code in Code), *FAMILIES]).map(Selection.of)
VERDICTS = st.builds(
    Verdict,
    selection=SELECTIONS,
    span=st.just(SPAN),
    severity=st.none() | st.sampled_from(Severity),
)
IGNORES = st.builds(Ignore, selection=SELECTIONS, span=st.just(SPAN), lines=st.none())


@settings(deadline=None)  # the machine may be busy
@given(st.lists(VERDICTS).map(tuple), st.lists(IGNORES).map(tuple))
def test_no_policy_takes_away_or_lowers_what_could_change_a_result(verdicts, ignores):
    errors = [
        Diagnostic(code=code, span=SPAN, message="")
        for code in Code
        if code.severity is Severity.ERROR and code.standing is not Standing.LOUD
    ]
    assert Policy(verdicts=verdicts, ignores=ignores).judge(errors) == tuple(errors)
