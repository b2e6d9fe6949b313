import pytest

from nb2pipe.verify.outputs import normalise


def stream(text, name="stdout"):
    return {"output_type": "stream", "name": name, "text": text}


def result(text):
    return {"output_type": "execute_result", "data": {"text/plain": text}, "metadata": {}}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (stream("<A object at 0x7f3a1c2b>"), stream("<A object at 0x7fffffff>")),
        (stream(["a\n", "b"]), stream("a\nb")),
        (stream("Wall time: 3 ms\n"), stream("Wall time: 4 s\n")),
        (stream("10%|#    | 1/10 [00:01<00:09]\r100%|####| 10/10 [00:05<00:00, 2.0it/s]\n"),
         stream("100%|####| 10/10 [00:02<00:00, 4.9it/s]\n")),
        (result("\x1b[1mx\x1b[0m"), result("x")),
        (stream('  File "/tmp/ipykernel_41/7.py", line 2, in <module>\n'),
         stream('  File "a.ipynb cell 12 from line 3", line 2, in <module>\n')),
        (result("'/tmp/ipykernel_41/7.py'"), result("'a b.ipynb cell 12'")),
        (stream("(size, 396120679.py:8)"), stream("(size, c.ipynb cell 5 from line 6:8)")),
        (
            stream("# File: /tmp/ipykernel_41/7.py\n/tmp/ipykernel_41/7.py\n"),
            stream("# File: /a b/c.ipynb cell 5 from line 6\n/a b/c.ipynb cell 2\n"),
        ),
        (stream("a\nfindfont: Font family 'X' not found.\nb", "stderr"), stream("a\nb", "stderr")),
        (stream("/t/ipykernel_41/7.py:3: UserWarning: a\n", "stderr"),
         stream("a b.ipynb cell 9 from line 1:3: UserWarning: a\n", "stderr")),
        (stream("<class 'networkx.utils.decorators.argmap'> compilation 75:3: FutureWarning: a\n", "stderr"),
         stream("<class 'networkx.utils.decorators.argmap'> compilation 4:3: FutureWarning: a\n", "stderr")),
        (stream("dtypes: float64(4)\nmemory usage: 5.1 KB\n"), stream("dtypes: float64(4)\nmemory usage: 5.0+ KB\n")),
        (result("'a.ipynb cell 3'"), result("'a.ipynb cell 12 from line 3'")),
        (stream("5/5 | Elapsed: 0:00:09 | ETA: 0:00:00"), stream("5/5 | Elapsed: 0:01:10 | ETA: 0:00:01")),
        (stream("Done 5 out of 5 | elapsed:    0.5s finished"), stream("Done 5 out of 5 | elapsed:  2.0min finished")),
    ],
)  # fmt: skip
def test_what_differs_between_any_two_runs_does_not_count(first, second):
    assert normalise([first]) == normalise([second])


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (stream("1.0"), stream("1.5")),
        (stream("a"), stream("a", "stderr")),
        (result("1"), stream("1")),
        (stream("a|b| 1"), stream("a|b| 2")),
        (stream("remaining: 12"), stream("remaining: 13")),
        (stream("elapsed: 1 step"), stream("elapsed: 2 step")),
        (stream("x\ny"), stream("y")),
    ],
)
def test_everything_else_does(first, second):
    assert normalise([first]) != normalise([second])


def test_how_the_two_streams_mix_does_not_count():
    mixed = [stream("a"), stream("warning", "stderr"), stream("b")]
    assert normalise(mixed) == normalise([stream("warning", "stderr"), stream("ab")])
