import ast
import json
import subprocess
import sys
import textwrap
import warnings

import pytest

from nb2pipe.analysis import ipython_syntax
from nb2pipe.analysis.escapes import escape_facts
from nb2pipe.analysis.syntax import parse_cell, parse_cells
from nb2pipe.diagnostics import Code
from nb2pipe.frontend.layout import Role
from tests.analysis.cells import laid
from tests.conftest import SHARED


def parse(source, **options):
    parsed, diagnostics = parse_cell(laid(source), **options)
    assert not diagnostics, diagnostics
    return parsed


def names(tree):
    """What a cell binds and reads at its top level, outside functions that `%%timeit` makes."""
    binds, reads = set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and not node.id.startswith("<"):
            (reads if isinstance(node.ctx, ast.Load) else binds).add(node.id)
        if isinstance(node, ast.Call) and (facts := escape_facts(node)):
            reads |= facts.reads
            binds |= facts.binds
    local = {
        name.id
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and function.name.startswith("<")
        for name in ast.walk(function)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }
    return binds - local, reads - local - {"get_ipython"}


@pytest.mark.parametrize(
    ("source", "binds", "reads"),
    [
        ("x = y", {"x"}, {"y"}),
        ("%time x = f(a)", {"x"}, {"f", "a"}),
        ("%time for i in y: g(i)", {"i"}, {"y", "g", "i"}),
        ("%time print(x)\ny = 1", {"y"}, {"print", "x"}),
        ("x = %time f(a)", {"x"}, {"f", "a"}),
        ("a, b = %time f()", {"a", "b"}, {"f"}),
        ("%time x = !ls {d}", {"x"}, {"d"}),
        ("%timeit f(x)", set(), {"f", "x"}),
        ("%timeit -n 10 -r3 f(x)", set(), {"f", "x"}),
        ("%timeit y = f(x)", set(), {"f", "x"}),
        ("%timeit for i in y: g(i)", set(), {"y", "g"}),
        ("t = %timeit -o f(x)", {"t"}, {"f", "x"}),
        ("%prun -s cumulative x = f()", {"x"}, {"f"}),
        ("%memit x = f()", {"x"}, {"f"}),
        ("%lprun -f mod.inner f(x)", set(), {"mod", "f", "x"}),
        ("%%time\nx = f(a)", {"x"}, {"f", "a"}),
        ("%%time\n%%capture out\nx = f(a)", {"x", "out"}, {"f", "a"}),
        ("%%timeit\ny = f(x)", set(), {"f", "x"}),
        ("%%timeit -n 2 s = f(x)\ny = s", set(), {"f", "x"}),
        ("%%timeit\ny = 1\n%time z = x", set(), {"x"}),
        ("%%capture out\nx = y", {"x", "out"}, {"y"}),
        ("%%capture --no-stderr out\nx = y", {"x", "out"}, {"y"}),
        ("%%prun\nx = y", {"x"}, {"y"}),
        ("x = !cmd {y} $z", {"x"}, {"y", "z"}),
        ("x = %sql select 1", {"x"}, set()),
        ("!cmd {y + z[0]} ${w} $v.a", set(), {"y", "z", "w", "v"}),
        ("!!cmd {y}", set(), {"y"}),
        ("!ls \\\n  {y}\nx = 1", {"x"}, {"y"}),
        ("if a:\n    !ls {b}", set(), {"a", "b"}),
        ("for f in files:\n    %run $f", {"f"}, {"f", "files"}),
        ("for f in files:\n    %time g = h(f)", {"f", "g"}, {"f", "files", "h"}),
        ("def f():\n    %time x = y\n    return x", {"x"}, {"x", "y"}),
        ("obj.a?", set(), {"obj"}),
        ("?obj", set(), {"obj"}),
        ("obj??", set(), {"obj"}),
        ("/f a b", set(), {"f", "a", "b"}),
        ("x = await f()", {"x"}, {"f"}),
        ("async for x in y:\n    pass", {"x"}, {"y"}),
        ("   x = 1\n   y = x", {"x", "y"}, {"x"}),
        (">>> x = 1\n>>> if x:\n...     y = x", {"x", "y"}, {"x"}),
        ("In [1]: x = 1\n   ...: y = x", {"x", "y"}, {"x"}),
        ("\n\n!ls {x}", set(), {"x"}),
        ("a = b\r\n!ls {c}\r\nd = e", {"a", "d"}, {"b", "c", "e"}),
        ("\fx = 1\n!ls\n", {"x"}, set()),
        ("s = '''\n!ls {no}\n%time x = 1\n'''", {"s"}, set()),
        ("pip install x", set(), set()),
        ("cd {d}", set(), {"d"}),
        ("ls -la", set(), set()),
        ("%%capture\npip install x", set(), set()),
        ("%%bash --out o\necho {no} $no", {"o"}, set()),
        ("%%html\n<b>{no}</b>", set(), set()),
        ("%%writefile $d/f.py\nno = 1", set(), {"d"}),
        ("", set(), set()),
        ("# only a comment", set(), set()),
        ("%%time\n", set(), set()),
        ("%lsmagic", set(), set()),
    ],
)
def test_names_of_a_cell(source, binds, reads):
    assert names(parse(source).tree) == (binds, reads)


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("x = '''\n  a\n'''", "x = '''\n  a\n'''"),
        ("a\n!ls \\\n -l \\\n -a\nb", "a\nget_ipython().system('ls   -l   -a')\n\n\nb"),
        ("a\n%matplotlib inline\nb", "a\nget_ipython().run_line_magic('matplotlib', 'inline')\nb"),
        ("%%time\n\nx = 1\n# c", "\n\nx = 1\n# c"),
        ("\n%%time\nx = 1\n", "\n\nx = 1\n"),
        ("%%timeit x = 1\nf(x)", "x = 1\nf(x)"),
        ("if a:\n    %time x = 1\nb", "if a:\n    x = 1\nb"),
        ("%%sh\na\nb", "get_ipython().run_cell_magic('sh', '', 'a\\nb\\n')\n\n"),
        ("\n\n>>> x\n", "\n\nx\n"),
        ("a\r\nb", "a\nb"),
        ("f(\n  x\n)?", "f(\n  x\n)?"),
        ("a = b.\\\n  c?", None),
    ],
)
def test_text_keeps_every_line(source, text):
    parsed, _ = parse_cell(laid(source))
    assert len(parsed.text.split("\n")) == len(source.splitlines() or [""]) + source.endswith("\n")
    if text is not None:
        assert parsed.text == text


@pytest.mark.parametrize(
    "source",
    [
        "%matplotlib inline\nx = 1",
        "files = !ls *.csv",
        "x = %env HOME",
        "if a:\n    !ls\n    %cd b",
        "a?\n?b\nc.d??",
        "!!ls",
        "%%bash\necho 1\n",
        "%%sql res <<\nselect 1",
        "%load_ext autoreload\n%autoreload 2\nimport x",
        ">>> %ls\n>>> x",
        "  !ls\n  x",
    ],
)
def test_escapes_become_what_ipython_itself_makes_of_them(source):
    from IPython.core.inputtransformer2 import TransformerManager

    theirs = ast.parse(TransformerManager().transform_cell(source))
    assert ast.dump(parse(source).tree) == ast.dump(theirs)


def test_timed_code_with_assignments_gets_a_function_that_is_called_at_once():
    tree = parse("%%timeit\ny = x").tree
    _, function, call = tree.body
    assert isinstance(function, ast.FunctionDef)
    assert not function.name.isidentifier()
    assert call.value.func.id == function.name


def test_capture_binds_its_name_after_its_body():
    tree = parse("%%capture out\nout = 1").tree
    assert isinstance(tree.body[0], ast.Assign)
    assert escape_facts(tree.body[1].value).binds == {"out"}


@pytest.mark.parametrize(
    ("source", "line", "column", "message", "hint"),
    [
        ("x = 1\nprint x", 2, 1, "Missing parentheses", "put parentheses"),
        ("é = 'é'; y = = 2", 1, 14, "invalid syntax", None),
        ("f(", 1, 2, "never closed", "close the bracket"),
        ("x = 'a", 1, 5, "unterminated string", "close the string"),
        ("x = '''a\n\n", 1, 5, "unterminated triple", "three quotation marks"),
        ("x\0y", 1, 2, "null bytes", "NUL"),
        ("a\nx = '\ud800'", 2, 6, "U+D800", None),
        ("if x:\ny = 1", 2, 1, "expected an indented block", None),
        ("x = 1\n  y = 2", 2, 3, "unexpected indent", None),
        ("try:\n    x\nexcept A, e:\n    pass", 3, 8, "multiple exception", "parentheses"),
        ("x = 1; %time y", 1, 8, "invalid syntax", "line of its own"),
        ("x = 1\npip install y", 2, 5, "invalid syntax", "%pip"),
        ("x = “a”", 1, 5, "invalid character", "plain quotation marks"),
        ("x = " + "9" * 5000, 1, 1, "Exceeds the limit", "hexadecimal"),
        ("%%time\nx = = 1", 2, 5, "invalid syntax", None),
        ("  %time x = = 1", 1, 13, "invalid syntax", None),
        ("!ls\n  x = 1", 2, 3, "unexpected indent", None),
        ("x = 1\n%%time\ny = 2", 2, 1, "not at the top", "first line"),
        ("def f():\n    return 1\nreturn 2", 3, 1, "'return' outside function", None),
        ("'é'; break", 1, 6, "'break' outside loop", None),
        ("def f():\n    await g()", 2, 5, "'await' outside async function", None),
    ],
)
def test_syntax_errors(source, line, column, message, hint):
    parsed, (diagnostic,) = parse_cell(laid(source))
    assert diagnostic.code is Code.SYNTAX_ERROR
    assert (diagnostic.span.line, diagnostic.span.column) == (line, column)
    assert message in diagnostic.message
    assert (hint is None and diagnostic.hint is None) or hint in diagnostic.hint
    assert parsed.tree.body == [] or "%%" in source


@pytest.mark.parametrize(
    "source", ["-" * 100_000 + "1", "(" * 1000, "a" + ".b" * 100_000, "not " * 10_000 + "x"]
)
def test_absurd_nesting_is_a_diagnostic(source):
    _, (diagnostic,) = parse_cell(laid(source))
    assert diagnostic.code is Code.SYNTAX_ERROR


def test_statements_are_compiled_one_by_one_as_ipython_does():
    parse("import os\nfrom __future__ import annotations")
    parse("x = 1\nglobal x")


def test_warnings_of_the_compiler_stay_silent():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        parse("x = '\\d'\nx is 1")
    assert caught == []


def test_a_variable_hides_a_magic_without_percent_sign():
    cells = [laid("ls = 3"), laid("ls", number=2), laid("pwd", number=3)]
    (_, variable, magic), diagnostics = parse_cells(cells)
    assert diagnostics == ()
    assert variable.text == "ls"
    assert magic.text == "get_ipython().run_line_magic('pwd', '')"


def test_a_star_import_may_hide_a_magic_where_the_cell_is_valid_python():
    cells = [laid("from numpy import *"), laid("load('x')", number=2), laid("cd x", number=3)]
    (_, call, magic), _ = parse_cells(cells)
    assert call.text == "load('x')"
    assert magic.text == "get_ipython().run_line_magic('cd', 'x')"


@pytest.mark.parametrize("source", ["time.sleep(1)", "ls = 1", "who, x = 1, 2", "ls == 2"])
def test_plain_python_that_begins_like_a_magic(source):
    assert parse(source).text == source


def test_future_imports_hold_for_later_cells():
    cells = [
        laid("1 <> 2"),
        laid("from __future__ import barry_as_FLUFL", number=2),
        laid("1 <> 2", number=3),
    ]
    _, diagnostics = parse_cells(cells)
    assert [item.span.cell for item in diagnostics] == [1]


def test_skipped_cells_are_not_looked_at():
    (cell,), diagnostics = parse_cells([laid("this is not Python", role=Role.SKIP)])
    assert diagnostics == ()
    assert cell.tree.body == []


def test_ipython_itself_is_not_imported():
    script = """
        import sys
        from tests.analysis.cells import laid
        from nb2pipe.analysis.syntax import parse_cell
        parsed, _ = parse_cell(laid("%matplotlib inline\\nx = !ls"))
        assert len(parsed.tree.body) == 2
        assert "IPython" not in sys.modules
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=True)


def test_a_new_layout_of_ipython_falls_back_to_importing_it(monkeypatch):
    monkeypatch.setattr(ipython_syntax.importlib.util, "find_spec", lambda _: None)
    module = ipython_syntax._transformers.__wrapped__()
    assert module.__name__ == "IPython.core.inputtransformer2"


@pytest.mark.notebooks
@pytest.mark.parametrize("folder", ["static", "dev", "kale"])
def test_real_notebooks(folder):
    paths = sorted((SHARED / "notebooks" / folder).rglob("*.ipynb"))
    if not paths:
        pytest.skip("the real notebooks are not here")
    for path in paths:
        cells = [laid(source, number=n) for n, source in enumerate(sources(path), 1)]
        parsed, _ = parse_cells(cells)
        for cell in parsed:
            lines = cell.laid.cell.source.replace("\r\n", "\n").split("\n")
            assert len(cell.text.split("\n")) == len(lines), path


def sources(path):
    """Yield the sources of the code cells, whatever the notebook's format."""
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return
    sheets = document.get("worksheets") or [document] if isinstance(document, dict) else []
    for cell in (cell for sheet in sheets for cell in sheet.get("cells", [])):
        if isinstance(cell, dict) and cell.get("cell_type") == "code":
            source = cell.get("source", cell.get("input", ""))
            yield source if isinstance(source, str) else "".join(source)
