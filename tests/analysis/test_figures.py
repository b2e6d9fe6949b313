"""With a backend that keeps figures open, a step that goes on drawing on the figure of another one is refused."""

from dataclasses import replace

import pytest

from nb2pipe.frontend.layout import Role
from tests.analysis.conftest import Analysis, lay_out
from tests.analysis.test_declared import analyse

NOTEBOOK = "import matplotlib.pyplot as plt\n%matplotlib notebook\nplt.plot([1])"
AGG = "import matplotlib\nimport matplotlib.pyplot as plt\nmatplotlib.use('agg')\nplt.plot([1])"


def refused(*cells):
    """Return the places of the errors."""
    found = [d for d in analyse(*cells).diagnostics if d.code.number == "NB218"]
    return [(d.span.cell, d.span.line) for d in found if d.is_error]


GOES_ON = {
    "pyplot": "print(1)\nplt.title('x')",
    "seaborn": "import seaborn as sns\nsns.histplot([1, 2])",
    "the whole name": "import matplotlib.pyplot\nmatplotlib.pyplot.title('x')",
    "a function of pyplot": "from matplotlib.pyplot import title\ntitle('x')",
    "a numbered figure": "print(1)\nplt.figure(1)",
    "a function": "def f():\n    plt.plot([2])\nprint(1); f()",
    "all names of pyplot": "from matplotlib.pyplot import *\ntitle('x')",
    "all names of pylab": "from pylab import *\nplot(linspace(0, 1))",
    "a series": "print(1)\ndf['a'].plot()",
    "a frame's boxes": "print(1)\ndf.boxplot('a')",
    "bars of a series": "print(1)\ns.plot.bar(rot=45)",
    "a graph": "import networkx as nx\nnx.draw(g)",
    "a tree": "from sklearn.tree import plot_tree\nplot_tree(model)",
    "a style before": "plt.style.use('ggplot')\nplt.plot(plt.cm.gray(0.5))",
}
BEGINS = {
    "a figure": "plt.figure(figsize=(3, 3))\nplt.plot([2])",
    "axes": "fig, ax = plt.subplots(2)\nplt.title('x')",
    "seaborn": "import seaborn as sns\nsns.set()\ng = sns.FacetGrid(df)",
    "all are closed": "plt.close('all')\nplt.plot([2])",
    "the only one is closed": "plt.close()\nplt.plot([2])",
    "a function": "def f():\n    plt.figure()\n    plt.plot([2])\nf()",
}
APART = {
    "options": "plt.rcParams['lines.linewidth'] = 3\nplt.rc('font', size=9)",
    "axes of a variable": "ax.plot([1])",
    "axes that are given": "df.plot(ax=ax)\nnx.draw(g, ax=ax)",
}


@pytest.mark.parametrize("source", GOES_ON.values(), ids=GOES_ON)
def test_a_step_goes_on_drawing(source):
    for first in NOTEBOOK, AGG:
        assert refused(("a", first), ("b", source)) in ([(2, 2)], [(2, 3)])
        assert refused(("a", first), ("a", source)) == []
        assert (
            refused(
                ("a", first.replace("notebook", "inline").replace("agg", "inline")), ("b", source)
            )
            == []
        )


@pytest.mark.parametrize("source", BEGINS.values(), ids=BEGINS)
def test_a_step_begins_a_figure(source):
    for first in NOTEBOOK, AGG:
        assert refused(("a", first), ("b", source), ("b", "plt.title('y')")) == []


@pytest.mark.parametrize("source", APART.values(), ids=APART)
def test_a_step_leaves_figures_alone_at_first(source):
    for first in NOTEBOOK, AGG:
        assert refused(("a", first), ("b", source)) == []
        assert refused(("a", first), ("b", source), ("b", "plt.title('y')")) == [(3, 1)]


CHOSEN = {
    "by keyword": "import matplotlib\nmatplotlib.use(backend='agg')",
    "computed": "import matplotlib\nmatplotlib.use(name)",
    "by a function": "from matplotlib import use\nuse('agg')",
    "by the whole name": "import matplotlib\nmatplotlib.pyplot.switch_backend('agg')",
    "among options": "import matplotlib as m\nm.rcParams.update({'figure.dpi': 9, 'backend': 'agg'})",
    "among options, by keyword": "plt.rcParams.update(backend='agg')",
    "among the environment": "import os\nos.environ.setdefault('MPLBACKEND', 'agg')",
    "in the environment of IPython": "%env MPLBACKEND=agg",
    "by an older way to call magics": "get_ipython().magic('matplotlib agg')",
    "inline, kept open by number": "%config InlineBackend.close_figures = 0",
    "kept open by an attribute": "from x import InlineBackend\nInlineBackend.instance().close_figures = False",
    "in the options": "plt.rcParams['backend'] = 'agg'",
    "in the environment": "import os\nos.environ['MPLBACKEND'] = 'agg'",
    "by IPython": "%matplotlib",
    "where a flag is set": "interactive = True\nif interactive:\n    %matplotlib notebook",
    "where a flag may be set": "flag = False\nflag = f()\nif flag:\n    %matplotlib notebook",
    "with all names": "%pylab notebook",
    "inline, kept open": "%matplotlib inline\n%config InlineBackend.close_figures = False",
    "kept open": "from IPython.display import set_matplotlib_close\nset_matplotlib_close(False)",
}
INLINE = {
    "by keyword": "import matplotlib\nmatplotlib.use(backend='module://matplotlib_inline.backend_inline')",
    "with all names": "%pylab inline",
    "closed": "%config InlineBackend.close_figures = True",
    "listed": "%matplotlib --list",
    "another dictionary": "cfg = {}\ncfg['backend'] = 'loky'\ncfg.update(backend='loky')",
    "a style": "from matplotlib.pyplot import style\nstyle.use('ggplot')",
    "switched off": "interactive = False\nif interactive:\n    %matplotlib notebook",
    "another option": "plt.rcParams['figure.figsize'] = 3, 3",
}


@pytest.mark.parametrize("source", CHOSEN.values(), ids=CHOSEN)
def test_a_backend_that_keeps_figures_is_noticed(source):
    first = f"import matplotlib.pyplot as plt\n{source}\nplt.plot([1])"
    assert refused(("a", first), ("b", "plt.title('x')")) == [(2, 1)]


@pytest.mark.parametrize("source", INLINE.values(), ids=INLINE)
def test_a_backend_that_closes_figures_is_noticed(source):
    first = f"import matplotlib.pyplot as plt\n{source}\nplt.plot([1])"
    assert refused(("a", first), ("b", "plt.title('x')")) == []


def test_a_step_goes_on_after_another_one():
    fresh = "plt.figure()\nplt.plot([3])"
    assert refused(("a", NOTEBOOK), ("b", fresh), ("a", "plt.title('x')")) == [(3, 1)]
    assert refused(("a", NOTEBOOK), ("b", fresh), ("a", fresh)) == []


def test_inline_again_an_open_figure_goes_on_until_another_one_begins():
    first = NOTEBOOK, "%matplotlib inline", "plt.plot([2])", "plt.figure()", "plt.title('x')"
    assert refused(*zip("aaaab", first, strict=True)) == []
    assert refused(*zip("aaabb", first, strict=True)) == []
    assert refused(*zip("aabbb", first, strict=True)) == [(3, 1)]


CLOSED = {
    "the only figure": "plt.close()",
    "the only figure, saved": "plt.savefig('a.png')\nplt.close()",
    "each figure of a loop": "plt.close()\nfor i in range(3):\n    plt.plot([i])\n    plt.close()",
}
OPEN = {
    "one of two": "plt.figure()\nplt.close()",
    "each but one of a loop": "for i in range(3):\n    plt.figure()\nplt.close()",
    "those of a function": "def f():\n    plt.figure()\n    plt.plot([1])\nf()\nplt.close()",
}


@pytest.mark.parametrize("source", CLOSED.values(), ids=CLOSED)
def test_figures_that_are_closed_go_on_in_no_step(source):
    assert refused(("a", AGG), ("a", source), ("b", "plt.plot([2])")) == []


@pytest.mark.parametrize("source", OPEN.values(), ids=OPEN)
def test_figures_that_stay_open_go_on(source):
    assert refused(("a", AGG), ("a", source), ("b", "plt.plot([2])")) == [(3, 1)]


HIDDEN = {
    "a method": "class Plot:\n    def draw(self):\n        plt.plot([1])\nPlot().draw()",
    "after one of two is closed": "plt.figure()\nplt.close()\nplt.plot([5])",
    "perhaps in a figure of its own": "if len('x') > 3:\n    plt.figure()\nplt.plot([5])",
}


@pytest.mark.parametrize("source", HIDDEN.values(), ids=HIDDEN)
def test_what_is_not_certain_is_a_warning(source):
    cells = ("a", AGG), ("b", source)
    (found,) = [d for d in analyse(*cells).diagnostics if d.code.number == "NB218"]
    assert (found.severity.value, found.span.cell, found.span.line) == ("warning", 1, 3)


def test_functions_that_call_each_other_are_looked_into_once():
    calls = "".join(f"    f{at}()\n" for at in range(14))
    cells = [("a", f"def f{at}():\n{calls}") for at in range(14)]
    assert refused(("a", AGG), *cells, ("b", "f0()")) == []


def test_a_flag_that_is_a_parameter_may_be_set():
    draws = (
        "import matplotlib.pyplot as plt\nif flag:\n    plt.switch_backend('agg')\nplt.plot([1])"
    )
    layout = lay_out(("a", "flag = False"), ("a", draws), ("b", "plt.title('x')"))
    first, *others = layout.cells
    cells = (replace(first, role=Role.PARAMETERS), *others)
    found = Analysis(replace(layout, cells=cells)).diagnostics
    assert [d.span.cell for d in found if d.code.number == "NB218"] == [3]
    assert [d for d in Analysis(layout).diagnostics if d.code.number == "NB218"] == []
