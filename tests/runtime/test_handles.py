"""An open file goes on in another step where it was in this one, or says that it cannot."""

import pickle
import random
import sys
import tempfile
from contextlib import chdir, contextmanager
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nb2pipe.bundle.runtime import extra_source
from nb2pipe.runtime import handles
from nb2pipe.runtime.pickling import REDUCERS, dump_values
from tests.runtime.conftest import cells, manifest, texts

STORE = {"op": "store", "output": "it"}


def hand_on(runner, names, before, after, paths=None):
    """Run `before`, store `names`, load them in another process and run `after`; return both results."""
    more = {"modules": {"nb2pipe_handles": [paths or {"x.txt": None}, extra_source("handles")]}}
    outputs = {"it": {"names": names}}
    first = runner(manifest([*cells(1), STORE], outputs=outputs, **more), [before])
    if first["error"]:
        return first, first
    load = {"op": "load", "input": "it", "names": names}
    return first, runner(manifest([load, *cells(1)], inputs={"it": {}}, **more), [after])


GOES_ON = {
    "writing": (
        "f = open('x.txt', 'w'); f.write('1')",
        "f.write('2'); f.close(); print(open('x.txt').read(), f.readable(), f)",
    ),
    "appending": (
        "open('x.txt', 'w').write('old'); f = open('x.txt', 'a'); f.write('1')",
        "print(f.tell()); f.write('2'); f.close(); print(open('x.txt').read())",
    ),
    "a new file": (
        "import os; os.path.exists('x.txt') and os.remove('x.txt'); f = open('x.txt', 'x'); f.write('1')",
        "f.write('2'); print(f.mode); f.close(); print(open('x.txt').read())",
    ),
    "reading": (
        ("open('x.txt', 'wb').write(('äb\\n' * 9999).encode('utf-16')); "
        "f = open('x.txt', encoding='utf-16', errors='replace'); print(f.readline(), f.read(1))"),
        "print(f.encoding, f.errors, f.tell(), f.read(2), len(f.read()))",
    ),
    "bytes": (
        "f = open('x.txt', 'wb+'); f.write(b'abcd'); f.seek(1)",
        "print(f.read(2), f.tell()); f.write(b'Z'); f.seek(0); print(f.read(), f.mode, f.name)",
    ),
    "without a buffer": (
        "f = open('x.txt', 'wb', buffering=0); f.write(b'abcd')", "print(f, f.tell(), f.write(b'e'))",
    ),
    "line by line": ("f = open('x.txt', 'w', buffering=1)", "print(f.line_buffering, f.tell())"),
    "closed": ("f = open('x.txt', 'w'); f.close()", "print(f, f.closed, f.name, f.encoding)"),
    "read to its end": (
        "open('x.txt', 'w').write('a\\nb\\n'); f = open('x.txt'); print([*f])",
        "print(f.tell()); f.seek(2); print([*f])",
    ),
    "from another folder": (
        "import os; os.makedirs('d', exist_ok=True); f = open('x.txt', 'w'); f.write('1'); os.chdir('d')",
        "f.write('2'); print(f.name, f.tell())",
    ),
    "CSV is written": (
        ("import csv; f = [csv.writer(open('x.txt', 'w'), delimiter=';', quoting=csv.QUOTE_ALL)]\n"
        "f[0].writerow([1, 'a'])"),
        "f[0].writerow([2, None]); print(f[0].dialect.delimiter); del f; print(open('x.txt').read())",
    ),
    "CSV is read": (
        "import csv; open('x.txt', 'w').write('a,b\\n1,2\\n'); f = csv.reader(open('x.txt'))",
        "print([*f], f.line_num)",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), GOES_ON.values(), ids=GOES_ON)
def test_a_handle_goes_on_where_it_was(plain, before, after):
    whole = plain.run(before, after)
    stored, loaded = hand_on(plain, ["f"], before, after)
    assert whole["error"] is stored["error"] is loaded["error"] is None, loaded["stderr"]
    assert loaded["cells"][0]["outputs"] == whole["cells"][1]["outputs"]


def test_handles_and_what_uses_them_stay_the_same_object(bare):
    before = "import csv; f = open('x.txt', 'w'); g = f; h = [f.write, csv.writer(f)]"
    after = "h[0]('1'); print(f is g, f.tell()); h[1].writerow([2]); print(f.tell())"
    _, loaded = hand_on(bare, ["f", "g", "h"], before, after)
    assert texts(loaded) == "True 1\n4\n"


def test_line_ends_stay_as_the_call_says(bare):
    before = "f = open('x.txt', 'w', newline='\\r\\n'); f.write('1\\n')"
    after = "f.write('2\\n'); f.close(); print(open('x.txt', 'rb').read())"
    _, loaded = hand_on(bare, ["f"], before, after, {"x.txt": "\r\n"})
    assert texts(loaded) == "b'1\\r\\n2\\r\\n'\n"


STAYS = {
    "another file": "f = open('y.txt', 'w')",
    "the file of a moment": "import tempfile; f = tempfile.TemporaryFile()",
    "the console": "import sys; f = sys.__stdin__",
    "a pipe": "import os; f = os.fdopen(os.pipe()[0])",
    "lines that were read ahead": "open('x.txt', 'w').write('a\\nb'); f = open('x.txt'); next(f)",
    "a file that is gone": "import os; f = open('x.txt', 'w'); os.remove('x.txt')",
    "a file that was replaced": (
        "import os; f = open('x.txt', 'w'); open('y', 'w'); os.replace('y', 'x.txt')"
    ),
    "CSV half read": (
        "import csv; open('x.txt', 'w').write('a\\nb'); f = csv.reader(open('x.txt')); next(f)"
    ),
}  # fmt: skip


@pytest.mark.parametrize("before", STAYS.values(), ids=STAYS)
def test_what_cannot_be_opened_again_is_not_stored(plain, before):
    stored, _ = hand_on(plain, ["f"], before, "")
    assert stored["error"]["code"] == "NB504"


def test_a_file_that_changed_in_between_is_not_opened(plain):
    names, load = ["f"], {"op": "load", "input": "it", "names": ["f"]}
    more = {"modules": {"nb2pipe_handles": [{"x.txt": None}, extra_source("handles")]}}
    stored = manifest([*cells(1), STORE], outputs={"it": {"names": names}}, **more)
    assert plain(stored, ["f = open('x.txt', 'w'); f.write('1')"])["error"] is None
    (plain.folder / "x.txt").write_text("2")
    loaded = plain(manifest([load], inputs={"it": {}}, **more), [])
    assert loaded["error"]["code"] == "NB505"
    assert "x.txt" in loaded["error"]["message"]


def test_without_the_module_no_handle_is_stored(plain):
    document = manifest([*cells(1), STORE], outputs={"it": {"names": ["f"]}})
    assert plain(document, ["f = open('x.txt', 'w')"])["error"]["code"] == "NB504"


# --- whatever was read and written before


@contextmanager
def stored_here(newline):
    """Store handles on `x.txt` of this process, in a folder of their own."""
    with (
        tempfile.TemporaryDirectory() as folder,
        chdir(folder),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setitem(sys.modules, "nb2pipe_handles", handles)
        handles.install({"cwd": folder}, {"x.txt": newline}, REDUCERS, {})
        yield
        REDUCERS.pop()


LETTERS = st.text("ab\n\ré ", max_size=40) | st.integers(0, 2000).map("a\né\r\n".__mul__)
MODES = st.sampled_from(["r", "w", "a", "rb", "wb", "ab", "rb+", "wb+"])
ENCODINGS = st.sampled_from(["utf-8", "utf-16", "utf-8-sig", "latin-1", "utf-32-le", "cp1252"])
NEWLINES = st.sampled_from([None, "", "\n", "\r\n", "\r"])


@settings(deadline=None, max_examples=300)
@given(
    text=LETTERS,
    mode=MODES,
    encoding=ENCODINGS,
    newline=NEWLINES,
    crossings=st.sets(st.integers(0, 9), min_size=1, max_size=3),
    seed=st.integers(0, 1 << 30),
)
@example(text="", mode="r", encoding="utf-16", newline=None, crossings={0}, seed=3561)
def test_nobody_can_tell_what_happened_between(text, mode, encoding, newline, crossings, seed):
    how = {} if "b" in mode else {"encoding": encoding, "newline": newline}
    with stored_here(newline):
        plain = use(text, mode, how, encoding, seed, set())
        assert use(text, mode, how, encoding, seed, crossings) in (plain, "cannot tell")


def use(text, mode, how, encoding, seed, crossings):
    """Use a handle at random, stored and loaded again where `crossings` says; return what it showed."""
    source = random.Random(seed)
    path = Path("x.txt")
    path.write_bytes(text.encode(encoding))
    file = path.open(mode, **how)
    shown = []
    for number in range(10):
        try:
            shown.append(act(file, source))
        except (OSError, UnicodeError) as error:
            shown.append(repr(error))
        if number in crossings:
            with file:  # nothing more is written when it is closed
                try:
                    stream, *buffers = dump_values({"f": file})
                except OSError:
                    return "cannot tell"
            file = pickle.loads(stream, buffers=buffers)["f"]  # noqa: S301 -- just made
    shown += [file.mode, file.name, repr(file)]
    file.close()
    return [*shown, path.read_bytes()]


def act(file, source):
    """Do something at random with a file that is open."""
    kind = source.randrange(7)
    if kind < 2:
        return file.seek(0, source.choice([0, 2])) if kind else file.tell()
    if file.writable() and (kind > 3 or not file.readable()):
        some = source.choice(["a", "é\n", "\r\n"]) * source.randrange(3)
        return file.write(some.encode() if "b" in file.mode else some)
    reads = (file.readline, lambda: file.read(source.randrange(5)), lambda: next(file, None))
    return source.choice(reads)()
