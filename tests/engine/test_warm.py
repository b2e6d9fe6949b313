"""Steps are forked from a process that has imported what the notebook imports, where that is safe."""

import sys

import pytest

import nb2pipe
from nb2pipe.engine import Observer, RunOptions

NOTED = """\
import pathlib
with open(pathlib.Path(__file__).with_name("imported.txt"), "a") as file:
    file.write("x")
"""


class Ear(Observer):
    """Hears why steps are isolated."""

    def __init__(self):
        self.reasons = []

    def steps_isolated(self, reason):
        self.reasons.append(reason)


@pytest.fixture
def library(tmp_path, monkeypatch):
    """A folder that the steps import from, as they do from installed packages."""
    folder = tmp_path / "library"
    folder.mkdir()
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder


def printed(result):
    assert [str(d) for d in result.diagnostics] == []
    cells = [cell for step in result.steps for cell in step.cells]
    return [output["text"] for cell in cells for output in cell.outputs if "text" in output]


@pytest.mark.parametrize(("isolated", "times"), [(False, 1), (True, 3)])
def test_libraries_are_imported_once_for_all_steps(nb, library, isolated, times):
    (library / "heavy.py").write_text(NOTED)
    cells = [(f"import heavy\nprint({n})", f"step:s{n}") for n in range(3)]
    result = nb2pipe.run(nb(*cells), options=RunOptions(isolated=isolated))
    assert printed(result) == ["0\n", "1\n", "2\n"]
    assert len((library / "imported.txt").read_text()) == times


UNSAFE = {
    "it prints": ("print('hello')", "`odd` prints when it is imported"),
    "it warns": ("import warnings\nwarnings.warn('old')", "`odd` prints when it is imported"),
    "it starts a thread": (
        "import threading, time\nthreading.Thread(target=time.sleep, args=[9], daemon=True).start()",
        "a library started threads when it was imported",
    ),
    "it connects": (
        "import socket\nkept = socket.socketpair()",
        "a library opened a connection when it was imported",
    ),
}


@pytest.mark.parametrize(("source", "reason"), UNSAFE.values(), ids=UNSAFE)
def test_a_library_that_forks_badly_is_imported_by_each_step(nb, library, source, reason):
    (library / "odd.py").write_text(source)
    ear = Ear()
    path = nb(("import odd\nx = 1", "step:a"), ("print(x)", "step:b"))
    result = nb2pipe.run(path, observer=ear)
    assert printed(result)[-1] == "1\n"
    assert ear.reasons == [reason]
    shown = [output for step in result.steps for cell in step.cells for output in cell.outputs]
    assert any("hello" in str(o) or "old" in str(o) for o in shown) == ("prints" in reason)


def test_a_thread_whose_library_expects_forks_is_no_reason_against_them(nb, library):
    # As that of the memory of Arrow, which pandas imports where it is installed.
    (library / "arrow.py").write_text(
        "import ctypes\nlibc = ctypes.CDLL(None)\nthread = ctypes.c_ulong()\n"
        "libc.pthread_create(ctypes.byref(thread), None, libc.pause, None)\n"
        "libc.pthread_setname_np(thread, b'jemalloc_bg_thd')\n"
    )
    ear = Ear()
    assert printed(nb2pipe.run(nb(("import arrow\nprint(1)", "step:a")), observer=ear)) == ["1\n"]
    assert ear.reasons == []


def test_the_threads_of_numexpr_end_before_forks_and_are_there_in_each(nb, library):
    # What numexpr does, which few environments of tests have: it starts threads when it is imported.
    (library / "numexpr.py").write_text(
        "import threading\nevents = []\n"
        "def set_num_threads(count):\n"
        "    before = len(events)\n"
        "    while len(events) > count:\n"
        "        event, thread = events.pop()\n"
        "        event.set()\n"
        "        thread.join()\n"
        "    while len(events) < count:\n"
        "        event = threading.Event()\n"
        "        events.append((event, threading.Thread(target=event.wait, daemon=True)))\n"
        "        if len(events) > 1: events[-1][1].start()\n"
        "    return before\n"
        "set_num_threads(3)\n"
    )
    ear = Ear()
    cell = "import numexpr\nprint([thread.is_alive() for _, thread in numexpr.events])"
    result = nb2pipe.run(nb((cell, "step:a"), (cell, "step:b")), observer=ear)
    alive = "[False, True, True]\n"
    assert (printed(result), ear.reasons) == ([alive, alive], [])


def test_a_module_beside_the_notebook_takes_the_place_of_a_library(nb):
    ear = Ear()
    path = nb(("import tarfile\nprint(tarfile.name)", "step:a"))
    path.with_name("tarfile.py").write_text("name = 'mine'\nopen = None")
    result = nb2pipe.run(path, observer=ear)
    assert ear.reasons == ["`tarfile.py` beside the notebook has the name of a library"]
    assert "error" not in str(result.steps[0].error)


def test_modules_beside_the_notebook_are_imported_by_each_step(nb):
    path = nb(("import mine\nmine.n += 1\nprint(mine.n)", "step:a"), ("print(2)", "step:b"))
    path.with_name("mine.py").write_text("n = 1\nprint('imported')")
    ear = Ear()
    assert printed(nb2pipe.run(path, observer=ear)) == ["imported\n2\n", "2\n"]
    assert ear.reasons == []


def test_the_environment_is_set_before_the_import(nb, library):
    (library / "early.py").write_text("import os\nseen = os.environ.get('EARLY')")
    cell = "import os\nos.environ['EARLY'] = 'yes'\nimport early\nprint(early.seen)"
    assert printed(nb2pipe.run(nb((cell, "step:a")))) == ["yes\n"]


def test_an_environment_of_a_steps_own_is_there_when_it_imports(nb, library):
    (library / "early.py").write_text("import os\nseen = os.environ.get('EARLY')")
    cell = "import early\nprint(early.seen)"
    result = nb2pipe.run(nb((cell, "step:a"), (cell, "step:b", "env:EARLY=b")))
    assert printed(result) == ["None\n", "b\n"]


def test_unseeded_generators_are_not_the_same_in_every_step(nb):
    cell = "import random, numpy as np\nprint(random.random(), np.random.rand())"
    first, second = printed(nb2pipe.run(nb((cell, "step:a"), (cell, "step:b"))))
    assert not set(first.split()) & set(second.split())


def test_a_step_has_the_working_directory_arguments_and_modules_of_a_fresh_process(nb):
    cell = "import os, sys\nprint(os.getcwd(), sys.argv, sys.path, __name__, sorted(globals()))"
    path = nb((cell, "step:a"))
    warm = printed(nb2pipe.run(path))
    assert warm == printed(nb2pipe.run(path, options=RunOptions(isolated=True)))


def test_libraries_meet_a_notebook_when_they_are_imported(nb):
    # pandas asks on import whether it is in a terminal, and shows frames accordingly.
    cells = (
        ("import pandas as pd\nx = pd.DataFrame({f'a{n}': [n] for n in range(30)})", "step:a"),
        ("x", "step:b"),
    )
    shown = [
        nb2pipe.run(nb(*cells), options=RunOptions(isolated=isolated, reuse=False))
        .steps[1]
        .cells[0]
        .outputs
        for isolated in (False, True)
    ]
    assert "text/html" in shown[0][0]["data"]
    assert shown[0] == shown[1]


def test_what_a_library_logs_is_shown(nb, library):
    # The handler takes the stream that is there when the library is imported.
    (library / "heavy.py").write_text(
        "import logging\nlog = logging.getLogger('heavy')\nlog.addHandler(logging.StreamHandler())"
    )
    path = nb(("import heavy\nheavy.log.warning('careful')", "step:a"))
    for isolated in (False, True):
        options = RunOptions(isolated=isolated, reuse=False)
        assert printed(nb2pipe.run(path, options=options)) == ["careful\n"]


def test_another_python_runs_the_steps(nb):
    path = nb(("import sys\nprint(sys.executable)", "step:a"))
    assert printed(nb2pipe.run(path, options=RunOptions(python=sys.executable))) == [
        f"{sys.executable}\n"
    ]
