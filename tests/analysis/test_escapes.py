import ast
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nb2pipe.analysis.escapes import ALL_NAMES, EscapeFacts, escape_facts
from nb2pipe.analysis.magics import magic_row
from nb2pipe.analysis.syntax import parse_cell
from tests.analysis.cells import laid


def facts_of(source):
    parsed, diagnostics = parse_cell(laid(source))
    assert not diagnostics
    calls = (node for node in ast.walk(parsed.tree) if isinstance(node, ast.Call))
    (facts,) = (facts for call in calls if (facts := escape_facts(call)))
    return facts


def names(*values):
    return frozenset(values)


FILES = {"state": ("files",)}
ROWS = [
    # --- shell
    ("!ls -l {d}", EscapeFacts(name="!", quiet=True, reads=names("d"))),
    ("!nvidia-smi", EscapeFacts(name="!", quiet=True)),
    ("!cd a && pwd", EscapeFacts(name="!", quiet=True)),
    ("x = !cat a", EscapeFacts(name="!", **FILES)),
    ("!python train.py --n $n", EscapeFacts(name="!", reads=names("n"), **FILES)),
    ("!{cmd}", EscapeFacts(name="!", reads=names("cmd"), **FILES)),
    ("!echo a > f.txt", EscapeFacts(name="!", writes_files=("f.txt",), **FILES)),
    ("!echo a >> f.txt 2>&1", EscapeFacts(name="!", writes_files=("f.txt",), **FILES)),
    ("!echo a 2> /dev/null", EscapeFacts(name="!", quiet=True)),
    ("!echo a > $f", EscapeFacts(name="!", reads=names("f"), **FILES)),
    ("!mkdir -p a/b", EscapeFacts(name="!", setting=True)),
    ("!mkdir -p a; echo 1 > a/b", EscapeFacts(name="!", writes_files=("a", "a/b"), **FILES)),
    ("!pip install a > log.txt", EscapeFacts(name="!", setting=True)),
    ("!mkdir a", EscapeFacts(name="!", writes_files=("a",), **FILES)),
    ("!mkdir -p a/b; cp x y", EscapeFacts(name="!", writes_files=("a/b", "y"), **FILES)),
    ("!wget -q http://a/b -O c.zip", EscapeFacts(name="!", writes_files=("c.zip",), **FILES)),
    ("!a | tee b", EscapeFacts(name="!", writes_files=("b",), **FILES)),
    ("!pip install -q a", EscapeFacts(name="!", setting=True)),
    ("!pip install a > /dev/null", EscapeFacts(name="!", setting=True)),
    ("!sudo apt-get install -y a", EscapeFacts(name="!", setting=True)),
    (
        "!{sys.executable} -m pip install {p}",
        EscapeFacts(name="!", setting=True, reads=names("sys", "p")),
    ),
    ("!pip install a && ./run", EscapeFacts(name="!", **FILES)),
    ("!pip list", EscapeFacts(name="!", quiet=True)),
    ("!awk '{print $1}' a", EscapeFacts(name="!", **FILES)),
    ("!a 'unbalanced", EscapeFacts(name="!", **FILES)),
    ("!a {", EscapeFacts(name="!", **FILES)),
    ("%%bash\npip install a\nls", EscapeFacts(name="%%bash", setting=True)),
    ("%%bash\n# a comment\nls", EscapeFacts(name="%%bash", quiet=True)),
    (
        "%%sh --out o --err e\nmkdir d",
        EscapeFacts(name="%%sh", binds=names("o", "e"), writes_files=("d",), **FILES),
    ),
    ("%%script bash\nls", EscapeFacts(name="%%script", quiet=True)),
    ("%%script --out=o perl\nx", EscapeFacts(name="%%script", binds=names("o"), **FILES)),
    ("%rm f", EscapeFacts(name="%rm", **FILES)),
    ("%sx ls", EscapeFacts(name="%sx", quiet=True)),
    # --- settings
    ("%matplotlib inline", EscapeFacts(name="%matplotlib", setting=True)),
    ("%matplotlib --list", EscapeFacts(name="%matplotlib", quiet=True)),
    ("%config A.b = 'c'", EscapeFacts(name="%config", setting=True)),
    ("%load_ext a", EscapeFacts(name="%load_ext", setting=True, modules=("a",))),
    ("%autoreload 2", EscapeFacts(name="%autoreload", setting=True)),
    ("%pip install a", EscapeFacts(name="%pip", setting=True)),
    ("%pip freeze", EscapeFacts(name="%pip", quiet=True)),
    ("%env A=$b", EscapeFacts(name="%env", setting=True, state=("environ",), reads=names("b"))),
    ("%env A", EscapeFacts(name="%env", quiet=True, state=("environ",))),
    ("%pylab inline", EscapeFacts(name="%pylab", setting=True, star=("pylab",))),
    (
        "%%cython\ncimport numpy as np\ndef f(): pass\ncpdef int g(int x): pass",
        EscapeFacts(name="%%cython", setting=True, binds=names("np", "f", "g")),
    ),
    # --- state
    ("%cd $d", EscapeFacts(name="%cd", state=("cwd",), reads=names("d"))),
    ("%recall 1", EscapeFacts(name="%recall", quiet=True, state=("history",))),
    ("%whos", EscapeFacts(name="%whos", quiet=True, state=("namespace",))),
    ("%%writefile f.py\nx", EscapeFacts(name="%%writefile", writes_files=("f.py",), **FILES)),
    ("%%writefile -a 'f g'\nx", EscapeFacts(name="%%writefile", writes_files=("f g",), **FILES)),
    ("%%writefile {d}/f\nx", EscapeFacts(name="%%writefile", reads=names("d"), **FILES)),
    ("%debug", EscapeFacts(name="%debug", quiet=True, state=("input",))),
    # --- variables
    ("%xdel -n x", EscapeFacts(name="%xdel", unbinds=names("x"))),
    ("%reset -f", EscapeFacts(name="%reset", unbinds=names(ALL_NAMES), state=("history",))),
    ("%reset -f in", EscapeFacts(name="%reset", state=("history",))),
    ("%store x y", EscapeFacts(name="%store", reads=names("x", "y"), **FILES)),
    ("%store -r x", EscapeFacts(name="%store", binds=names("x"), opaque=True, **FILES)),
    ("%%capture\npass", EscapeFacts(name="%%capture", quiet=True)),
    ("%%capture out\npass", EscapeFacts(name="%%capture", binds=names("out"))),
    ("%prun -D p f", EscapeFacts(name="%prun", writes_files=("p",), **FILES)),
    # --- nothing, or nothing known
    ("%time x", EscapeFacts(name="%time", quiet=True)),
    ("%%timeit\nx", EscapeFacts(name="%%timeit", quiet=True)),
    ("%lsmagic", EscapeFacts(name="%lsmagic", state=("kernel",))),
    ("%%html\n<b>", EscapeFacts(name="%%html", quiet=True)),
    ("x.y?", EscapeFacts(name="%pinfo", quiet=True, reads=names("x"))),
    ("?", EscapeFacts(name="?", quiet=True)),
    ("%run a.py", EscapeFacts(name="%run", reads_files=("a.py",), opaque=True, **FILES)),
    ("%unheard {x} of", EscapeFacts(name="%unheard", opaque=True, reads=names("x"))),
    ("%%unheard\nof", EscapeFacts(name="%%unheard", opaque=True)),
    (
        "%%R -i a,b -o c\nx",
        EscapeFacts(name="%%R", opaque=True, reads=names("a", "b"), binds=names("c")),
    ),
    (
        "%%sql sqlite:// res <<\nselect :x, '12:30', {{y}}",
        EscapeFacts(name="%%sql", opaque=True, reads=names("x", "y"), binds=names("res")),
    ),
    ("t = %timeit -o x = 1", EscapeFacts(name="%timeit", opaque=True)),
    ("get_ipython().magic('matplotlib inline')", EscapeFacts(name="%matplotlib", setting=True)),
    ("get_ipython().run_cell(x)", EscapeFacts(name="get_ipython().run_cell", opaque=True)),
    ("get_ipython().system(c)", EscapeFacts(name="get_ipython().system", opaque=True)),
    (
        "get_ipython().events.register('a', 'b')",
        EscapeFacts(name="get_ipython().events.register", opaque=True),
    ),
]


@pytest.mark.parametrize(("source", "facts"), ROWS, ids=[source for source, _ in ROWS])
def test_what_an_escape_does(source, facts):
    assert facts_of(source) == facts


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("{x}", {"x"}),
        ("{x[0]:>3}", set()),  # IPython takes `x[0]:>3` for an expression, which it is not
        ("{x[1:2]}", {"x"}),
        ("{{x}}", set()),
        ("{[i for i in y if z]}", {"y", "z"}),
        ("{[i for i in i]}", {"i"}),
        ("{(lambda a, b=c: a + d)(e)}", {"c", "d", "e"}),
        ("$x/$y.z", {"x", "y"}),
        ("$$x", set()),
        ("'$x'", set()),
        ('"$x"', {"x"}),
        ("${x}", {"x"}),
        ("$1 {}", set()),
    ],
)
def test_variables_in_a_command(text, reads):
    assert facts_of(f"!cmd {text}").reads == reads


@pytest.mark.parametrize("source", ["f(x)", "ip.system('ls')", "get_ipython()", "a.b.c()"])
def test_other_calls_are_no_escapes(source):
    assert escape_facts(ast.parse(source, mode="eval").body) is None


@given(
    st.sampled_from(["!", "%time ", "%cd ", "%env ", "%store ", "%%bash\n", "%%sql ", "%R "]),
    st.text(alphabet=st.sampled_from("ab -=<>|&;'\"{}$.:[]#\\\n\té"), max_size=30),
)
def test_any_command_gives_facts_and_no_exception(escape, text):
    parsed, _ = parse_cell(laid(escape + text))
    for node in ast.walk(parsed.tree):
        if isinstance(node, ast.Call):
            escape_facts(node)


def test_every_magic_that_ipython_has_from_the_start_is_known(monkeypatch, tmp_path):
    from IPython.core.interactiveshell import InteractiveShell

    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    shell = InteractiveShell()
    magics = shell.magics_manager.magics
    known = {"line": "%", "cell": "%%"}
    unknown = {
        prefix + name
        for kind, prefix in known.items()
        for name in magics[kind]
        if magic_row(prefix + name, "") is None and re.match(r"[\w!]+$", name)
    }
    assert unknown == set()
