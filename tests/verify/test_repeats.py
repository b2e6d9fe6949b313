import pytest

from nb2pipe.verify.repeats import without_repeats

FIT = "site-packages/sklearn/a.py:3: ConvergenceWarning: it failed (status=1):\nSTOP\n\n    See there\n  n = check(\n"
GLYPH = "site-packages/IPython/b.py:170: UserWarning: Glyph 1 missing.\n  fig.print()\n"


def error(text):
    return {"output_type": "stream", "name": "stderr", "text": text}


def shown(*texts):
    return without_repeats({cell: [error(text)] for cell, text in enumerate(texts)})


@pytest.mark.parametrize("warning", [FIT, GLYPH])
def test_a_warning_of_a_library_counts_where_it_comes_first(warning):
    assert shown(warning, f"a\n{warning}b\n", warning) == {
        0: [error(warning)],
        1: [error("a\nb\n")],
        2: [],
    }


def test_other_warnings_and_outputs_are_left_alone():
    own = "cell.py:1: UserWarning: careful\n  f()\n"
    printed = {"output_type": "stream", "name": "stdout", "text": GLYPH}
    assert shown(own, own, FIT) == {0: [error(own)], 1: [error(own)], 2: [error(FIT)]}
    assert without_repeats({0: [printed], 1: [printed]}) == {0: [printed], 1: [printed]}
