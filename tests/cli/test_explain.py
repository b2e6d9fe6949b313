import re
from pathlib import Path

import pytest

from nb2pipe.api import check
from nb2pipe.diagnostics import Code
from nb2pipe.diagnostics.pages import all_pages, page, page_source

DOCS = Path(__file__).parents[2] / "docs" / "diagnostics.md"
EXAMPLE = re.compile(r"^```python (bad|good)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NOT_CHECKED = re.compile(r"^<!-- not checked: (.+) -->$", re.MULTILINE)


def examples(code):
    return dict(EXAMPLE.findall(page_source(code)))


def not_checked(code):
    return NOT_CHECKED.search(page_source(code)) is not None


def codes_of(source, folder):
    import jupytext

    path = folder / "example.ipynb"
    jupytext.write(jupytext.reads(source, fmt="py:percent"), path)
    return {diagnostic.code for diagnostic in check(path)}


@pytest.mark.parametrize("code", Code, ids=lambda code: code.number)
def test_every_code_has_a_page(code):
    text = page(code)
    assert text.startswith(f"# {code.number}: {code.title}\n")
    assert "## Why it matters" in text
    assert "## What to do" in text
    assert "<!--" not in text


@pytest.mark.parametrize("code", Code, ids=lambda code: code.number)
def test_every_page_has_checked_examples_or_says_why_not(code):
    assert examples(code).keys() == {"bad", "good"} or not_checked(code)


@pytest.mark.parametrize(
    "code", [code for code in Code if examples(code)], ids=lambda code: code.number
)
def test_the_bad_example_yields_the_code_and_the_good_one_does_not(code, tmp_path):
    assert code not in codes_of(examples(code)["good"], tmp_path)
    # What is said not to be reported must not be: then the page is out of date.
    reported = code in codes_of(examples(code)["bad"], tmp_path)
    assert reported is not not_checked(code)


def test_the_documentation_is_what_make_docs_writes():
    assert DOCS.read_text(encoding="utf-8") == all_pages()


def test_explain_prints_the_page_of_a_code_in_any_case(run_command):
    assert run_command("explain", "nb203").stdout == page(Code.UNDEFINED_NAME)


def test_explain_alone_lists_all_codes(run_command):
    lines = run_command("explain").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [code.number for code in Code]


def test_explain_all_prints_all_pages(run_command):
    assert run_command("explain", "--all").stdout == all_pages()
