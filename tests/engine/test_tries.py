"""`retry:` and `timeout:`: a step is tried again as if it had not been tried, and none takes longer than it may."""

import json
import subprocess
import sys
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psutil
import pytest

import nb2pipe
from nb2pipe.engine import Observer, RunOptions, RunResult

# Counts the tries where nothing of them is undone: elsewhere, and not by Python.
COUNT = """
import os, subprocess, time
subprocess.run("echo >> ../count", shell=True)
number = open("../count").read().count("\\n")
"""


@pytest.fixture(params=[False, True], ids=["warm", "isolated"])
def run(request, nb):
    """Run cells in a folder of their own, forked and in fresh interpreters."""

    def run_cells(*cells, observer=None, **options) -> RunResult:
        path = nb(*cells, name="folder/notebook.ipynb")
        options = RunOptions(isolated=request.param, **options)
        return nb2pipe.run(path, options=options, observer=observer)

    return run_cells


@pytest.fixture
def meet():
    """Return code that steps meet with, without a file: `meet("/tell/x")`, and `meet("/await/x")` that waits for it."""
    told: dict[str, threading.Event] = defaultdict(threading.Event)
    asked: list[str] = []

    class Meeting(BaseHTTPRequestHandler):
        def do_GET(self):
            _, word, name = self.path.split("/")
            asked.append(name)
            if word == "tell":
                told[name].set()
            elif word == "await":
                told[name].wait(60)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(str(asked.count(name)).encode())

        def log_message(self, *_words):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Meeting)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield (
        "from urllib.request import urlopen\n"
        f"meet = lambda path: int(urlopen('http://127.0.0.1:{server.server_port}' + path).read())\n"
    )
    server.shutdown()
    server.server_close()


def codes(result: RunResult) -> list[str]:
    return [item.code.number for item in result.diagnostics]


def text(result: RunResult, cell: int) -> str:
    return "".join(item.get("text", "") for item in result.notebook["cells"][cell]["outputs"])


def test_a_step_is_tried_again_as_often_as_its_tag_says(run):
    told = []

    class Listening(Observer):
        def step_tried(self, step, tries, most):
            told.append((step, len(tries), most))

    flaky = COUNT + "print('try', number)\nif number < 3: raise OSError('no answer')\nx = 5"
    result = run((flaky, "step:a", "retry:2"), ("print(x)", "step:b"), observer=Listening())
    assert codes(result) == []
    assert [text(result, 0), text(result, 1)] == ["try 3\n", "5\n"]
    assert [item.error.message for item in result.step("a").tries] == [
        "cell 1, line 6: OSError: no answer"
    ] * 2
    assert told == [("a", 1, 3), ("a", 2, 3)]
    document = json.loads((result.folder / "result.json").read_text())
    assert [len(step["tries"]) for step in document["steps"]] == [2, 0]
    tried = result.folder / "steps" / "a" / "tries" / "1"
    assert "try 1" in (tried / "log.txt").read_text()


def test_a_step_that_fails_every_time_says_how_often_it_was_tried(run):
    result = run((COUNT + "1 / 0", "step:a", "retry:1"), ("print(number)", "step:b"))
    (found,) = result.diagnostics
    assert "division by zero (the last of 2 tries)" in found.message
    assert [step.status for step in result.steps] == ["failed", "not run"]


CHANGES = """
found = {path: open(path).read() for path in sorted(os.listdir()) if os.path.isfile(path) and path != "notebook.ipynb"}
found["sub"] = os.path.exists("sub")
print(found)
open("log.txt", "a").write("more")
open("over.txt", "w").write("changed")
open("new.txt", "w").write("new")
os.makedirs("sub/deep")
open("sub/deep/file", "x").close()
os.rename("from.txt", "to.txt")
os.remove("gone.txt")
os.chdir("sub")
os.environ["LEFT"] = "behind"
if number < 3: 1 / 0
"""


def test_every_try_finds_the_files_that_the_first_one_found(run, tmp_path: Path):
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in ("log.txt", "over.txt", "from.txt", "gone.txt"):
        (folder / name).write_text(name)
    result = run((COUNT + CHANGES, "step:a", "retry:3"))
    assert codes(result) == []
    found = {name: name for name in ("from.txt", "gone.txt", "log.txt", "over.txt")}
    assert text(result, 0) == f"{found | {'sub': False}}\n"
    left = {path.name: path.read_text() for path in folder.iterdir() if path.suffix == ".txt"}
    assert left == {
        "log.txt": "log.txtmore",
        "over.txt": "changed",
        "new.txt": "new",
        "to.txt": "from.txt",
    }
    # What a try had made is not lost.
    aside = result.folder / "steps" / "a" / "tries" / "2" / "files"
    assert (aside / "new.txt").read_text() == "new"
    assert not list(result.folder.rglob("undo"))


def test_files_that_travel_are_for_every_try_as_they_came(run):
    appends = COUNT + "open('log.txt', 'a').write('two')\nassert number > 2, 'again'"
    result = run(
        ("open('log.txt', 'w').write('one')", "step:a"),
        (appends, "step:b", "retry:2"),
        ("print(open('log.txt').read())", "step:c"),
    )
    assert codes(result) == []
    assert text(result, 2) == "onetwo\n"


@pytest.mark.parametrize(
    "change",
    [
        "subprocess.run('echo b >> data.txt', shell=True)",
        "os.rename('folder', 'elsewhere')",
        "subprocess.run('rm data.txt', shell=True)",
    ],
)
def test_a_step_is_not_tried_again_when_its_changes_cannot_be_undone(nb, tmp_path: Path, change):
    (tmp_path / "data.txt").write_text("a")
    (tmp_path / "folder").mkdir()
    source = f"import os, subprocess\n{change}\n1 / 0"
    result = nb2pipe.run(nb((source, "step:a", "retry:2"), ("print(1)", "step:b")))
    assert codes(result) == ["NB501", "NB519"]
    said = result.diagnostics[1]
    assert ("`data.txt`" if "data" in change else "`folder`") in said.message
    assert said.hint
    assert result.step("a").tries == ()


def test_what_steps_beside_it_write_is_left_alone(run, meet):
    # It fails when the other one has written a part of its file; the other one goes on when it failed.
    flaky = (
        meet + "number = meet('/count/tries')\nopen('mine.txt', 'a').write(f'{number}')\n"
        "meet('/await/written')\nif number < 2: 1 / 0\nmeet('/tell/again')"
    )
    other = (
        meet
        + "file = open('other.txt', 'w')\nfile.write('begin ')\nfile.flush()\nmeet('/tell/written')\n"
        "meet('/await/again')\nfile.write('end')\nfile.close()\nprint(open('other.txt').read())"
    )
    result = run((flaky, "step:a", "retry:2"), (other, "step:b"), workers=2)
    assert codes(result) == []
    assert text(result, 1) == "begin end\n"
    assert (result.folder.parents[2] / "mine.txt").read_text() == "2"


def test_a_file_that_two_steps_change_at_once_is_not_put_back(run, meet, tmp_path: Path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "both.txt").write_text("")
    one = meet + "meet('/await/written')\nopen('both.txt', 'a').write('one')\n1 / 0"
    # What the analysis sees would have one wait for the other.
    write = "import posix\nposix.write(posix.open('both.txt', posix.O_WRONLY), b'other')\n"
    other = meet + write + "meet('/tell/written')"
    result = run((other, "step:a"), (one, "step:b", "retry:2"), workers=2)
    assert "NB519" in codes(result)
    assert "other" in (tmp_path / "folder" / "both.txt").read_text()


HANGS = """
child = subprocess.Popen(["sleep", "1000"])
print(child.pid, os.getpid())
time.sleep(1000)
"""


def test_a_step_whose_time_is_over_ends_with_all_that_it_started(run):
    result = run((COUNT + HANGS, "step:a", "timeout:3s"), ("print(number)", "step:b"))
    (found,) = result.diagnostics
    assert found.code.number == "NB518"
    assert found.message == "step `a` took longer than its `timeout:` of 3 seconds"
    assert (found.span.cell, found.span.line) == (1, 8)
    assert [step.status for step in result.steps] == ["failed", "not run"]
    numbers = [int(number) for number in text(result, 0).split()]
    assert len(numbers) == 2
    for number in numbers:
        assert not psutil.pid_exists(number) or psutil.Process(number).status() == "zombie"


@pytest.mark.parametrize(
    "obeys",
    [
        "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\ntime.sleep(1000)",
        "try:\n    time.sleep(1000)\nexcept KeyboardInterrupt:\n    number = -1",
    ],
    ids=["not", "and goes on"],
)
def test_code_that_does_not_obey_fails_all_the_same(nb, obeys: str):
    cells = [("import time", "step:a"), (f"number = 1\n{obeys}", "step:b", "timeout:2s")]
    result = nb2pipe.run(nb(*cells, ("print(number)", "step:c")))
    (found,) = result.diagnostics
    assert (found.code.number, found.span.cell) == ("NB518", 2)
    assert [step.status for step in result.steps] == ["succeeded", "failed", "not run"]


def test_each_try_has_the_whole_time(run):
    hangs_once = COUNT + "if number == 1: time.sleep(1000)\ntime.sleep(1.5)\nprint('done')"
    result = run((hangs_once, "step:a", "timeout:4s", "retry:1"), ("print(1)", "step:b"))
    assert codes(result) == []
    assert text(result, 0) == "done\n"
    (tried,) = result.step("a").tries
    assert "took longer than its `timeout:` of 4 seconds" in tried.error.message


def test_progress_and_what_shows_runs_say_the_tries(nb, tmp_path: Path):
    flaky = COUNT.replace("../", f"{tmp_path}-") + "if number < 2: 1 / 0"
    path = nb((flaky, "step:a", "retry:2"), ("print(1)", "step:b"))

    def command(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "nb2pipe", *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )

    said = command("run", str(path)).stderr
    assert "a: try 1 of 3 failed (" in said
    assert "cell 1, line 5: ZeroDivisionError: division by zero" in said
    assert "a: done after 2 tries (" in said
    assert "2 tries" in command("show", "last").stdout
    assert "try 1 failed" in command("show", "last", "a").stdout
    command("report", "last")
    page = (tmp_path / "report.html").read_text()
    assert "Try 1 failed: cell 1, line 5: ZeroDivisionError" in page
