"""`nb2pipe verify` with real kernels and real steps."""

import json
import subprocess
import sys

import pytest

from nb2pipe.verify import Options, RunStatus, SplitKind, verify_notebook
from nb2pipe.verify.shrink import minimise


def verify(path, **options):
    return verify_notebook(path, Options(**{"splits": 0, **options}))


def listing(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("isolated", [True, False], ids=["isolated", "warm"])
def test_a_notebook_that_is_equal_as_tagged_and_however_it_is_split(nb, isolated):
    path = nb(
        ("import random\nrandom.seed(1)\nx = [1]", "step:a"),
        "alias = x\nalias.append(random.random())",
        ("print(x)", "step:b"),
        ("x.append(2)\nx", "step:c"),
        "open('x.txt', 'w').write(str(x))",
        ("print(open('x.txt').read())", "step:d"),
    )
    before = listing(path.parent)
    found = verify(path, splits=5, isolated=isolated)
    assert [report.status for report in found.reports] == [RunStatus.EQUAL] * 6
    assert found.reports[0].split.kind is SplitKind.AS_TAGGED
    assert not found.fails
    assert listing(path.parent) == before


@pytest.mark.parametrize("isolated", [True, False], ids=["isolated", "warm"])
def test_what_other_processes_and_c_code_print_counts(nb, isolated, monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # with it, ipykernel does not listen
    wait = "\nimport time; time.sleep(0.5)"  # it listens in a thread
    path = nb(
        ("import ctypes\n_ = ctypes.CDLL(None).write(1, b'one\\n', 4)" + wait, "step:a"),
        ("import os\n_ = os.system('echo two')" + wait, "step:b"),
        ("import subprocess\n_ = subprocess.run('echo three >&2', shell=True)" + wait, "step:c"),
    )
    found = verify(path, isolated=isolated)
    assert [report.status for report in found.reports] == [RunStatus.EQUAL]
    assert not found.set_aside


def test_what_other_steps_displayed_and_remember_is_there(nb):
    path = nb(
        ("from functools import lru_cache\ncache = lru_cache(None)\n1 + 1", "step:a"),
        ("@cache\ndef double(n):\n    print('once', n)\n    return 2 * n\ndouble(_)", "step:b"),
        ("[].sort()", "step:c"),
        ("print(_, __, Out[1], double(2))", "step:d"),
        ("for _ in range(2):\n    double(_ + 2)", "step:e"),
        ("print(_, _1, double(3))", "step:f"),
    )
    found = verify(path, splits=4)
    assert [report.status for report in found.reports] == [RunStatus.EQUAL] * 5


def test_a_difference_counts_only_if_the_notebook_goes_on_to_agree_with_itself(
    nb, tmp_path_factory
):
    # The first two runs agree by chance.
    count = tmp_path_factory.mktemp("outside") / "count.txt"
    count.write_text("0")
    cell = f"""import pathlib
path = pathlib.Path({str(count)!r})
path.write_text(str(int(path.read_text()) + 1))
print(int(path.read_text()) // 3)"""
    found = verify(nb((cell, "step:a"), ("print(1)", "step:b")), jobs=1)
    assert [report.status for report in found.reports] == [RunStatus.EQUAL]
    assert found.set_aside == (1,)
    assert count.read_text() == "4"


def test_numbers_without_a_seed_may_show_in_few_runs_of_the_notebook(nb, tmp_path_factory):
    count = tmp_path_factory.mktemp("outside") / "count.txt"
    count.write_text("0")
    cell = f"""import pathlib, random
drawn = random.random()
path = pathlib.Path({str(count)!r})
path.write_text(str(int(path.read_text()) + 1))
print(int(path.read_text()) in (3, 8))"""
    found = verify(nb((cell, "step:a"), ("print(1)", "step:b")), jobs=1)
    assert [report.status for report in found.reports] == [RunStatus.EQUAL]
    assert (found.set_aside, found.volatile) == ((1,), ("drawn",))
    assert count.read_text() == "8"


def test_objects_in_sets_that_refer_to_each_other_are_compared(nb):
    cell = """class Agent:
    def __init__(self, world): self.world = world
world = {place: set() for place in range(6)}
for number in range(18): world[number % 6].add(Agent(world))"""
    found = verify(nb((cell, "step:a"), ("print(len(world))", "step:b")))
    assert [report.status for report in found.reports] == [RunStatus.EQUAL]


def test_what_differs_from_run_to_run_is_set_aside(nb):
    path = nb(("import time\nnow = time.time_ns()", "step:a"), ("print(now)", "step:b"), "print(1)")
    found = verify(path)
    assert found.set_aside == (2,)
    assert found.volatile == ("now",)
    assert found.count(RunStatus.EQUAL) == 1


def test_a_step_reads_data_beside_and_above_the_notebook(nb, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.txt").write_text("text")
    path = nb(
        ("a = open('../data/x.txt').read()", "step:a"), ("print(a)", "step:b"),
        name="notebooks/notebook.ipynb",
    )  # fmt: skip
    assert [report.status for report in verify(path).reports] == [RunStatus.EQUAL]


def test_a_refusal_is_reported_with_its_reason(nb):
    path = nb(("numbers = (n for n in range(3))", "step:a"), ("print(next(numbers))", "step:b"))
    (report,) = verify(path).reports
    assert report.status is RunStatus.REFUSED
    assert [found.code.number for found in report.diagnostics] == ["NB206"]


def test_the_notebook_stops_where_its_pipeline_stops(nb):
    path = nb(("print(1)", "step:a"), ("x = 1\nx / 0", "step:b"), ("print(2)", "step:c"))
    found = verify(path)
    assert found.stops_at == 2
    assert "ZeroDivisionError" in found.error


def test_a_notebook_with_errors_is_a_problem(nb):
    found = verify(nb(("x = = 1", "step:a")))
    assert [problem.code.number for problem in found.problems] == ["NB201"]
    assert found.fails


def test_a_python_that_cannot_run_notebooks_is_a_problem(nb, tmp_path):
    found = verify(nb(("x = 1", "step:a"), ("y = x", "step:b")), python=str(tmp_path / "python"))
    assert [problem.code.number for problem in found.problems] == ["NB601"]


@pytest.mark.parametrize(
    ("needed", "expected"), [({2}, [2]), ({0, 7}, [0, 7]), (set(range(8)), list(range(8)))]
)
def test_shrinking_keeps_what_is_needed_and_nothing_else(needed, expected):
    assert minimise(range(8), needed.issubset) == expected


def test_the_command_prints_json_and_fails_on_a_refusal(nb):
    path = nb(("numbers = (n for n in range(3))", "step:a"), ("print(next(numbers))", "step:b"))
    command = [sys.executable, "-m", "nb2pipe", "verify", str(path), "--as-tagged"]
    done = subprocess.run(
        [*command, "--format", "json"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert document["counts"] == {"equal": 0, "refused": 1, "failed": 0, "different": 0}
    assert "NB206 cell 1" in done.stderr


def test_what_is_displayed_inside_of_a_widget_is_the_widgets(nb):
    path = nb(
        ("import ipywidgets\nout = ipywidgets.Output()", "step:a"),
        ("print('before')\nwith out:\n    print('inside')\n    1 / 0\nprint('behind')", "step:b"),
        ("print(len(out.outputs))\nout", "step:c"),
        ("@out.capture(clear_output=True)\ndef f(x):\n    print(x)\n    return x", "step:d"),
        ("print(f(3), len(out.outputs))", "step:e"),
        ("print(out.outputs, f(4))", "step:f"),
        ("print(out.outputs)\nwith out:\n    display(5)", "step:g"),
        (
            "print(out.outputs)\nout.observe(lambda change: seen.append(1), 'outputs')\nseen = []",
            "step:h",
        ),
        ("with out:\n    print('once more')", "step:i"),
        ("print(seen)\nout.close()", "step:j"),
    )
    found = verify(path)
    assert [report.status for report in found.reports] == [RunStatus.EQUAL]
    assert not found.set_aside


def test_a_widget_that_a_local_module_makes_takes_what_is_displayed(nb):
    path = nb(
        ("import rooms\nout = rooms.make()", "step:a"),
        ("rooms.say(out, 'inside')\nprint('behind')", "step:b"),
        ("print(out.outputs)", "step:b"),
    )
    (path.parent / "rooms.py").write_text(
        "def make():\n    import ipywidgets\n    return ipywidgets.Output()\n"
        "def say(out, text):\n    with out:\n        print(text)\n"
    )
    assert [report.status for report in verify(path).reports] == [RunStatus.EQUAL]


def test_a_widget_that_a_library_makes_takes_what_is_displayed(nb):
    path = nb(
        ("from iminuit import Minuit\nm = Minuit(lambda x: (x - 1) ** 2, x=0)", "step:a"),
        ("m.interactive(plot=lambda values: print('inside'))", "step:b"),
        ("print(m.values['x'])", "step:c"),
    )
    found = verify(path)
    assert [report.status for report in found.reports] == [RunStatus.EQUAL]
    assert not found.set_aside


def test_a_decorator_that_calls_its_function_does_so_once(nb):
    path = nb(
        ("from ipywidgets import interact\nseen = []", "step:a"),
        (
            "@interact(x=3)\ndef f(x):\n    seen.append(x)\n    print('inside')\n    return x",
            "step:b",
        ),
        ("print(seen)", "step:c"),
        ("print(f(4), seen)", "step:d"),
    )
    found = verify(path)
    assert [report.status for report in found.reports] == [RunStatus.EQUAL]
    assert not found.set_aside


FIND_LIST = """print(len(x))
import gc
for value in gc.get_objects():
    if type(value) is list and value[:1] == ["mark"]:
        value.append(1)"""


@pytest.mark.parametrize(
    ("cells", "codes"),
    [
        (["import sys", "'ipykernel' in sys.modules or 1 / 0", "'ipykernel' in sys.modules or a"], ["NB501"] * 2),
        (["x = ['mark']", FIND_LIST, "print(x)"], ["NB508"]),
    ],
    ids=["two steps raise", "the guard says what another step misses"],
)  # fmt: skip
def test_what_is_told_is_a_failure_and_no_difference(nb, cells, codes):
    path = nb(*((source, f"step:s{number}") for number, source in enumerate(cells)))
    (report,) = verify(path).reports
    assert report.status is RunStatus.FAILED
    assert [found.code.number for found in report.diagnostics] == codes
