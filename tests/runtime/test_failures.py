"""What goes wrong in a step is said with the notebook's own cell and line, or the variable's name."""

import json
import re

import pytest

from nb2pipe.bundle import command_line
from tests.runtime.conftest import FOR_DATABASES, Runner, cells, interpreter, manifest, texts


def error_of(runner, *sources):
    result = runner.run(*sources)
    assert result["code"] == 1
    assert result["status"] == "failed"
    return result["error"]


@pytest.fixture(params=["plain", "notebook_image"])
def image(request):
    return request.getfixturevalue(request.param)


def test_the_cell_the_line_and_its_text(image):
    result = image.run(
        "def f(x):\n    return 1 / x", "a = 1\n\nf(\n  0)\nprint('no')", "print('never')"
    )
    error = result["error"]
    assert (error["code"], error["number"], error["line"]) == ("NB501", 2, 3)
    assert error["text"].strip() == "f("
    assert error["message"] == "cell 2, line 3: ZeroDivisionError: division by zero"
    assert "error[NB501]: cell 2, line 3: ZeroDivisionError" in result["stderr"]
    assert [cell["status"] for cell in result["cells"]] == ["ok", "error"]
    shown = result["cells"][1]["outputs"][-1]
    assert (shown["output_type"], shown["ename"], shown["evalue"]) == (
        "error",
        "ZeroDivisionError",
        "division by zero",
    )
    trace = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(shown["traceback"]))
    assert "return 1 / x" in trace
    assert re.search(r'test.ipynb cell 1(", line |:)2', trace)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("x = 1\ny = (", 2),
        ("\n\nx = 1\n1 / 0", 4),
        ("x = '''\n\n'''; 1 / 0", 3),
        ("# é😀\nraise ValueError('''a\nb''')", 2),
        ("x = 1\r\n1 / 0\r\n", 2),
        ("\n1 / 0", 2),
        ("for i in range(3):\n    eval('1 +')", 2),
    ],
)
def test_the_line_of_a_cell(source, line, image):
    error = error_of(image, source)
    assert (error["number"], error["line"]) == (1, line)


def test_an_error_in_a_replayed_statement(plain):
    program = [{"op": "replay", "number": 4, "line": 7, "source": 0}, *cells(1)]
    error = plain(manifest(program), ["import no_such_module"])["error"]
    assert (error["number"], error["line"]) == (4, 7)
    assert error["text"] == "import no_such_module"
    assert "no_such_module" in error["message"]


def test_ipython_syntax_without_ipython(plain):
    error = error_of(plain, "x = 1\n!ls")
    assert error["line"] == 2
    assert "the image has no IPython" in error["message"]


def test_outputs_are_not_stored_after_an_error(plain):
    store = manifest([*cells(2), {"op": "store", "output": "it"}], outputs={"it": {"names": ["a"]}})
    result = plain(store, ["a = 1", "1 / 0"])
    assert result["outputs"] == {}
    assert not (plain.folder / "it").exists()


@pytest.mark.parametrize(
    ("names", "source", "words"),
    [
        (["a", "b"], "a = 1; b = (i for i in 'a')", "`b` of type `generator`"),
        (
            ["a"],
            "import sqlite3; a = {'k': [1, sqlite3.connect('file')]}",
            "`a.k.1` of type `sqlite3.Connection`",
        ),
        (
            ["a"],
            (
                "import sqlite3; a = sqlite3.connect(':memory:'); b = a.execute('CREATE TABLE t (x)')\n"
                "b = a.execute('INSERT INTO t VALUES (1)')"
            ),
            "it has changes that were not committed",
        ),
        (
            ["a"],
            "import sqlite3; a = sqlite3.connect(':memory:'); b = a.execute('CREATE TEMP TABLE t (x)')",
            "it has files or temporary tables",
        ),
        (
            ["a"],
            "import sqlite3; a = sqlite3.connect(':memory:').execute('SELECT 1 UNION SELECT 2')",
            "it has rows that were not fetched",
        ),
        (
            ["a"],
            "import threading\nclass A: pass\na = A(); a.lock = threading.Lock()",
            "`a.lock` of type `_thread.lock`",
        ),
        (["a"], "import os; a = {'k': os.environ}", "it is `os.environ` itself"),
        (["a"], "a = open('file', 'w')", "`a` of type `_io.TextIOWrapper`"),
        (["f"], "import sys; f = sys.stdout", "`f"),
        (["m"], "m = memoryview(bytearray(3))", "`m` of type `memoryview`"),
        (["C"], "class C: pass", "`C` of type `type`"),
        (["a", "missing"], "a = 1", "`missing`"),
    ],
)
def test_what_cannot_be_stored_is_named(names, source, words, plain):
    outputs = {"it": {"names": names}}
    program = [*cells(1), {"op": "store", "output": "it"}]
    error = plain(manifest(program, outputs=outputs, modules=FOR_DATABASES), [source])["error"]
    assert error["code"] == "NB504"
    assert words in error["message"]
    assert not (plain.folder / "it").exists()


def test_an_open_file_is_refused_with_cloudpickle_too(notebook_image):
    store = manifest([*cells(1), {"op": "store", "output": "it"}], outputs={"it": {"names": ["a"]}})
    error = notebook_image(store, ["open('x', 'w').close(); a = [lambda: 1, open('x')]"])["error"]
    assert (error["code"], "`a.1`" in error["message"]) == ("NB504", True)


def test_a_deep_structure_is_stored_or_refused(bare):
    store = manifest([*cells(1), {"op": "store", "output": "it"}], outputs={"it": {"names": ["a"]}})
    result = bare(store, ["a = []\nfor _ in range(100_000): a = [a]"])
    assert result["error"] is None or result["error"]["code"] == "NB504", result["stderr"]


LOAD = manifest(
    [{"op": "load", "input": "it", "names": ["a"]}, *cells(1)], inputs={"it": {"step": "fit"}}
)


@pytest.mark.parametrize("place", [5, 30, 60, 130, -1])
def test_a_corrupted_byte(place, plain):
    plain.carry(["a"], "a = list(range(1000))", "a")
    path = plain.folder / "it"
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    error = plain(LOAD, ["a"])["error"]
    assert error["code"] == "NB505"
    assert "`it` of step `fit`" in error["message"]


@pytest.mark.parametrize("content", [b"", b"x", b"nb2pipe artifact 1 \n{}\n", None])
def test_no_artifact(content, plain):
    if content is not None:
        (plain.folder / "it").write_bytes(content)
    assert plain(LOAD, ["a"])["error"]["code"] == "NB505"


def test_a_class_that_was_not_replayed(plain):
    store = manifest([*cells(1), {"op": "store", "output": "it"}], outputs={"it": {"names": ["a"]}})
    plain(store, ["class A: pass\na = A()"])
    error = plain(LOAD, ["a"])["error"]
    assert (error["code"], "'A'" in error["message"]) == ("NB505", True)


def test_a_function_of_another_python(plain, tmp_path):
    other = interpreter("3.9")
    if other is None:
        pytest.skip("there is no Python 3.9 here")
    store = manifest([*cells(1), {"op": "store", "output": "it"}], outputs={"it": {"names": ["a"]}})
    folder = tmp_path / "other"
    folder.mkdir()
    Runner(folder, other, ("-I", "-S"))(store, ["a = lambda: 1"])
    error = plain(LOAD, ["a"], inputs={"it": str(folder / "it")})["error"]
    assert (error["code"], "cpython-39" in error["message"]) == ("NB505", True)


def test_a_killed_step_leaves_what_it_did(plain):
    ports = {"inputs": {}, "outputs": {}, "parameters": {}, "result": str(plain.folder / "result")}
    (plain.folder / "ports").write_text(json.dumps(ports))
    sources = ["print(1)", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"]
    process = plain.start([*command_line(manifest(cells(2)), sources), "--ports", "ports"])
    assert process.returncode == -9
    result = json.loads((plain.folder / "result").read_text())
    assert texts({"cells": result["cells"][:1]}) == "1\n"
    assert "status" not in result["cells"][1]


def test_a_thread_left_behind_does_not_keep_the_step(plain):
    result = plain.run(
        "import threading, time; threading.Thread(target=time.sleep, args=(600,)).start()"
    )
    assert result["status"] == "succeeded"


def test_a_pool_of_processes_left_open_does_not_keep_the_step(plain):
    source = (
        "from concurrent.futures import ProcessPoolExecutor\n"
        "pool = ProcessPoolExecutor(2)\nprint(list(pool.map(abs, [-1, -2])))"
    )
    result = plain(manifest(cells(1)), [source])
    assert (result["code"], result["stdout"]) == (0, "[1, 2]\n")


def test_exit_functions_run(plain):
    result = plain.run("import atexit; atexit.register(print, 'bye')")
    assert result["stdout"] == "bye\n"


@pytest.mark.parametrize("names", [["x", "y"], ["x", "b"]])
def test_arrays_in_the_memory_of_something_else(names, notebook_image):
    store = manifest([*cells(1), {"op": "store", "output": "it"}], outputs={"it": {"names": names}})
    source = "import numpy as np\nb = bytearray(8)\nx, y = np.frombuffer(b, 'u1'), np.frombuffer(b)"
    error = notebook_image(store, [source])["error"]
    assert error["code"] == "NB504"
    assert f"`{names[0]}, {names[1]}`" in error["message"]
    assert "shares its memory with something else" in error["message"]


@pytest.mark.parametrize("source", ["%time 1 / 0", "%%time\n1 / 0"])
def test_an_error_that_a_magic_only_shows(notebook_image, source):
    result = notebook_image.run(source)
    assert result["error"]["code"] == "NB501"
    assert "ZeroDivisionError" in result["error"]["message"]
