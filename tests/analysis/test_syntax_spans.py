import ast
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nb2pipe.analysis.syntax import parse_cell, span_of
from tests.analysis.cells import laid

NAMES = st.sampled_from(["x", "df", "é", "变量", "naïve_x", "ﬁ", "_a1"])
TEXTS = st.sampled_from(["", "# é\n", "'é'; ", "s = '''é\nﬁ'''; ", "\n", "if 1:\n    pass\n"])
STATEMENTS = st.sampled_from(
    [
        "{a} = {b}",
        "{a} = 'ﬁ', {b}",
        "{a}.é({b}, {b})",
        "for {a} in {b}: {a}",
        "%time {a} = {b}",
        "%time  for {a} in {b}: {b}",
        "%timeit -n 3 {a}({b})",
        "%timeit {a} = {b}",
        "{a} = %time {b}",
        "{a} = %timeit -o f({b})",
        "{a} = !ls é",
        "!ls \\\n  é",
        "%cd é",
        "%prun -s é {a} = ['é', {b}]",
        "with f({a}) as é: {b}",
    ]
)


@st.composite
def sources(draw):
    before = draw(
        st.sampled_from(["", "", "%%time\n", "%%timeit {a} = {b}\n", "%%capture o\n", ">>> "])
    )
    lines = draw(st.lists(STATEMENTS, min_size=1, max_size=4))
    indent = draw(st.sampled_from(["", "  "])) if before in {"", "%%time\n"} else ""
    body = "\n".join(
        indent + ("" if before else draw(TEXTS).replace("\n", "\n" + indent)) + line
        for line in lines
        if not (before == ">>> " and "\\\n" in line)
    )
    text = before + (body or "x")
    return text.replace("{a}", draw(NAMES)).replace("{b}", draw(NAMES))


def covered(parsed, span):
    lines = parsed.laid.cell.source.split("\n")
    return lines[span.line - 1][span.column - 1 : span.end_column - 1]


@given(sources())
def test_the_span_of_a_name_covers_the_name(source):
    parsed, _ = parse_cell(laid(source))
    for node in ast.walk(parsed.tree):
        if isinstance(node, ast.Name) and node.id != "get_ipython" and node.id.isidentifier():
            text = covered(parsed, span_of(parsed, node))
            assert unicodedata.normalize("NFKC", text) == node.id


@given(st.text(alphabet=st.sampled_from("ab =%!?\n\\\t'\"(){}[]:;#é\0\r\f<>/,"), max_size=40))
def test_any_text_gives_a_cell_with_as_many_lines_and_no_exception(source):
    parsed, diagnostics = parse_cell(laid(source))
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    assert len(parsed.text.split("\n")) == len(lines)
    for node in ast.walk(parsed.tree):
        span_of(parsed, node)
    for span in (item.span for item in diagnostics if item.span.line is not None):
        assert 1 <= span.line <= len(lines)
        assert 1 <= span.column <= len(lines[span.line - 1]) + 1


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("x = !ls é", "!ls é"),
        ("é = 1; get_ipython().system('a')", "get_ipython().system('a')"),
        ("if a:\n    %cd b", "%cd b"),
        ("%time x = 1", "%time "),
        ("%%capture out\nx = 1", "%%capture out"),
        ("%%bash\nls", "%%bash"),
    ],
)
def test_the_span_of_an_escape_covers_it(source, text):
    parsed, _ = parse_cell(laid(source))
    (call,) = (
        node
        for node in ast.walk(parsed.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    )
    assert covered(parsed, span_of(parsed, call)) == text


def test_a_node_without_a_place_has_the_span_of_its_cell():
    parsed, _ = parse_cell(laid("def f(): pass"))
    assert span_of(parsed, parsed.tree.body[0].args) == parsed.laid.span


def test_a_statement_over_several_lines():
    parsed, _ = parse_cell(laid("é = f(\n  'é')"))
    span = span_of(parsed, parsed.tree.body[0])
    assert (span.line, span.column, span.end_line, span.end_column) == (1, 1, 2, 7)
    assert (span.cell, span.cell_id) == (1, "c1")
