"""Options of libraries and of the process: set again where that is exact, otherwise handed on."""

import pytest

from nb2pipe.bundle.states import state_code

PLT = "import matplotlib.pyplot as plt, numpy as np, pandas as pd, os, warnings, math, xarray as xr"
PRINT = ("c", "print(1)")

REPLAYED = {
    "an option": "plt.rcParams['lines.linewidth'] = 3",
    "in a condition": "if True:\n    pd.set_option('display.width', 60)",
    "a function that only sets options": "def setup(n):\n    plt.rcParams['lines.linewidth'] = n\nsetup(3)",
    "the environment": "os.environ['A'] = 'b'",
    "taken out of the environment": "del os.environ['HOME']",
    "an attribute of a module": "math.pi = 3",
    "the working directory": "os.chdir('sub')",
    "a magic": "%cd sub",
}


@pytest.mark.parametrize("source", REPLAYED.values(), ids=REPLAYED)
def test_what_does_the_same_again_is_replayed_and_makes_no_edge(analysis, source):
    found = analysis(("a", PLT), ("b", source), PRINT)
    assert found.edges == {}
    assert any(source.split()[-1] in text for text in found.replayed("c"))


CARRIED = {
    "a function that does more": (
        "def f(n):\n    plt.rcParams['lines.linewidth'] = n\n    return n\nx = f(3)", "matplotlib"),
    "in a loop": ("for k in ['A']:\n    os.environ[k] = 'b'", "os"),
    "with the old value kept": ("old = np.seterr(all='ignore')", "numpy"),
    "not the same each time": ("import time\nos.environ['NOW'] = str(time.time())", "os"),
    "in a loop over options": ("for n in [4]:\n    pd.options.display.max_rows = n", "pandas"),
    "filters in a function": (
        "def f():\n    warnings.simplefilter('ignore')\n    print('quiet')\nf()", "warnings"),
    "an attribute of a module": ("for n in [3]:\n    math.pi = n", "math.pi"),
    "options of xarray": (
        "_ = xr.set_options(keep_attrs=True)", "xarray.core.options.OPTIONS[]"),
    "a constant's content": ("for n in [3]:\n    math.TABLE['n'] = n", "math.TABLE[]"),
    "a constant's method": ("for n in [3]:\n    math.TABLE.append(n)", "math.TABLE[]"),
}  # fmt: skip


@pytest.mark.parametrize(("source", "state"), CARRIED.values(), ids=CARRIED)
def test_what_does_not_is_handed_on(analysis, source, state):
    found = analysis(("a", PLT), ("b", source), PRINT)
    assert found.edges == {("b", "c"): {state}}
    assert found.codes == []
    assert all(compile(code, "state", "eval") for code in state_code(state)[1:])


def test_options_from_values_of_the_notebook(analysis):
    found = analysis(("a", f"{PLT}\nn = len(list('abc'))"), ("b", "np.set_printoptions(n)"), PRINT)
    assert found.edges == {("a", "b"): {"n"}, ("b", "c"): {"numpy"}}


PUT_BACK = {
    "warnings": "with warnings.catch_warnings():\n    warnings.simplefilter('ignore')\n    x = [1]",
    "pandas": "with pd.option_context('display.width', 60):\n    pd.set_option('display.width', 9); x = [1]",
    "xarray": "with xr.set_options(keep_attrs=True):\n    x = [1]",
    "matplotlib": "with plt.rc_context():\n    plt.rcParams['lines.linewidth'] = 9; x = [1]",
}


@pytest.mark.parametrize("source", PUT_BACK.values(), ids=PUT_BACK)
def test_what_is_put_back_at_once_changes_nothing(analysis, source):
    found = analysis(("a", PLT), ("b", source), PRINT)
    assert found.edges == {}
    assert found.replayed("c") == []


def test_functions_that_a_library_keeps_bring_what_they_look_up(analysis):
    found = analysis(
        ("a", f"{PLT}\nk = [3]\ndef inner():\n    return k"),
        ("b", "def f(self):\n    return inner()\npd.DataFrame.f = f"),
        ("c", "print(pd.DataFrame().f())"),
    )
    assert found.edges[("a", "c")] == {"k"}
    assert len(found.replayed("c")) == 4


def test_an_option_that_cannot_be_handed_on_is_refused(analysis):
    found = analysis(
        ("a", "import logging\ndef f(n):\n    logging.basicConfig(level=n)\n    return n"),
        ("b", "level = f(10)"),
        PRINT,
    )
    assert found.codes == ["NB217"]


def test_a_file_is_the_same_however_its_path_is_spelt(analysis):
    found = analysis(
        ("a", "open('sub/x', 'w').write('1')"),
        ("b", "print(open('./sub/../sub/x').read())"),
        ("c", "%cd -q sub"),
        ("d", "print(open('x').read())"),
    )
    assert found.edges == {("a", "b"): {"sub/x"}, ("a", "d"): {"sub/x"}}


@pytest.mark.parametrize("shown", ["%pylab inline", "from pylab import *"])
@pytest.mark.parametrize(
    ("seeded", "drawn"),
    [
        ("seed(0)", "randn(3)"),
        ("np.random.seed(0)", "rand(3)"),
        ("random.seed(0)", "np.random.rand(3)"),
    ],
)
def test_the_generator_behind_the_names_of_pylab(analysis, shown, seeded, drawn):
    found = analysis(
        ("a", shown), ("b", seeded), ("c", f"print({drawn})"), ("d", f"print({drawn})")
    )
    assert found.edges == {("c", "d"): {"numpy.random"}}
