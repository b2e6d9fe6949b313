"""What one step stores, another gets back exactly: `assert`s run in the step that loads."""

import pytest

from tests.runtime.conftest import FOR_DATABASES, cells, manifest, texts

VALUES = {
    "plain values": (
        ["a", "b"],
        "a, b = {'x': [1, 2.5, None, 'é😀', b'b', {3}, (4, 5j), range(6)]}, frozenset('z')",
        "assert a == {'x': [1, 2.5, None, 'é😀', b'b', {3}, (4, 5j), range(6)]} and b == frozenset('z')",
    ),
    "aliases": (
        ["a", "b", "c"],
        "a = [1]; b = {'a': a}; c = a",
        "assert b['a'] is a and c is a; a.append(2); assert b == {'a': [1, 2]}",
    ),
    "a long chain": (
        ["a", "b"],
        "a = b = []\nfor _ in range(20_000): b.append([]); b = b[0]",
        "c, n = a, 0\nwhile c: c, n = c[0], n + 1\nassert n == 20_000 and c is b",
    ),
    "a cycle": (["a"], "a = []; a.append(a)", "assert a[0] is a"),
    "modules": (
        ["m", "d"],
        "import os.path as m; d = {'j': m}",
        "import os.path; assert m is os.path is d['j']",
    ),
    "lambdas": (
        ["f", "k"],
        "k = 2; f = lambda x, y=[3]: x * k + y[0]",
        "assert f(5) == 13; k = 3; assert f(5) == 18",
    ),
    "late binding": (
        ["f"],
        "f = lambda: later",
        "later = 7; assert f() == 7; assert f.__globals__ is globals()",
    ),
    "closures that share a variable": (
        ["add", "get"],
        (
            "def make():\n    n = 0\n    def add(i):\n        nonlocal n; n += i\n"
            "    return add, lambda: n\nadd, get = make(); add(1)"
        ),
        "add(2); assert get() == 3",
    ),
    "a recursive closure": (
        ["fact"],
        "def make():\n    def fact(n): return 1 if n < 2 else n * fact(n - 1)\n    return fact\nfact = make()",
        "assert fact(5) == 120 and fact.__closure__[0].cell_contents is fact",
    ),
    "an unset closure variable": (
        ["f"],
        "def make():\n    def f(): return later\n    if False: later = 1\n    return f\nf = make()",
        "try: f()\nexcept NameError: pass\nelse: raise AssertionError",
    ),
    "what a function carries": (
        ["f"],
        (
            "import functools\ndef inner(a: int, *, b=2) -> str: 'doc'; return a + b\n"
            "@functools.wraps(inner)\ndef f(*args, **kw): return inner2(*args, **kw)\nf.calls = [3]\n"
            "inner2 = inner; f.__wrapped__ = inner"
        ),
        (
            "assert f.__name__ == 'inner' and f.__doc__ == 'doc' and f.calls == [3]\n"
            "assert f.__wrapped__(1) == 3 and f.__wrapped__.__annotations__ == {'a': int, 'return': str}"
        ),
    ),
    "a function with the results that it keeps": (
        ["f"],
        (
            "import functools\n@functools.lru_cache(None)\ndef f(x, y=1): return [x, y]\n"
            "f(1); f(2, y=3); f('a', 4); f.calls = 3"
        ),
        (
            "import gc\nkept = [d for d in gc.get_referents(f) if type(d) is dict and d is not vars(f)][0]\n"
            "assert [*kept.values()] == [[1, 1], [2, 3], ['a', 4]] and f.calls == 3\n"
            "before = f.cache_info().misses; f(1); f(2, y=3); f('a', 4); assert f.cache_info().misses == before\n"
            "assert f(5) == [5, 1] and f.__wrapped__(6) == [6, 1]"
        ),
    ),
    "functions that keep results, after others and after plain objects": (
        ["v"],
        (
            "import functools, fnmatch\n@functools.lru_cache(None)\ndef f(x, y=1): return [x, y]\n"
            "f(2, y=3); v = [object(), fnmatch._compile_pattern, f]"
        ),
        (
            "import fnmatch; f = v[2]; before = f.cache_info().misses; f(2, y=3)\n"
            "assert f.cache_info().misses == before and v[1] is fnmatch._compile_pattern"
        ),
    ),
    "a function that keeps a number of results": (
        ["f"],
        "import functools\n@functools.lru_cache(maxsize=2)\ndef f(x): return x\nf(1)",
        "assert f(1) == 1 and f.cache_info()[1:] == (1, 2, 1)",
    ),
    "lambdas of a loop": (
        ["fs"],
        "fs = []\nfor i in range(3):\n    def f(i=i): return i\n    fs.append(f)",
        "assert [f() for f in fs] == [0, 1, 2]",
    ),
    "own functions among those of a library": (
        ["v"],
        "import os.path\nv = [os.path.join, lambda: k, os.path.split, lambda: -k]",
        "k = 3; assert v[1]() == 3 and v[3]() == -3\nimport os.path; assert v[2] is os.path.split",
    ),
    "many of a kind": (
        ["v"],
        "import datetime\nv = [datetime.date(2024, 1, 1 + i % 30) for i in range(1000)]",
        "assert [d.day for d in v] == [1 + i % 30 for i in range(1000)]",
    ),
    "a partial and a bound method": (
        ["p", "m"],
        "import functools; p = functools.partial(lambda a, b: a - b, 5); m = [1].append",
        "assert p(2) == 3; m(4)",
    ),
}

REPLAYED = {
    "instances": (
        ["a"],
        "class A:\n    def __init__(self): self.x = 1\n    class B: pass",
        "a = [A(), A.B(), A]",
        "assert type(a[0]) is A and a[0].x == 1 and type(a[1]) is A.B and a[2] is A",
    ),
    "enumerations": (
        ["c"],
        "import enum\nclass C(enum.Enum):\n    R = 1",
        "c = {C.R: C}",
        "assert list(c) == [C.R] and list(c)[0] is C.R and c[C.R] is C",
    ),
    "functions are the replayed ones": (
        ["h"],
        "def f(): return 1\ndef g(): return f() + 1",
        "h = {'f': f, 'g': g}",
        "assert h['f'] is f and h['g'] is g and h['g']() == 2",
    ),
    "functions that keep results are the replayed ones": (
        ["h"],
        "import functools\n@functools.cache\ndef f(x): return x",
        "f(1); h = {'f': f}",
        "assert h['f'] is f",
    ),
    "a method that has lost its name": (
        ["x", "f"],
        (
            "def plain(method):\n    return lambda self: (self, method)\n"
            "class A:\n    @plain\n    def get(self): pass"
        ),
        "x = A(); f = x.get",
        "assert f()[0] is x and f == x.get",
    ),
    "a method that was replaced since, and one of a base": (
        ["x", "f", "g"],
        "class A:\n    def f(self): return 1\nclass B(A):\n    def f(self): return 2",
        "x = B(); f = x.f; g = super(B, x).f; x.f = lambda: 3",
        "assert (x.f(), f(), g()) == (3, 2, 1)",
    ),
    "dataclasses and named tuples": (
        ["v"],
        (
            "import dataclasses, collections\n@dataclasses.dataclass\nclass D:\n    x: int\n"
            "P = collections.namedtuple('P', 'x y')"
        ),
        "v = D(1), P(2, 3)",
        "assert v == (D(1), P(2, 3)) and type(v[0]) is D",
    ),
}


DATABASES = {
    "what is in it": (
        ["a", "b"],
        (
            "b = a.cursor(); b.execute('CREATE TABLE t (x INTEGER PRIMARY KEY, y)')\n"
            "b.executemany('INSERT INTO t (y) VALUES (?)', [(1.5,), ('é',), (None,)]); a.commit()"
        ),
        (
            "assert a.execute('SELECT * FROM t').fetchall() == [(1, 1.5), (2, 'é'), (3, None)]\n"
            "assert b.connection is a; b.execute('INSERT INTO t (y) VALUES (7)'); a.rollback()\n"
            "assert a.execute('SELECT count(*) FROM t').fetchone() == (3,)"
        ),
    ),
    "nothing": (["a"], "", "assert a.execute('SELECT * FROM sqlite_master').fetchall() == []"),
    "how it answers": (
        ["a"],
        (
            "a.row_factory = sqlite3.Row; a.text_factory = bytes; a.isolation_level = None\n"
            "a.execute('PRAGMA foreign_keys = ON')"
        ),
        (
            "import sqlite3; row = a.execute(\"SELECT 'x' AS n\").fetchone()\n"
            "assert type(row) is sqlite3.Row and row['n'] == b'x' and a.isolation_level is None\n"
            "assert a.execute('PRAGMA foreign_keys').fetchone()[0] == 1"
        ),
    ),
}


@pytest.mark.parametrize("name", DATABASES)
def test_a_database_in_memory_comes_back(name, plain):
    names, before, after = DATABASES[name]
    made = f"import sqlite3; a = sqlite3.connect(':memory:')\n{before}"
    result = plain.carry(names, made, after, modules=FOR_DATABASES)
    assert result["error"] is None, result["stderr"]


@pytest.mark.parametrize("name", VALUES)
def test_value_comes_back(name, plain):
    names, before, after = VALUES[name]
    result = plain.carry(names, before, after)
    assert result["error"] is None, result["stderr"]


@pytest.mark.parametrize("name", REPLAYED)
def test_value_of_a_definition_comes_back(name, plain):
    names, definition, before, after = REPLAYED[name]
    result = plain.carry(names, before, after, replay=[definition])
    assert result["error"] is None, result["stderr"]


def test_values_come_back_on_every_python(bare):
    for names, before, after in VALUES.values():
        result = bare.carry(names, before, after)
        assert result["error"] is None, (before, result["stderr"])


FRAME = (
    "pd.DataFrame({'a': [1.5, None], 'b': ['x', 'y'], 'c': pd.to_datetime(['2020', '2021']),"
    " 'd': pd.Categorical(['u', 'v'])}, index=[3, 7])"
)

ARRAYS = {
    "a large array is mapped and writable": (
        ["a"],
        "import numpy as np; a = np.arange(3_000_000.0)",
        "assert a.flags.writeable and not a.flags.owndata; a[0] = 5; assert a[0] == 5 and a[-1] == 2_999_999",
    ),
    "dates and durations are mapped, too": (
        ["v"],
        (
            "import numpy as np\nv = [np.arange(8_000_000).astype(kind) for kind in ('M8[us]', 'm8[D]', '>M8[s]')]\n"
            "v += [v[0].reshape(2, -1).T, np.array('2020', 'M8[Y]'), np.zeros((0, 3), 'm8')]\n"
            "v[1].flags.writeable = False"
        ),
        (
            "import os, numpy as np; assert os.path.getsize('it') - 3 * 64_000_000 < 10_000\n"
            "assert [str(a.dtype) for a in v] == ['datetime64[us]', 'timedelta64[D]', '>M8[s]', 'datetime64[us]',"
            " 'datetime64[Y]', 'timedelta64']\n"
            "assert [a.flags.writeable for a in v] == [True, False, True, True, True, True]\n"
            "assert not v[2].flags.owndata and v[2][-1] == np.datetime64(7_999_999, 's') and v[5].shape == (0, 3)\n"
            "v[0][1] = np.datetime64('NaT'); assert np.isnat(v[3][1, 0]) and v[4] == np.datetime64('2020')"
        ),
    ),
    "a read-only array": (
        ["a"],
        "import numpy as np; a = np.arange(3); a.flags.writeable = False",
        "assert not a.flags.writeable",
    ),
    "small arrays have memory of their own": (
        ["v"],
        (
            "import numpy as np\n"
            "v = [np.array(x, order='F') for x in (2.5, [1, 2, 3], [[1, 2, 3], [4, 5, 6]], [(1, None)], ['x'])]\n"
            "v += [np.array([1, 2], '>i2'), np.zeros(2, [('a', 'i4'), ('b', 'O')]), np.empty((0, 3))]"
        ),
        (
            "assert all(a.flags.writeable and (a.flags.owndata or a is v[5]) for a in v)\n"
            "assert v[2].strides == (8, 16) and v[2].tolist() == [[1, 2, 3], [4, 5, 6]]\n"
            "assert [str(a.dtype) for a in v[3:6]] == ['object', '<U1', '>i2'] and v[5].tolist() == [1, 2]\n"
            "assert v[6].dtype.names == ('a', 'b') and v[0] == 2.5 and v[7].shape == (0, 3)\n"
            "a = v.pop(1); a.resize(5, refcheck=False); assert a.tolist() == [1, 2, 3, 0, 0]"
        ),
    ),
    "views": (
        ["a", "b", "c", "d"],
        "import numpy as np\na = np.arange(12.0).reshape(3, 4); b = a[1]; c = a[:, ::-2]; d = a.T.view('i8')",
        (
            "a[1] = [-1, -2, -3, -4]; assert b.tolist() == [-1, -2, -3, -4]\n"
            "assert c[1].tolist() == [-4, -2]; b[0] = 9; assert a[1, 0] == 9 and d.shape == (4, 3)\n"
            "assert d[0, 1] == a.view('i8')[1, 0]"
        ),
    ),
    "views without their base": (
        ["b", "c"],
        "import numpy as np\na = np.arange(10); b = a[2:6]; c = a[4:8]",
        "b[3] = 50; assert c.tolist() == [4, 50, 6, 7]",
    ),
    "a view alone does not drag its base along": (
        ["b"],
        "import numpy as np\nb = np.zeros((1000, 1000))[:, 3]",
        "import os; assert b.shape == (1000,) and os.path.getsize('it') < 20_000",
    ),
    "the layout of arrays, which decides how sums are rounded": (
        ["a", "b", "c", "d", "e"],
        (
            "import numpy as np\nx = np.random.RandomState(0).rand(300, 7, 2)\na = x[:, 0, 0]; b = x[::-2, 1:4]\n"
            "c = np.broadcast_to(np.arange(3.0), (2, 3)); d = x.transpose(2, 0, 1); e = x[:0, ::2]\n"
            "np.save('sums.npy', [a.sum(), b.sum(), c.sum(), d.sum(), a @ a])\n"
            "print(*(v.strides for v in (a, b, c, d)), file=open('strides', 'w'))"
        ),
        (
            "import numpy as np\n"
            "assert [a.sum(), b.sum(), c.sum(), d.sum(), a @ a] == np.load('sums.npy').tolist()\n"
            "assert open('strides').read() == ' '.join(str(v.strides) for v in (a, b, c, d)) + '\\n'\n"
            "a[0] = 5; b[0] = 6; assert not c.flags.writeable and e.shape == (0, 4, 2)"
        ),
    ),
    "a frame made of a slice": (
        ["df"],
        (
            "import pandas as pd, numpy as np\n"
            "df = pd.DataFrame(np.random.RandomState(0).rand(300, 7)).iloc[:, 1:4]\n"
            "np.save('sum.npy', df.to_numpy().sum())"
        ),
        "import numpy as np; assert df.to_numpy().sum() == np.load('sum.npy')",
    ),
    "views of objects and of times": (
        ["a", "b", "t", "u"],
        (
            "import numpy as np\na = np.array(['x', None, 3], dtype=object); b = a[::2]\n"
            "t = np.array(['2020-01-01', '2021-01-01'], dtype='M8[D]'); u = t[:1]"
        ),
        "b[1] = 'new'; assert a[2] == 'new'; u[0] = '2022-02-02'; assert str(t[0]) == '2022-02-02'",
    ),
    "structured, empty and scalar arrays": (
        ["a", "b", "c", "e"],
        (
            "import numpy as np\na = np.zeros(2, dtype=[('x', 'f4'), ('y', 'O')])\n"
            "b = np.empty((0, 3)); c = np.array(5); e = b"
        ),
        "assert a.dtype.names == ('x', 'y') and b.shape == (0, 3) and c[()] == 5 and e is b",
    ),
    "a frame and a column of it": (
        ["df", "s"],
        (f"import pandas as pd\ndf = {FRAME}; s = df['a']; df.attrs['k'] = 1"),
        (
            f"import pandas as pd\npd.testing.assert_frame_equal(df, {FRAME})\n"
            "assert df.attrs == {'k': 1}; s.iloc[0] = 9; assert df.iloc[0, 0] == 9"
        ),
    ),
    "a fitted model": (
        ["model", "x"],
        (
            "from sklearn.ensemble import RandomForestClassifier\nimport numpy as np\n"
            "x = np.random.RandomState(0).rand(50, 3)\n"
            "model = RandomForestClassifier(5, random_state=0).fit(x, x[:, 0] > .5)\n"
            "expected = model.predict_proba(x); np.save('expected.npy', expected)"
        ),
        "import numpy as np; assert (model.predict_proba(x) == np.load('expected.npy')).all()",
    ),
    "what is no number, which containers find by its identity": (
        ["x", "keys"],
        "import math, numpy as np\nx = [np.nan, math.nan, 1.5]; keys = {np.nan: 1}",
        (
            "import math, numpy as np\n"
            "assert np.nan in x and x.index(math.nan) == 1 and x[0] is np.nan and keys[np.nan] == 1"
        ),
    ),
    "a masked array that shares its memory": (
        ["a", "m", "x"],
        (
            "import numpy as np\na = np.zeros(3); m = np.ma.array(a, mask=[0, 0, 1], copy=False)\n"
            "x = a.view(np.matrix)"
        ),
        "a[0] = 5; assert m[0] == 5 and m.mask.tolist() == [False, False, True] and x[0, 0] == 5",
    ),
    "an array that a pickle brought, and a part of it": (
        ["x", "y"],
        "import pickle, numpy as np\nx = pickle.loads(pickle.dumps(np.zeros(3), 5)); y = x[1:]",
        "y[0] = 5; assert x.tolist() == [0, 5, 0]",
    ),
    "a frame with an attribute": (
        ["df", "s"],
        "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2]}); df.name = 'train'; s = df.a.copy(); s.unit = 'm'",
        "assert df.name == 'train' and s.unit == 'm' and [*df] == ['a'] and s.name == 'a'",
    ),
    "a frame with what a library added": (
        ["df"],
        "import pandas as pd, threading\ndf = pd.DataFrame({'a': [1, 2]}); df.info_ = threading.local(); df.plot",
        "assert df.a.tolist() == [1, 2]",
    ),
    "a part of a frame, which pandas warns to change": (
        ["df", "part", "whole"],
        (
            "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2, 3]}); part = df[df.a > 1]\n"
            "whole = pd.DataFrame({'a': [1, 2, 3]}); whole = whole[whole.a > 1]"
        ),
        (
            "import warnings\nwith warnings.catch_warnings(record=True) as caught:\n"
            "    warnings.simplefilter('always'); part['b'] = 1; whole['b'] = 2\n"
            "assert [w.category.__name__ for w in caught] == ['SettingWithCopyWarning']\n"
            "assert part.b.tolist() == [1, 1] and [*df] == ['a']"
        ),
    ),
    "a hard mask": (
        ["m"],
        "import numpy as np\nm = np.ma.array([1, 2], mask=[0, 1], hard_mask=True)",
        "m[1] = 5; assert m.hardmask and m.mask.tolist() == [False, True]",
    ),
    "an exception with its cause": (
        ["error"],
        (
            "try:\n    try:\n        {}['k']\n    except KeyError as problem:\n"
            "        raise ValueError('no') from problem\nexcept ValueError as problem:\n"
            "    error = problem; error.where = [1]"
        ),
        "assert repr(error.__cause__) == \"KeyError('k')\" and error.where == [1] and error.args == ('no',)",
    ),
    "a view of a dictionary": (
        ["d", "p"],
        "import types\nd = {'a': 1}; p = types.MappingProxyType(d)",
        "d['a'] = 2; assert p['a'] == 2",
    ),
    "a local class, through cloudpickle": (
        ["a"],
        "def make():\n    class A:\n        x = 3\n    return A()\na = make()",
        "assert a.x == 3",
    ),
    "a class made by a call, through cloudpickle": (
        ["P", "p"],
        "P = type('P', (), {'x': 1}); p = P()",
        "assert type(p) is P and p.x == 1",
    ),
    "figures": (
        ["fig"],
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots(); ax.plot([1, 2])",
        "assert fig.axes[0].lines[0].get_ydata().tolist() == [1, 2]",
    ),
}


@pytest.mark.parametrize("name", ARRAYS)
def test_value_of_a_library_comes_back(name, notebook_image):
    names, before, after = ARRAYS[name]
    result = notebook_image.carry(names, before, after)
    assert result["error"] is None, result["stderr"]


def test_an_array_of_an_own_class_keeps_its_attributes(notebook_image):
    definition = "import numpy as np\nclass A(np.ndarray): pass"
    made = "a = np.arange(3).view(A); a.unit = ['m']"
    used = "assert type(a) is A and a.unit == ['m'] and a.tolist() == [0, 1, 2]"
    result = notebook_image.carry(["a"], made, used, replay=[definition])
    assert result["error"] is None, result["stderr"]


def test_views_survive_many_steps(notebook_image):
    notebook_image.carry(["a", "b"], "import numpy as np; a = np.zeros(9); b = a[3:]", "a[4] = 1")
    middle = manifest(
        [
            {"op": "load", "input": "it", "names": ["a", "b"]},
            *cells(1),
            {"op": "store", "output": "two"},
        ],
        inputs={"it": {}},
        outputs={"two": {"names": ["a", "b"]}},
    )
    last = manifest(
        [{"op": "load", "input": "two", "names": ["a", "b"]}, *cells(1)], inputs={"two": {}}
    )
    assert notebook_image(middle, ["a[3] = 5"])["error"] is None
    assert texts(notebook_image(last, ["a[8] = 6; print(b)"])) == "[5. 0. 0. 0. 0. 6.]\n"


def test_optional_names_may_be_missing(plain):
    result = plain.carry(["a", "b"], "a = 1", "print(a, 'b' in globals())", optional=["b"])
    assert texts(result) == "1 False\n"


def test_only_the_wanted_names_are_bound(plain):
    store = manifest(
        [*cells(1), {"op": "store", "output": "it"}], outputs={"it": {"names": ["a", "b"]}}
    )
    load = manifest([{"op": "load", "input": "it", "names": ["b"]}, *cells(1)], inputs={"it": {}})
    plain(store, ["a, b = 1, 2"])
    assert texts(plain(load, ["print(b, 'a' in globals())"])) == "2 False\n"


@pytest.mark.parametrize("switch", ["enable", "disable"])
def test_garbage_is_collected_after_a_load_as_before(plain, switch):
    store = {"op": "store", "output": "x"}
    plain(manifest([*cells(1), store], outputs={"x": {"names": ["x"]}}), ["x = [1]"])
    switched, shown = cells(2)
    program = [switched, {"op": "load", "input": "x", "names": ["x"]}, shown]
    sources = [f"import gc; gc.{switch}()", "print(x, gc.isenabled())"]
    result = plain(manifest(program, inputs={"x": {}}), sources)
    assert texts(result) == f"[1] {switch == 'enable'}\n"


def test_a_version_in_the_middle_of_a_step(plain):
    program = [cells(2)[0], {"op": "store", "output": "it"}, cells(2)[1]]
    plain(manifest(program, outputs={"it": {"names": ["a"]}}), ["a = [1]", "a.append(2)"])
    load = manifest([{"op": "load", "input": "it", "names": ["a"]}, *cells(1)], inputs={"it": {}})
    assert texts(plain(load, ["print(a)"])) == "[1]\n"


def test_the_result_describes_what_is_stored(plain):
    store = manifest(
        [*cells(1), {"op": "store", "output": "it"}], outputs={"it": {"names": ["a", "b"]}}
    )
    first, second = plain(store, ["a, b = [1], 2.5"]), plain(store, ["a, b = [1], 2.5"])
    stored = first["outputs"]["it"]
    assert stored["names"] == ["a", "b"]
    assert stored["type"] == "list, float"
    assert stored["bytes"] == (plain.folder / "it").stat().st_size
    assert stored["digest"] == second["outputs"]["it"]["digest"]


def test_generator_states(notebook_image):
    notebook_image.carry(
        ["random", "numpy.random"],
        "import random, numpy\nrandom.seed(1); numpy.random.seed(2); random.random()\n",
        "import random, numpy\nprint(random.random(), numpy.random.rand(), file=open('a', 'w'))",
        kind="state",
    )
    notebook_image.run(
        "import random, numpy\nrandom.seed(1); numpy.random.seed(2); random.random()\n"
        "print(random.random(), numpy.random.rand(), file=open('b', 'w'))"
    )
    assert (notebook_image.folder / "a").read_text() == (notebook_image.folder / "b").read_text()


def test_that_files_and_folders_are_gone_travels(bare):
    gone = ["file", "folder", "folder/file", "never/there"]
    bare.carry(
        gone,
        "import os, shutil\nos.makedirs('folder'); open('file', 'w'); open('folder/file', 'w')\n"
        "os.remove('file'); shutil.rmtree('folder')",
        "",
        kind="files",
    )
    (bare.folder / "folder").mkdir()
    (bare.folder / "folder/file").touch()
    (bare.folder / "file").touch()
    load = manifest(
        [{"op": "load", "input": "it", "names": gone}, *cells(1)], inputs={"it": {"kind": "files"}}
    )
    result = bare(load, ["1"])
    assert result["error"] is None, result["stderr"]
    assert not [name for name in gone if (bare.folder / name).exists()]
    assert not (bare.folder / "never").exists()


def test_files_and_folders(bare):
    home = bare.folder
    result = bare.carry(
        ["data/x.csv", "folder"],
        "import os\nos.makedirs('data'); open('data/x.csv', 'wb').write(b'\\0\\r\\n')\n"
        "os.chmod('data/x.csv', 0o755); os.makedirs('folder/sub'); open('folder/sub/y', 'w').write('y')",
        "import os, stat\nassert open('data/x.csv', 'rb').read() == b'\\0\\r\\n'\n"
        "assert os.stat('data/x.csv').st_mode & 0o777 == 0o755\n"
        "assert os.listdir('folder') == ['sub'] and open('folder/sub/y').read() == 'y'",
        kind="files",
    )
    assert result["error"] is None, result["stderr"]
    (home / "data/x.csv").write_text("other")
    (home / "folder/stale").write_text("stale")
    load = manifest(
        [{"op": "load", "input": "it", "names": ["data/x.csv", "folder"]}, *cells(1)],
        inputs={"it": {"kind": "files"}},
    )
    assert bare(load, ["1"])["error"] is None
    assert (home / "data/x.csv").read_bytes() == b"\0\r\n"
    assert [path.name for path in (home / "folder").iterdir()] == ["sub"]
    assert not [path for path in home.iterdir() if path.name.startswith("tmp")]
