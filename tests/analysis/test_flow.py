"""Edges come from the dataflow: what crosses steps, and what does not."""

import pytest

_PIPELINE = """from sklearn.pipeline import Pipeline
class Own:
    def fit(self, X, y=None): return self
    def transform(self, X): return X * factor
"""

FLOW = {
    "read": ([("a", "x = [1]"), ("b", "print(x)")], {("a", "b"): {"x"}}),
    "two readers run side by side": (
        [("a", "x = [1]"), ("b", "print(x)"), ("c", "print(len(x))")],
        {("a", "b"): {"x"}, ("a", "c"): {"x"}},
    ),
    "straight from its producer": (
        [("a", "x = [1]\ny = [2]"), ("b", "z = y[0]"), ("c", "print(x)")],
        {("a", "b"): {"y"}, ("a", "c"): {"x"}},
    ),
    "a writer hands on": (
        [("a", "x = [1]"), ("b", "x.append(2)"), ("c", "print(x)")],
        {("a", "b"): {"x"}, ("b", "c"): {"x"}},
    ),
    "an alias is written too": (
        [("a", "x = [1]\ny = x"), ("b", "y.append(2)"), ("c", "print(x)")],
        {("a", "b"): {"x", "y"}, ("b", "c"): {"x"}},
    ),
    "what a list holds is written too": (
        [("a", "x = {}\nxs = [x]"), ("b", "xs[0]['k'] = 1"), ("c", "print(x)")],
        {("a", "b"): {"x", "xs"}, ("b", "c"): {"x"}},
    ),
    "an object of a library may keep what it decorates": (
        [
            ("a", "import app_lib\napp = app_lib.App()"),
            ("b", "@app.task\ndef f(): return 1"),
            ("c", "print(app)"),
        ],
        {("a", "b"): {"app"}, ("b", "c"): {"app", "f"}},
    ),
    "a decorator that keeps results changes nothing": (
        [
            ("a", "import joblib\nmemory = joblib.Memory('x', verbose=0)"),
            ("b", "@memory.cache\ndef f(): return 1"),
            ("c", "print(memory)"),
        ],
        {("a", "b"): {"memory"}, ("a", "c"): {"memory"}},
    ),
    "a copy is not": (
        [("a", "x = [1]"), ("b", "y = list(x)\ny.append(2)"), ("c", "print(x)")],
        {("a", "b"): {"x"}, ("a", "c"): {"x"}},
    ),
    "may be defined": (
        [("a", "x = 1\nn = [1]"), ("b", "if n:\n    x = 2"), ("c", "print(x)")],
        {("a", "b"): {"x", "n"}, ("b", "c"): {"x"}},
    ),
    "a loop variable that nobody reads ties nothing": (
        [("a", "for i in range(3): print(i)"), ("b", "for i in range(3): print(i)")],
        {},
    ),
    "comprehensions keep their names": (
        [("a", "i = [7]"), ("b", "print([i for i in range(3)])"), ("c", "print(i)")],
        {("a", "c"): {"i"}},
    ),
    "a walrus in a comprehension does not": (
        [("a", "print([y := x for x in range(3)])"), ("b", "print(y)")],
        {("a", "b"): {"y"}},
    ),
    "arguments and locals of functions": (
        [("a", "v = [1]"), ("b", "def f(v):\n    w = v\n    return w\nprint(f(2))"), ("c", "print(v)")],
        {("a", "c"): {"v"}},
    ),
    "a function's global, at the call": (
        [("a", "def f():\n    return later"), ("b", "later = [1]"), ("c", "print(f())")],
        {("b", "c"): {"later"}},
    ),
    "a function's function's global": (
        [("a", "data = [1]"), ("b", "def g():\n    return data\ndef f():\n    return g()"), ("c", "f()")],
        {("a", "c"): {"data"}},
    ),
    "a function that changes its argument": (
        [("a", "d = {}"), ("b", "def put(m):\n    m['k'] = 1\nput(d)"), ("c", "print(d)")],
        {("a", "b"): {"d"}, ("b", "c"): {"d"}},
    ),
    "a function that copies first": (
        [
            ("a", "import pandas as pd\ndf = pd.DataFrame({'a': [1]})"),
            ("b", "def clean(t):\n    t = t.copy()\n    t['b'] = 1\n    return t\ndf2 = clean(df)"),
            ("c", "print(df)"),
            ("d", "print(df2)"),
        ],
        {("a", "b"): {"df"}, ("a", "c"): {"df"}, ("b", "d"): {"df2"}},
    ),
    "global statement": (
        [("a", "n = 1"), ("b", "def up():\n    global n\n    n = n + 1\nup()"), ("c", "print(n)")],
        {("a", "b"): {"n"}, ("b", "c"): {"n"}},
    ),
    "state in a default": (
        [("a", "def f(x, seen=[]):\n    seen.append(x)\n    return seen"), ("b", "f(1)"), ("c", "f(2)")],
        {("b", "c"): {"f"}},
    ),
    "state of a class": (
        [("a", "class C:\n    count = 0"), ("b", "C.count += 1"), ("c", "print(C().count)")],
        {("b", "c"): {"C"}},
    ),
    "an iterator reads a name when it is used": (
        [("a", "n = 1"), ("b", "feed = map(lambda v: v + n, [1, 2])"), ("c", "n = 2"), ("d", "print(list(feed))")],
        {("a", "b"): {"n"}, ("b", "d"): {"feed"}, ("c", "d"): {"n"}},
    ),
    "a bound method changes its object": (
        [("a", "xs = []\nput = xs.append"), ("b", "list(map(put, [1]))"), ("c", "print(xs)")],
        {("a", "b"): {"xs"}, ("b", "c"): {"xs"}},
    ),
    "an instance changes itself": (
        [
            ("a", "class C:\n    def __init__(self): self.xs = []\n    def add(self): self.xs.append(1)\nc = C()"),
            ("b", "c.add()"),
            ("c", "print(c.xs)"),
        ],
        {("a", "b"): {"c"}, ("b", "c"): {"c"}},
    ),
    "models fit side by side": (
        [
            ("a", "from sklearn.linear_model import LinearRegression, Lasso\nX, y = [[1.0], [2.0]], [1.0, 2.0]"),
            ("b", "m1 = LinearRegression().fit(X, y)"),
            ("c", "m2 = Lasso().fit(X, y)"),
            ("d", "print(m1, m2)"),
        ],
        {("a", "b"): {"X", "y"}, ("a", "c"): {"X", "y"}, ("b", "d"): {"m1"}, ("c", "d"): {"m2"}},
    ),
    "plots do not tie": (
        [
            ("a", "import matplotlib.pyplot as plt\nxs = [1, 2]"),
            ("b", "fig, ax = plt.subplots()\nax.plot(xs)"),
            ("c", "fig, ax = plt.subplots()\nax.plot(xs)"),
        ],
        {("a", "b"): {"xs"}, ("a", "c"): {"xs"}},
    ),
    "names inside a query": (
        [
            ("a", "import pandas as pd\ndf = pd.DataFrame({'a': [1]})"),
            ("b", "limit = [0][0]"),
            ("c", "print(df.query('a > @limit'))"),
        ],
        {("a", "c"): {"df"}, ("b", "c"): {"limit"}},
    ),
    "a shell command reads and binds": (
        [("a", "word = ['x'][0]"), ("b", "out = !echo {word}"), ("c", "print(out)")],
        {("a", "b"): {"word"}, ("b", "c"): {"out"}},
    ),
    "a file": (
        [("a", "with open('t.txt', 'w') as f:\n    f.write('1')"), ("b", "print(open('t.txt').read())")],
        {("a", "b"): {"t.txt"}},
    ),
    "a seeded generator": (
        [
            ("a", "import random\nrandom.seed(1)\nprint(random.random())"),
            ("b", "print(random.random())"),
        ],
        {("a", "b"): {"random"}},
    ),
    "an unseeded generator": (
        [("a", "import random\nprint(random.random())"), ("b", "print(random.random())")],
        {},
    ),
    "a closure that counts": (
        [
            ("a", "def make(n):\n    def up():\n        nonlocal n\n        n += 1\n    return up\nc = make(3)"),
            ("b", "c()"),
            ("c", "print(c())"),
        ],
        {("a", "b"): {"c"}, ("b", "c"): {"c"}},
    ),
    "a closure over a list": (
        [
            ("a", "def make():\n    xs = []\n    return xs.append, lambda: xs\nadd, get = make()"),
            ("b", "add(1)"),
            ("c", "print(get())"),
        ],
        {("a", "b"): {"add", "get"}, ("b", "c"): {"get"}},
    ),
    "a cache of a function that only computes": (
        [
            ("a", "import functools\n@functools.cache\ndef f(x):\n    return x + 1"),
            ("b", "print(f(1))"),
            ("c", "print(f(1))"),
        ],
        {},
    ),
    "a cache of a function that does more": (
        [
            ("a", "import functools\n@functools.cache\ndef f(x):\n    print(x)"),
            ("b", "f(1)"),
            ("c", "f(1)"),
        ],
        {("a", "b"): {"f"}, ("b", "c"): {"f"}},
    ),
    "a step of a pipeline reads a name": (
        [
            ("a", f"{_PIPELINE}pipe = Pipeline([('own', Own())])"),
            ("b", "factor = [3][0]"),
            ("c", "print(pipe.fit_transform([[1]]))"),
        ],
        {("a", "c"): {"pipe"}, ("b", "c"): {"factor"}},
    ),
    "a step of a pipeline that a function gets reads a name": (
        [
            ("a", f"{_PIPELINE}from sklearn.model_selection import cross_val_score\npipe = Pipeline([('own', Own())])"),
            ("b", "factor = [3][0]"),
            ("c", "print(cross_val_score(pipe, [[1]], [1]))"),
        ],
        {("a", "c"): {"pipe"}, ("b", "c"): {"factor"}},
    ),
    "classes have no items": (
        [
            ("a", "class P: pass"),
            ("b", "things = [P, {}]\nthings[1]['k'] = 1\nthings[1] |= {'l': 2}"),
            ("c", "print(P)"),
        ],
        {},
    ),
    "named tuples, and what is made of them": (
        [
            ("a", "from collections import namedtuple\nP = namedtuple('P', 'x')"),
            ("b", "p = P([1])"),
            ("c", "print(P, p)"),
        ],
        {("b", "c"): {"p"}},
    ),
    "deleted": ([("a", "x = [1]"), ("b", "del x"), ("c", "x = [2]\nprint(x)")], {("a", "b"): {"x"}}),
    "except as": (
        [("a", "e = [1]"), ("b", "try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    print(e)")],
        {},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "edges"), FLOW.values(), ids=FLOW)
def test_edges(analysis, cells, edges):
    found = analysis(*cells)
    assert found.codes == []
    assert found.edges == edges


REPLAYED = {
    "imports": ([("a", "import math, re\nx = [math.pi]"), ("b", "print(math.e, x)")], ["import math, re"]),
    "a definition with what it needs": (
        [("a", "import math\nK = 3\ndef f(x, k=K):\n    return math.sqrt(x) * k\n"), ("b", "print(f(4))")],
        ["import math", "K = 3", "def f(x, k=K):\n    return math.sqrt(x) * k"],
    ),
    "options": (
        [("a", "import pandas as pd\npd.set_option('display.width', 60)\nx = [1]"), ("b", "print(x)")],
        ["import pandas as pd", "pd.set_option('display.width', 60)"],
    ),
    "options of another library": (
        [("a", "import seaborn as sns\nsns.mpl.rc('figure', figsize=(8, 8))\nx = [1]"), ("b", "print(x)")],
        ["import seaborn as sns", "sns.mpl.rc('figure', figsize=(8, 8))"],
    ),
    "options of pylab under its longer name": (
        [("a", "from matplotlib import pylab\npylab.style.use('ggplot')\nx = [1]"), ("b", "print(x)")],
        ["from matplotlib import pylab", "pylab.style.use('ggplot')"],
    ),
    "a class and its base": (
        [("a", "class A: pass\nclass B(A): pass\nb = B()"), ("b", "print(b)")],
        ["class A: pass", "class B(A): pass"],
    ),
    "decorated": (
        [("a", "from functools import wraps\ndef d(f):\n    return f\n@d\ndef g(): return 1\n"), ("b", "g()")],
        ["def d(f):\n    return f", "@d\ndef g(): return 1"],
    ),
    "by an assigned decorator": (
        [("a", "from functools import lru_cache\ncache = lru_cache(None)\n@cache\ndef g(): return 1\n"), ("b", "g()")],
        ["from functools import lru_cache", "cache = lru_cache(None)", "@cache\ndef g(): return 1"],
    ),
    "wrapped by an assignment": (
        [("a", "import functools\ndef f(x): return x\nf = functools.cache(f)"), ("b", "f(1)")],
        ["import functools", "def f(x): return x", "f = functools.cache(f)"],
    ),
    "a function with its cases": (
        [
            ("a", "from functools import singledispatch\n@singledispatch\ndef f(x): pass\n"),
            ("c", "@f.register\ndef f_int(x: int): pass"),
            ("b", "f(1)"),
        ],
        [
            "from functools import singledispatch",
            "@singledispatch\ndef f(x): pass",
            "@f.register\ndef f_int(x: int): pass",
        ],
    ),
    "not what its own step does": ([("a", "x = 1\nprint(x)"), ("b", "print(x)")], []),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "sources"), REPLAYED.values(), ids=REPLAYED)
def test_statements_are_replayed_in_notebook_order(analysis, cells, sources):
    assert analysis(*cells).replayed("b") == sources


def test_versions_between_the_cells_of_another_step(analysis):
    found = analysis(
        ("A", "xs = [1]"), ("B", "n = len(xs)"), ("A", "xs.append(2)"), ("C", "print(n, xs)")
    )
    assert [op.op for op in found.pipeline.step("A").program] == ["run", "store", "run", "store"]
    assert found.edges == {("A", "B"): {"xs"}, ("A", "C"): {"xs"}, ("B", "C"): {"n"}}


def test_a_cycle_names_its_cells_and_variables(analysis):
    found = analysis(("A", "x = 1"), ("B", "y = x + 1"), ("A", "print(y)"))
    assert found.codes == ["NB301"]
    cycle = next(d for d in found.diagnostics if d.is_error)
    assert "`x`" in cycle.message
    assert "`y`" in cycle.message
    assert "tag cell 3 `step:A-2`" in (cycle.hint or "")
    assert {related.span.cell for related in cycle.related} == {1, 2}


REFUSED = {
    "unnamed file": (
        [("a", "import tempfile\nf = tempfile.TemporaryFile()"), ("b", "f.write(b'1')")], "NB206",
    ),
    "address": ([("a", "x = []"), ("b", "n = id(x)"), ("c", "print(n == id(x))")], "NB206"),
    "address of an array": (
        [
            ("a", "def aid(x):\n    return x.__array_interface__['data'][0]"),
            ("b", "import numpy as np\na = np.zeros(9)\nseen = {aid(a) + 8: 1}"),
            ("c", "print(aid(a) in seen)"),
        ],
        "NB206",
    ),
    "what a function was compiled for": (
        [
            ("a", "import numba\n@numba.njit\ndef f(x):\n    return x"),
            ("b", "f(1)\nprint(f.signatures)"),
        ],
        "NB206",
    ),
    "what a function was compiled for, by another name": (
        [
            ("a", "from numba import njit\ndef f(x):\n    return x\ng = njit(f)"),
            ("b", "g(1)"),
            ("c", "g.inspect_types()"),
        ],
        "NB206",
    ),
    "address as text": (
        [("a", "x = []\nn = f'at {hex(id(x))}'"), ("b", "print(n == f'at {hex(id(x))}')")], "NB206",
    ),
    "address in an object": (
        [
            ("a", "class A:\n    def __init__(self): self.me = id(self)\na = A()"),
            ("b", "print(a.me == id(a))"),
        ],
        "NB206",
    ),
    "builder of arrays": (
        [("a", "import awkward as ak\nb = ak.ArrayBuilder()"), ("b", "b.real(1)\nprint(b.snapshot())")],
        "NB206",
    ),
    "generator": ([("a", "g = (i for i in range(3))"), ("b", "print(next(g))")], "NB206"),
    "cache with effects, and a limit": (
        [
            ("a", "import functools\nc = []\n@functools.lru_cache\ndef f(x):\n    c.append(x)"),
            ("b", "f(1)"),
            ("c", "f(1)"),
        ],
        "NB212",
    ),
    "all outputs of another step": ([("a", "1 + 1"), ("b", "print(Out)")], "NB208"),
    "never defined": ([("a", "print(nothing)")], "NB203"),
    "never defined, in a loop": ([("a", "for x in [1]:\n    print(x, nothing)")], "NB203"),
    "defined below": ([("a", "print(x)"), ("b", "x = 1")], "NB203"),
    "input": ([("a", "name = input()")], "NB215"),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "code"), REFUSED.values(), ids=REFUSED)
def test_refused_with_a_reason(analysis, cells, code):
    assert code in analysis(*cells).codes


def test_a_call_that_is_too_deep_to_follow_may_draw(analysis):
    calls = [f"def f{n}():\n    return f{n - 1}()" for n in range(1, 60)]
    code = "\n".join(["import random", "def f0():\n    return random.random()", *calls])
    found = analysis(
        ("a", code), ("b", "random.seed(1); x = random.random()"), ("c", "print(f59())")
    )
    assert found.edges == {("b", "c"): {"random"}}
    assert "def f0():\n    return random.random()" in found.replayed("c")


def test_names_of_its_own_in_a_function_that_calls_itself(analysis):
    walk = "def walk(xs, n):\n    return [p for p in walk(xs, n - 1)] if n else xs"
    found = analysis(("a", walk), ("b", "p = []\np.append(1)"), ("c", "print(walk([1], 2))"))
    assert found.edges == {}


def test_formulas_go_on_with_what_they_are_made_of(analysis):
    made = "from uncertainties import ufloat\nx = ufloat(1, 0.1)"
    found = analysis(("a", made), ("b", "y = 2 * x"), ("c", "print(y - 2 * x)"))
    assert found.edges == {("a", "b"): {"x"}, ("b", "c"): {"x", "y"}}


def test_sums_of_models_change_with_what_was_added(analysis):
    made = "from lmfit.models import GaussianModel, LinearModel\ng = GaussianModel()\nm = g + LinearModel()"
    found = analysis(
        ("a", made), ("b", "g.set_param_hint('sigma', value=3)"), ("c", "m.make_params()")
    )
    assert found.edges == {("a", "b"): {"g", "m"}, ("b", "c"): {"m"}}


SILENT = {
    "guarded name": [("a", "try:\n    x\nexcept NameError:\n    x = 1"), ("b", "print(x)")],
    "package that is installed where it is missing": [
        (
            "a",
            "try:\n    import wheel\nexcept ImportError:\n    !pip install wheel\n    import wheel",
        ),
        ("b", "print(wheel)"),
    ],
    "address that is only shown": [("a", "x = []\nprint(id(x), hex(id(x)))"), ("b", "print(x)")],
    "distance of addresses": [
        ("a", "import numpy as np\na = np.zeros(9)\nd = a[1:].ctypes.data - a.ctypes.data"),
        ("b", "print(d, a)"),
    ],
    "defined in an earlier round of a loop": [
        ("a", "for i in [1, 2]:\n    if i == 1:\n        z = [i]\n    elif z:\n        z = [i]"),
        ("b", "print(z)"),
    ],
    "builtins": [("a", "x = len([1])"), ("b", "print(sum([x]), __name__)")],
    "pure cache": [
        ("a", "import functools\n@functools.cache\ndef f(x):\n    return x"),
        ("b", "f(1)"),
        ("c", "f(1)"),
    ],
    "annotations of the future": [
        ("a", "from __future__ import annotations\ndef f(x: Later) -> Later:\n    return x"),
        ("b", "print(f(1))"),
    ],
    "an awaited number": [("a", "async def f():\n    return 5\nx = await f()"), ("b", "print(x)")],
    "star import": [("a", "from math import *\nx = pi"), ("b", "print(sqrt(x))")],
    "except as, twice": [
        (
            "a",
            "try:\n    1 / 0\nexcept OSError as e:\n    try:\n        2\n    except KeyError as e:\n        print(e)",
        )
    ],
    "own output": [("a", "1 + 1"), ("a", "print(_)")],
    "unused file handle": [("a", "f = open('x', 'w')\nf.close()\nx = [1]"), ("b", "print(x)")],
    "a function that is never called": [
        ("a", "def f():\n    return nothing\nx = [1]"),
        ("b", "print(x)"),
    ],
}


@pytest.mark.parametrize("cells", SILENT.values(), ids=SILENT)
def test_nothing_to_say(analysis, cells):
    assert [d.code.number for d in analysis(*cells).diagnostics] == []


def test_undefined_names_point_at_the_name_and_suggest(analysis):
    found = analysis(("a", "frame = [1]"), ("b", "x = 1\nprint(frme)"))
    diagnostic = next(d for d in found.diagnostics if d.code.number == "NB203")
    assert (diagnostic.span.cell, diagnostic.span.line, diagnostic.span.column) == (2, 2, 7)
    assert diagnostic.hint == "did you mean `frame`?"


CERTAIN = {
    "print(nothing)": "error",
    "def f():\n    print(nothing)\nf()": "error",
    "def f():\n    print(nothing)\ndef g():\n    f()\ng()": "error",
    "import contextlib\nwith contextlib.suppress(NameError):\n    nothing": "warning",
    "assert len(__name__) > 1, nothing": "warning",
    "print([nothing for i in [1] if i > 5])": "warning",
    "print(1 < len(__name__) < nothing)": "warning",
    "class A:\n    def __len__(self):\n        return nothing\na = A()\nprint(str(a))": "warning",
    "for x in range(3):\n    if nothing or x:\n        pass": "error",
    "try:\n    print(nothing)\nfinally:\n    pass": "error",
    "if len(__name__) > 9:\n    print(nothing)": "warning",
    "print(len(__name__) > 9 and nothing)": "warning",
    "def f(x):\n    if x:\n        return 1\n    return nothing\nf(1)": "warning",
    "f = lambda x: 1 if x else nothing\nf(1)": "warning",
}


@pytest.mark.parametrize("source", CERTAIN)
def test_what_may_never_be_read_is_no_error(analysis, source):
    (found,) = [d for d in analysis(("a", source)).diagnostics if d.code.number == "NB203"]
    assert found.severity.value == CERTAIN[source]


def test_a_function_may_wait_for_what_is_defined_later(analysis):
    answer = "def answer(first):\n    return 'y' if first or player > 3 else 'n'"
    found = analysis(("a", answer), ("a", "player = len(answer(True))\nprint(answer(False))"))
    assert found.diagnostics == ()
    found = analysis(("a", answer.replace("first or ", "")), ("a", "player = len(answer(True))"))
    assert [d.code.number for d in found.diagnostics] == ["NB203"]


def test_a_long_chain_of_changes(analysis):
    found = analysis(("a", "a = []\n" + "a.append(1)\n" * 1500), ("b", "print(1)"))
    assert found.edges == {}


def test_a_session_of_sympy_defines_names(analysis):
    found = analysis(
        ("a", "from sympy import init_session\ninit_session()"), ("b", "print(sin(x))")
    )
    assert found.codes == []
    assert "init_session()" in found.replayed("b")


def test_a_setting_is_known_whichever_star_import_of_its_library_comes_last(analysis):
    found = analysis(
        ("a", "from sympy import *\nfrom sympy.stats import *\ninit_printing()"), ("b", "X = 1 / 2")
    )
    assert "init_printing()" in found.replayed("b")
    found = analysis(
        ("a", "from sympy import *\nfrom sympy.stats import *\nvar('x')"), ("b", "print(x)")
    )
    assert found.codes == []


def test_a_library_numbers_what_it_makes_from_step_to_step(analysis):
    cells = (
        "import cvxpy as cp\nx = cp.Variable()",
        "y = cp.Variable()",
        "print(x >= y)",
        "print(1)",
    )
    found = analysis(*zip("abcd", cells, strict=True))
    assert {("a", "b"), ("b", "c")} <= found.edges.keys()
    assert not any("d" in edge for edge in found.edges)


def test_a_chain_of_changes_over_more_steps_than_python_follows_calls(analysis):
    cells = [f"a.append([{number}])" for number in range(1, 1050)]
    cells = ["a = [[1]]\na.append([2])\nb = [3]", *cells, "print(a, b)"]
    found = analysis(*((f"s{number}", cell) for number, cell in enumerate(cells)))
    assert ("s1048", "s1049") in found.edges
