"""`is` asks which object something is; of text and numbers, no artifact tells that."""

import pytest

REFUSED = {
    "equal texts": ("x = [1]\na = 'hello'", "b = 'hello'", "print(a is b, x)"),
    "a large number": ("n = int('1000'); m = n", "x = 1", "print(n is not m)"),
    "a tuple of numbers": ("t = (1, 2); u = t", "x = 1", "print(t is u)"),
    "a text that is known": ("a = 'hello'; n = a.upper()", "x = 1", "print(n, a is 'hello')"),
    "the addresses of texts": ("a = 'hello'; n = a.upper()", "b = 'hello'", "print(n, id(a) == id(b))"),
    "in a function": (
        "a = 'hello'; n = a.upper()", "def f(x, y):\n    return x is y", "print(f(a, 'hello'), n)"),
}  # fmt: skip


@pytest.mark.parametrize("cells", REFUSED.values(), ids=REFUSED)
def test_comparing_by_identity_what_another_step_made_is_refused(analysis, cells):
    found = analysis(*zip("abc", cells, strict=True))
    assert set(found.codes) == {"NB206"}


KEPT = {
    "None": ("x = [].sort()", "y = 1", "print(x is None, None is not x)"),
    "truth": ("x = bool([])", "y = 1", "print(x is True)"),
    "small numbers": ("x = len([1])", "y = 1", "print(x is 3)"),
    "a letter": ("x = 'a'", "y = 1", "print(x is 'a')"),
    "a class": ("x = [1]", "y = 1", "print(type(x) is list)"),
    "a library's": ("import math\nx = math.sqrt(2)", "y = 1", "print(x is math.nan)"),
    "objects that change": ("x = [1]; y = x", "z = 1", "print(x is y)"),
    "members of an enumeration": (
        "import enum\nclass C(enum.Enum):\n    R = 1", "x = C.R", "print(x is C.R)"),
    "in the step that makes them": ("x = 1", "a = 'hello'\nb = 'hello'\nprint(a is b)", "print(x)"),
}  # fmt: skip


@pytest.mark.parametrize("cells", KEPT.values(), ids=KEPT)
def test_comparing_by_identity_what_is_kept_is_not(analysis, cells):
    assert analysis(*zip("abc", cells, strict=True)).codes == []
