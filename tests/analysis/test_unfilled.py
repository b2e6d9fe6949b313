"""An array is not shown before it is filled: what it holds then is nobody's."""

import pytest

IMPORT = "import numpy as np\nfrom numpy import empty, empty_like\n"


def errors(found):
    return [
        (d.code.number, d.span.cell, d.span.line)
        for d in found.diagnostics
        if d.severity == "error"
    ]


@pytest.mark.parametrize(
    "source",
    [
        "np.empty(3)", "empty((2, 3))", "print(np.empty_like([1.5]))", "np.empty(3), 1", "f'{empty(3)}'",
        "x = np.empty(3); x", "x = np.empty(3)\nif x.size:\n    print('x:', x)", "x = np.empty(3, dtype=int); str(x)",
        "np.empty(shape=(2, 3))",
    ],
)  # fmt: skip
def test_an_array_that_was_never_filled_is_shown(analysis, source):
    found = errors(analysis(("a", IMPORT + source)))
    assert [code for code, *_ in found] == ["NB221"]


@pytest.mark.parametrize(
    "source",
    [
        "x = np.empty(3)\nx[0] = 1\nprint(x)", "x = np.empty(3)\nx.fill(0)\nx", "x = np.empty(3)\nx = 1\nx",
        "x = np.empty(3)\nprint(x.shape, len(x))", "np.empty(0)", "print(np.empty((0, 2)))",
        "np.empty(2, dtype=object)", "def f():\n    print(np.empty(3))", "x = np.empty(3)\nnp.add(1, 2, out=x)\nx",
        "x = np.empty(3)\nfor i in range(3):\n    x[i] = i\nprint(x)", "np.zeros(3)",
        "x = np.empty(3)\nfor i in range(3):\n    x[i] = i\n    print(x)",
        "x = np.empty(3)\nwith np.errstate(all='ignore'):\n    x[:] = 1\n    print(x)",
    ],
)  # fmt: skip
def test_an_array_that_is_filled_or_has_nothing_may_be_shown(analysis, source):
    assert errors(analysis(("a", IMPORT + source))) == []


def test_the_place_is_where_it_is_shown(analysis):
    cells = [("a", IMPORT + "x = np.empty(3)"), ("b", "y = 1\nprint(y, x)"), ("c", "x[:] = 1\nx")]
    assert errors(analysis(*cells)) == [("NB221", 2, 2)]
