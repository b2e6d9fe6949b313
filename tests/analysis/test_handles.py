"""Open files go from step to step where that is exact, with their content; elsewhere they are refused."""

import pytest

WRITE = ("a", "f = open('x.txt', 'w')"), ("b", "f.write('1')"), ("c", "f.close()")
READ = ("d", "print(open('x.txt').read())")
HANDED_ON = {
    "written": (WRITE, "x.txt"),
    "read when it is closed": ((*WRITE, READ), "x.txt"),
    "closed by a block": ((*WRITE[:2], ("c", "with f:\n    f.write('2')"), READ), "x.txt"),
    "with another name": ((*WRITE[:2], ("c", "g = f\ng.close()"), READ), "x.txt"),
    "in an object": (
        (WRITE[0], ("a", "class Log:\n    pass\nlog = Log()\nlog.f = f"), ("b", "log.f.write('1')"), WRITE[2]),
        "x.txt",
    ),
    "used by functions": (
        (WRITE[0], ("a", "def log(x):\n    print(x, file=f)"), ("b", "log(1)"), WRITE[2], READ), "x.txt",
    ),
    "with CSV": (
        (WRITE[0], ("a", "import csv\nw = csv.writer(f)"), ("b", "w.writerow([1])"), WRITE[2], READ), "x.txt",
    ),
    "given to a library": ((WRITE[0], ("b", "import json\njson.dump([1], f)"), WRITE[2], READ), "x.txt"),
    "read": ((("a", "f = open('d/x.txt')"), ("b", "print(f.readline())")), "d/x.txt"),
    "read by two": (
        (("a", "f = open('x.txt')\ng = open('x.txt')"), ("b", "print(f.read(), g.read())")), "x.txt",
    ),
    "opened again": ((*WRITE, ("d", "f = open('x.txt')"), ("e", "print(f.read())")), "x.txt"),
    "HDF5": (
        (("a", "import h5py\nf = h5py.File('x.h5', 'w')"), ("b", "g = f.create_group('g')"), ("c", "g['x'] = 1")),
        "x.h5",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("cells", "path"), HANDED_ON.values(), ids=HANDED_ON)
def test_a_handle_is_handed_on(analysis, cells, path):
    found = analysis(*cells)
    assert found.codes == []
    assert [handle.path for handle in found.pipeline.step("b").handles] == [path]


def test_its_file_is_there_before_the_handle_is_loaded_and_stored_after_it(analysis):
    found = analysis(*WRITE)
    assert found.edges == {("a", "b"): {"f", "x.txt"}, ("b", "c"): {"f", "x.txt"}}
    program = found.pipeline.step("b").program
    keys = [getattr(op, "input", None) or getattr(op, "output", None) for op in program]
    assert keys == ["x.txt", "f", None, "f", "x.txt"]


def test_a_reader_needs_what_was_written_before(analysis):
    cells = ("a", "open('x.txt', 'w').write('1')"), ("b", "f = open('x.txt')"), ("c", "f.read()")
    assert analysis(*cells).edges == {
        ("a", "b"): {"x.txt"},
        ("b", "c"): {"f"},
        ("a", "c"): {"x.txt"},
    }


def test_how_lines_end_is_told(analysis):
    found = analysis(("a", "f = open('x.txt', 'w', newline='')"), ("b", "f.write('1')"))
    assert [handle.newline for handle in found.pipeline.step("a").handles] == [""]


def test_a_handle_that_stays_in_its_step_is_left_alone(analysis):
    found = analysis(("a", "f = open('x.txt', 'w')\nf.write('1')\nf.close()"), ("b", READ[1]))
    assert [step.handles for step in found.pipeline.steps] == [(), ()]


REFUSED = {
    "read while it is open": "f = open('x.txt', 'w')\nn = open('x.txt').read()",
    "asked for while it is open": "import os\nf = open('x.txt', 'w')\nn = os.path.getsize('x.txt')",
    "listed while it is open": "import os\nf = open('d/x.txt', 'w')\nn = os.listdir('d')",
    "some file is read while it is open": "f = open('x.txt', 'w')\nn = open(names[0]).read()",
    "a path that nobody knows is read": (
        "import pathlib\npaths = list(pathlib.Path('e').iterdir())\nf = open('x.txt', 'w')\nn = paths[0].read_text()"
    ),
    "a program runs while it is open": "f = open('x.txt', 'w')\n!wc x.txt",
    "a library gets its path": "import ours\nf = open('x.txt', 'w')\nours.look('x.txt')",
    "written by another handle": "f = open('x.txt')\ng = open('x.txt', 'a')",
    "removed while it is open": "import os\nf = open('x.txt', 'w')\nos.remove('x.txt')",
    "text that is read and written": "f = open('x.txt', 'r+')",
    "one of two": "f = open('x.txt') if names else open('y.txt')",
    "many": "for name in 'xy':\n    f = open('x.txt')",
    "of a function": "def start():\n    return open('x.txt', 'w')\nf = start()",
    "of an unknown path": "f = open(names[0])",
    "of a path elsewhere": "f = open('/data/x.txt')",
    "with a function of its own": "f = open('x.txt', opener=start)",
    "in an encoding with a memory": "f = open('x.txt', 'w', encoding='iso2022_jp')",
    "that stands for the console": "import sys\nf = open('x.txt', 'w')\nsys.stdout = f",
    "that somebody keeps": "import logging\nf = open('x.txt', 'w')\nh = logging.StreamHandler(f)",
    "that somebody may keep": "import ours\nf = open('x.txt', 'w')\nours.start(f)",
    "asked what is in its buffer": "f = open('x.txt', 'rb')\nn = f.peek()",
    "asked for its number": "f = open('x.txt')\nn = f.fileno()",
    "a reader that is flushed": "f = open('x.txt')\nnext(f)\nf.flush()",
    "a file without a name": "import tempfile\nf = tempfile.TemporaryFile()",
    "compressed": "import gzip\nf = gzip.open('x.gz')",
    "HDF5 with a driver of its own": "import h5py\nf = h5py.File('x.h5', 'w', driver='core')",
    "HDF5 whose file is taken from a part": "import h5py\nf = h5py.File('x.h5', 'w')\ng = f['a'].file",
}  # fmt: skip


@pytest.mark.parametrize("source", REFUSED.values(), ids=REFUSED)
def test_what_could_be_seen_to_differ_is_refused(analysis, source):
    found = analysis(
        ("a", "names = list('ab')\nstart = None"), ("b", source), ("c", "f.name\nf.close()")
    )
    assert "NB206" in found.codes


def test_the_hint_names_the_cell_that_is_in_the_way(analysis):
    found = analysis(*WRITE[:2], ("b", "print(open('x.txt').read())"), WRITE[2])
    (hint,) = {d.hint for d in found.diagnostics if d.is_error}
    assert hint == "close `f` before cell 3 uses its file, or use it in one step only"


def test_one_that_is_refused_keeps_others_on_its_file(analysis):
    cells = (
        ("a", "f = open('x.txt')\ng = [open('x.txt')]"),
        ("b", "print(f.read())"),
        ("c", "print(g[0].read())"),
    )
    assert analysis(*cells).codes == ["NB206"]
