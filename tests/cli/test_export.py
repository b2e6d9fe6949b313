"""`nb2pipe export`: what a run has stored, as files that other programs read."""

import subprocess
import sys

import numpy as np
import pytest

import nb2pipe

FRAME = """\
import pandas as pd
frame = pd.DataFrame({"a": [1, 2], "b": ["x", None]})
dated = frame.set_index(pd.date_range("2024-01-01", periods=2))
mixed = frame.assign(c=[1, "one"])
"""


@pytest.fixture
def export(run_command):
    return lambda *words, **more: run_command("export", *words, **more)


@pytest.fixture
def arrays(nb):
    return nb2pipe.run(
        nb(
            ("import numpy as np\nx = np.arange(6.0).reshape(2, 3).T\nn = {'a': 1}", "step:make"),
            ("class P:\n    pass\np = P()", "step:own"),
            ("print(x.sum(), n, p)", "step:show"),
        )
    )


def test_an_array_is_written_as_it_is(export, arrays, tmp_path):
    done = export("last", "make", "x", "-o", "x.npy")
    assert (done.returncode, done.stderr) == (0, "wrote x.npy\n")
    again = np.load(tmp_path / "x.npy")
    assert again.tolist() == [[0, 3], [1, 4], [2, 5]]
    assert again.flags.f_contiguous


@pytest.mark.parametrize(
    ("words", "code", "texts"),
    [
        (("make", "y", "-o", "y.npy"), "NB515", ["no variable `y`", "`n`, `x`"]),
        (("show", "x", "-o", "x.npy"), "NB515", ["no variable `x`", "it has stored none"]),
        (("mak", "x", "-o", "x.npy"), "NB512", ["did you mean `make`?"]),
        (
            ("make", "x", "-o", "x.parket"),
            "NB516",
            ["no format `parket`", "did you mean `parquet`?"],
        ),
        (("make", "n", "-o", "n.npy"), "NB516", ["it is not a NumPy array", "stored exactly"]),
        (("own", "p", "-o", "p.npy"), "NB516", ["`p` cannot be loaded alone", "nb2pipe debug"]),
    ],
)
def test_what_cannot_be_written_is_said(export, arrays, tmp_path, words, code, texts):
    before = sorted(tmp_path.iterdir())
    done = export("last", *words)
    assert done.returncode == 1
    assert f"error[{code}]" in done.stderr
    for text in texts:
        assert text in done.stderr
    assert sorted(tmp_path.iterdir()) == before


def test_a_file_without_a_known_name_needs_a_format(export, arrays, tmp_path):
    done = export("last", "make", "x", "-o", "x")
    assert done.returncode == 2
    assert "arrow, npy, parquet" in done.stderr
    assert export("last", "make", "x", "-o", "x", "--format", "npy").returncode == 0
    assert np.load(tmp_path / "x").shape == (3, 2)


@pytest.fixture
def frames(nb):
    return nb2pipe.run(nb((FRAME, "step:make"), ("print(frame, dated, mixed)", "step:show")))


@pytest.mark.parametrize(
    ("name", "read"), [("f.parquet", "pd.read_parquet({!r})"), ("f.arrow", "pd.read_feather({!r})")]
)
def test_a_frame_is_written_as_it_is(export, frames, tmp_path, with_arrow, name, read):
    done = export("last", "make", "frame", "-o", name, env=with_arrow)
    assert (done.returncode, done.stderr) == (0, f"wrote {name}\n")
    code = f"import pandas as pd\nprint({read.format(str(tmp_path / name))}.to_dict('list'))"
    code += "\nimport os, sys\nsys.stdout.flush()\nos._exit(0)"  # threads of pyarrow may abort an ordinary end
    shown = subprocess.check_output([sys.executable, "-c", code], env=with_arrow, text=True)
    assert shown == "{'a': [1, 2], 'b': ['x', None]}\n"


def test_what_would_not_come_back_is_only_written_when_asked_for(
    export, frames, tmp_path, with_arrow
):
    words = ("last", "make", "dated", "-o", "dated.parquet")
    refused = export(*words, env=with_arrow)
    assert refused.returncode == 1
    assert "the index: <Day> as `freq` becomes None" in refused.stderr
    assert "`--inexact` writes it all the same" in refused.stderr
    assert not (tmp_path / "dated.parquet").exists()
    written = export(*words, "--inexact", env=with_arrow)
    assert written.returncode == 0
    assert "wrote dated.parquet; not as it was: the index: <Day> as `freq`" in written.stderr
    assert (tmp_path / "dated.parquet").exists()


def test_what_the_format_has_no_place_for_is_never_written(export, frames, tmp_path, with_arrow):
    done = export("last", "make", "mixed", "-o", "m.parquet", "--inexact", env=with_arrow)
    assert done.returncode == 1
    assert "`mixed` cannot be written as `parquet`: " in done.stderr
    assert not (tmp_path / "m.parquet").exists()


def test_a_library_that_is_missing_is_named(export, frames):
    done = export("last", "make", "frame", "-o", "frame.parquet")
    assert done.returncode == 1
    assert "pyarrow" in done.stderr
