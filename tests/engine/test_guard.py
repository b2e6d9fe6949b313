"""What the analysis cannot see becomes a failure that names variable, cell and tag, never a wrong number."""

from dataclasses import replace

import pytest

import nb2pipe
from nb2pipe.compiler import compile_pipeline
from nb2pipe.diagnostics import Code
from nb2pipe.engine import run_pipeline

HIDDEN = "import ctypes, gc, random, sys\nimport numpy as np\nframe = sys._getframe\n"
"""Ways around the analysis: memory, all objects, and the namespace through a frame."""

ISOLATED = nb2pipe.RunOptions(isolated=True)

CHANGE_LIST = "[o.append(9) for o in gc.get_objects() if type(o) is list and o == [1, 2, 3, 4]];"


@pytest.fixture
def run(nb):
    def run_cells(*cells):
        return nb2pipe.run(nb(*cells))

    return run_cells


def failure(result):
    (found,) = result.diagnostics
    return found


@pytest.mark.parametrize(
    ("make", "change", "name"),
    [
        ("x = [1, 2, 3]\nx.append(4)", CHANGE_LIST + "print(len(x))", "x"),
        ("a = np.zeros(4)\na[0] = 1", "ctypes.memset(a.ctypes.data, 1, 8)", "a"),
        ("rows = {'k': [1, 2]}", "print(rows)\nframe().f_globals['rows']['k'].append(3)", "rows"),
    ],
)
def test_an_input_that_is_changed_unnoticed(run, make, change, name):
    result = run(
        (HIDDEN + make, "step:load"), (change, "step:change"), (f"print({name})", "step:show")
    )
    found = failure(result)
    assert (found.code, found.span.cell, found.step) == (Code.UNDECLARED_CHANGE, 2, "change")
    assert f"`{name}`" in found.message
    assert f"tag cell 2 `mutates:{name}`" in found.hint


def test_the_line_that_mentions_the_variable_is_named(run):
    result = run(
        (HIDDEN + "a = np.zeros(4)\na[0] = 1", "step:load"),
        ("n = 1\nctypes.memset(a.ctypes.data, 1, 8)\nprint(n)", "step:change"),
        ("print(a)", "step:show"),
    )
    assert failure(result).span.line == 2


def test_a_change_that_nobody_sees_later_is_no_failure(run):
    result = run(
        (HIDDEN + "a = np.zeros(4)\na[0] = 1", "step:load"),
        ("print(a)", "step:show"),
        ("ctypes.memset(a.ctypes.data, 1, 8)", "step:change"),
    )
    assert result.status == "succeeded"


def test_an_output_that_is_changed_after_it_was_stored(run):
    result = run(
        (HIDDEN + "x = [1, 2, 3]\nx.append(4)", "step:load"),
        "print('a later cell of the same step')",
        CHANGE_LIST,
        ("print(x)", "step:show"),
    )
    found = failure(result)
    assert (found.code, found.span.cell, found.step) == (Code.UNDECLARED_CHANGE, 3, "load")


def test_an_output_that_is_changed_before_it_is_used_in_the_notebook_only_by_its_step(run):
    result = run(
        (HIDDEN + "x = [1, 2, 3]\nx.append(4)", "step:load"),
        ("print(x)", "step:show"),
        (CHANGE_LIST + "print(x)", "step:load"),
    )
    assert result.status == "succeeded"


@pytest.mark.parametrize("shown", ["print(x)", "del x"])
def test_a_name_that_is_bound_unnoticed(run, shown):
    result = run(
        (HIDDEN + "x = int('3')", "step:load"),
        ("frame().f_globals['x'] = 4", "step:change"),
        (shown, "step:show"),
    )
    found = failure(result)
    assert (found.code, found.span.cell) == (Code.UNDECLARED_CHANGE, 2)
    assert "bound anew" in found.message
    assert "`writes:x`" in found.hint


def test_a_module_whose_constant_is_changed_unnoticed(run):
    result = run(
        ("import gc, math\nx = int('3')", "step:load"),
        ("[d for d in gc.get_referents(math) if 'pi' in d][0].update(pi=x)", "step:change"),
        ("print(math.pi)", "step:show"),
    )
    found = failure(result)
    assert (found.code, found.span.cell) == (Code.UNDECLARED_CHANGE, 2)
    assert "`math`" in found.message


def test_an_object_that_holds_a_function_of_the_notebook(run):
    result = run(
        ("def area(x):\n    return x * x\n\nbox = {'area': area}\nbox['x'] = 1", "step:load"),
        ("print(box['area'](2))", "step:change"),
        ("print(box['x'])", "step:show"),
    )
    assert [item.message for item in result.diagnostics] == []
    guard = result.step("change").guard
    assert (guard["unchecked"], guard["checked"] > 0) == ({}, True)


def test_modules_and_classes_that_nobody_changes(run):
    result = run(
        ("import math\n\nclass Limits:\n    low, high = -1, math.nan", "step:load"),
        ("print(math.pi, Limits.low)", "step:change"),
        ("print(math.pi, Limits.high)", "step:show"),
    )
    assert [item.message for item in result.diagnostics] == []


def test_a_class_of_a_library_that_sets_itself_up_when_it_is_used(run, tmp_path, monkeypatch):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "lazily.py").write_text(
        "class Bar:\n    monitor = None\n    def __init__(self):\n        Bar.monitor = Bar.monitor or object()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    result = run(
        ("from lazily import Bar", "step:load"),
        ("bar = Bar()\nprint(1)", "step:one"),
        ("bar = Bar()\nprint(Bar.monitor is None)", "step:two"),
    )
    assert [item.message for item in result.diagnostics] == []


def test_a_constant_that_every_step_makes_anew(run):
    result = run(
        ("import sys\nframe = sys._getframe\nsizes = [1, 2]", "step:load"),
        ("print(sizes)\nframe().f_globals['sizes'].append(3)", "step:change"),
        ("print(sizes)", "step:show"),
    )
    assert failure(result).code is Code.UNDECLARED_CHANGE


def test_a_generator_that_advances_unnoticed(run):
    result = run(
        ("import random\nrandom.seed(3)\nx = random.random()", "step:load"),
        ("draw = getattr(random, ''.join(['ran', 'dom']))\nprint(draw(), x)", "step:draw"),
        ("print(random.random())", "step:show"),
    )
    found = failure(result)
    assert (found.code, found.span.cell) == (Code.HIDDEN_CHANGE, 2)
    assert "`mutates:state=random`" in found.hint


def test_a_draw_from_a_generator_that_the_step_did_not_get(run):
    result = run(
        ("import random\nrandom.seed(3)", "step:load"),
        ("draw = getattr(random, ''.join(['ran', 'dom']))\nprint(draw())", "step:draw"),
    )
    found = failure(result)
    assert (found.code, found.span.cell) == (Code.HIDDEN_CHANGE, 2)
    assert "`mutates:state=random`" in found.hint


def test_the_draw_travels_when_the_cell_tells_of_it(run):
    result = run(
        ("import random\nrandom.seed(3)", "step:load"),
        ("print(getattr(random, 'random')())", "step:draw", "mutates:state=random"),
    )
    assert result.step("draw").cells[0].outputs[0]["text"] == "0.23796462709189137\n"


def test_a_file_that_is_written_unnoticed(run):
    result = run(
        ("open('n.txt', 'w').write('1')", "step:load"),
        ("import os\nos.write(os.open('n.txt', os.O_CREAT | os.O_WRONLY), b'2')", "step:change"),
        ("print(open('n.txt').read())", "step:show"),
    )
    found = failure(result)
    assert (found.code, found.span.cell) == (Code.HIDDEN_CHANGE, 2)
    assert "the file `n.txt`" in found.message
    assert "`mutates:file=n.txt`" in found.hint


LAZY = """
from functools import cached_property

class Rows:
    def __init__(self):
        self.rows = [1, 2]

    @cached_property
    def total(self):
        return sum(self.rows)

rows = Rows()
rows.rows.append(3)
"""


def test_caches_are_no_changes(run):
    result = run(
        (LAZY, "step:load"), ("print(rows.total)", "step:sum"), ("rows.total", "step:show")
    )
    assert [item.message for item in result.diagnostics] == []
    assert result.step("sum").guard["checked"] == 2  # with its class


def test_an_argument_that_becomes_an_empty_dictionary_is_no_change(run):
    make = (
        HIDDEN + "class Rows:\n    def __init__(self, attrs=None):\n        self.attrs = attrs\n"
        "    def __reduce__(self):\n        return Rows, (self.attrs,)\nrows = Rows()"
    )
    ask = "print(len(str(rows)) > 0); vars(frame().f_globals['rows']).update(attrs={})"
    found = run((make, "step:make"), (ask, "step:ask"), ("print(rows.attrs or 0)", "step:show"))
    assert [item.message for item in found.diagnostics] == []
    fill = ask.replace("{}", "{'a': 1}")
    found = run((make, "step:make"), (fill, "step:ask"), ("print(rows.attrs or 0)", "step:show"))
    assert failure(found).code == Code.UNDECLARED_CHANGE


def test_caches_beside_what_is_no_number_are_no_changes(run):
    """A number of numpy that is none equals no other, and a cache makes that each part is looked at."""
    make = (
        LAZY
        + "import numpy as np\nrows.missing = np.float64('nan')\nrows.limits = {'low': np.float64('nan')}"
    )
    result = run(
        (make, "step:load"), ("print(rows.total)", "step:sum"), ("rows.total", "step:show")
    )
    assert [item.message for item in result.diagnostics] == []


def test_the_result_says_what_the_guard_cost(run):
    result = run(
        ("x = [1, 2, 3]\nx.append(4)", "step:load"),
        ("print(x)", "step:sum"),
        ("print(len(x))", "step:show"),
    )
    (cost,) = [step["guard"] for step in result.to_json()["steps"] if step["name"] == "sum"]
    assert cost["checked"] == 1
    assert cost["unchecked"] == {}
    assert 0 < cost["seconds"] < result.step("sum").seconds


FORGETFUL = """
class Box:
    def __init__(self):
        self.content = [1]

    def __getstate__(self):
        return {"content": []}

box = Box()
"""


def test_paranoid_finds_what_does_not_survive_storing(nb):
    path = nb((FORGETFUL, "step:load"), ("print(box.content)", "step:show"))
    found = failure(nb2pipe.run(path, options=nb2pipe.RunOptions(paranoid=True)))
    assert (found.code, found.step) == (Code.LOST_IN_STORAGE, "load")
    assert "`box`" in found.message


def test_paranoid_is_content_with_what_survives(nb):
    make = "import numpy as np\nx = {'a': np.arange(3), 'n': float('nan'), 's': {(1, 2), (3,)}}\nx['b'] = x['a'][1:]"
    path = nb((make, "step:load"), ("print(x)", "step:show"))
    assert nb2pipe.run(path, options=nb2pipe.RunOptions(paranoid=True)).status == "succeeded"


SHARED = HIDDEN + "x = [[1], [2]]\nx.append([3])\ny = [o for o in gc.get_objects() if o == [1]][0]"


@pytest.mark.parametrize(
    ("make", "change"),
    [
        (SHARED, "x[0].append(7)"),
        (
            HIDDEN
            + "x = np.zeros(4)\nx[0] = 1\nbuffer = (ctypes.c_double * 4).from_address(x.ctypes.data)\n"
            "y = np.ctypeslib.as_array(buffer)",
            "x[1] = 7",
        ),
    ],
)
def test_memory_that_is_shared_unnoticed_and_then_changed(run, make, change):
    result = run(
        (make, "step:load"), ("n = 1\n" + change, "step:change"), ("print(y)", "step:show")
    )
    found = failure(result)
    assert (found.code, found.span.cell, found.span.line) == (Code.VIEW_CROSSES, 2, 2)
    assert "`x` shares with `y`" in found.message


def test_what_is_shared_is_compared_before_its_change_is_stored(run):
    result = run(
        (SHARED, "step:load"),
        ("x[0].append(7)", "step:change"),
        ("print(y)", "step:show"),
        ("print(x)", "step:end"),
    )
    found = failure(result)
    assert (found.code, found.step, found.span.cell) == (Code.VIEW_CROSSES, "change", 2)


def test_what_is_shared_is_followed_through_later_versions(run):
    result = run(
        (SHARED, "step:load"),
        ("x.append(4)", "step:more"),
        ("x[0].append(7)", "step:change"),
        ("print(y)", "step:show"),
    )
    found = failure(result)
    assert (found.code, found.span.cell) == (Code.VIEW_CROSSES, 3)


def test_the_step_that_changes_one_uses_the_other(run):
    result = run((SHARED, "step:load"), ("x[0].append(7)\nprint(y)", "step:show"))
    assert failure(result).code is Code.VIEW_CROSSES


@pytest.mark.parametrize(
    "cells",
    [
        [("print(x)", "step:change"), ("print(y)", "step:show")],
        [("x[1].append(7)", "step:change"), ("print(y)", "step:show")],
        [("print(y)", "step:show"), ("x[0].append(7)", "step:change")],
    ],
    ids=["nobody changes it", "another part is changed", "it is used before"],
)
def test_sharing_that_does_no_harm(run, cells):
    assert run((SHARED, "step:load"), *cells).status == "succeeded"


MADE_LATER = HIDDEN + "print(len(x))\ny = [o for o in gc.get_objects() if o == [1]][0]"


def test_memory_that_is_shared_unnoticed_with_what_another_step_changes(run):
    result = run(
        ("x = [[1], [2]]\nx.append([3])", "step:load"),
        (MADE_LATER, "step:make"),
        ("x[0].append(7)", "step:change"),
        ("print(y)", "step:show"),
    )
    found = failure(result)
    assert (found.code, found.step, found.span.cell) == (Code.VIEW_CROSSES, "make", 2)
    assert "`y` shares memory with `x`, which cell 3 changes" in found.message


@pytest.mark.parametrize(
    "cells",
    [
        [("print(y)", "step:show"), ("x[0].append(7)", "step:change")],
        [("print(x)", "step:change"), ("print(y)", "step:show")],
    ],
    ids=["it is used before", "nobody changes it"],
)
def test_sharing_with_what_was_loaded_that_does_no_harm(run, cells):
    load = "x = [[1], [2]]\nx.append([3])"
    assert run((load, "step:load"), (MADE_LATER, "step:make"), *cells).status == "succeeded"


@pytest.mark.parametrize("made", ["array.array('d', [1, 2])", "bytearray(16)"])
def test_an_array_in_the_memory_of_something_else(run, made):
    result = run(
        (f"import array, numpy as np\na = {made}\nn = np.frombuffer(a)", "step:load"),
        ("a[0] = 9\nprint(n)", "step:change"),
    )
    assert failure(result).code in {Code.VIEW_CROSSES, Code.CANNOT_STORE}


def test_arrays_over_one_buffer_share_it_in_the_next_step(run):
    result = run(
        (
            "import numpy as np\nx = np.zeros(3)\nx[0] = 1\ny = np.frombuffer(memoryview(x).cast('B'))",
            "step:load",
        ),
        ("x[1] = 7\nprint(x)", "step:change"),
        ("print(y)", "step:show"),
    )
    assert result.status == "succeeded"
    assert result.step("show").cells[0].outputs[0]["text"] == "[1. 7. 0.]\n"


def test_a_missing_name_is_shown_where_it_is_made(run):
    result = run(
        ("n = 1\ntotal = int('3')", "step:load"),
        ("import builtins\nvars(builtins)['ev' + 'al']('to' + 'tal', {})", "step:show"),
    )
    (found,) = [item for item in result.diagnostics if item.code is Code.STEP_FAILED]
    assert found.span.cell == 2
    assert "tag cell 1 `writes:total` and cell 2 `reads:total`" in found.hint
    assert [item.span.line for item in found.related] == [2]


def test_what_cannot_be_stored_is_shown_where_it_was_made(run):
    result = run(
        (
            "import threading\nn = 1\nbox = {'lock': [getattr(threading, ''.join(['Lo', 'ck']))()]}",
            "step:load",
        ),
        ("print(box)", "step:show"),
    )
    found = failure(result)
    assert (found.code, found.span.cell, found.span.line) == (Code.CANNOT_STORE, 1, 3)
    assert "`box.lock.0` of type `_thread.lock`" in found.message
    assert "`box`" in found.hint


def test_a_missing_file_is_looked_up_in_the_other_steps(nb, tmp_path):
    # Each step in a folder of its own, as on a cluster; the path is the same text in both.
    hidden = "import os\nos.close(os.open('numbers.txt', os.O_CREAT | os.O_WRONLY))"
    path = nb((hidden, "step:make"), ("print(open('numbers.txt').read())", "step:use"))
    compilation = compile_pipeline(path)
    result = run_pipeline(
        replace(compilation.pipeline, edges=()),
        notebook_document=compilation.notebook.document,
        directory=tmp_path,
        parameters={},
        folder_of=lambda step: made(tmp_path / step),
    )
    (found,) = [item for item in result.diagnostics if item.step == "use"]
    assert "FileNotFoundError" in found.message
    assert found.hint == (
        "tag cell 1 `writes:file=numbers.txt` and cell 2 `reads:file=numbers.txt`, so that"
        " `numbers.txt` is handed on"
    )
    assert [(item.span.cell, item.span.line) for item in found.related] == [(1, 2)]


def made(folder):
    folder.mkdir()
    return folder


WRITE = "import builtins as b\nvars(b)['op' + 'en']('no' + 'te.txt', 'w').write('new')"
READ = "import builtins as b\nprint(vars(b)['op' + 'en']('no' + 'te.txt').read())"


def test_a_file_that_steps_side_by_side_write_and_read_unnoticed(nb, tmp_path):
    (tmp_path / "note.txt").write_text("old")
    result = nb2pipe.run(nb((WRITE, "step:write"), (READ, "step:read")))
    assert result.status == "failed"
    found = failure(result)
    assert (found.code, found.span.cell) == (Code.HIDDEN_CHANGE, 1)
    assert "tag cell 1 `writes:file=note.txt` and cell 2 `reads:file=note.txt`" in found.hint


def test_a_file_that_steps_one_after_the_other_use(nb):
    result = nb2pipe.run(nb((WRITE, "step:write"), (READ, "step:read", "prev:write")))
    assert [item.message for item in result.diagnostics] == []


def test_a_working_directory_that_is_changed_unnoticed(run):
    result = run(
        ("import os, sys\nframe = sys._getframe", "step:load"),
        ("frame().f_globals['os'].__dict__['ch' + 'dir']('/')\nprint(os.name)", "step:move"),
        ("print(1)", "step:show"),
    )
    found = failure(result)
    assert (found.code, found.span.cell) == (Code.HIDDEN_CHANGE, 2)


def test_files_that_come_and_go_within_a_cell(nb):
    passing = (
        "import os\nname = ''.join(['pass', 'ing'])\nf = os.open(name, os.O_CREAT | os.O_WRONLY)\n"
        "os.close(f)\nos.remove(name)"
    )
    # One after the other: at the same time, each could remove the other's.
    options = nb2pipe.RunOptions(workers=1)
    result = nb2pipe.run(nb((passing, "step:one"), (passing, "step:two")), options=options)
    assert [item.message for item in result.diagnostics] == []


@pytest.mark.parametrize("kind", ["kd_tree", "ball_tree"])
def test_trees_of_neighbours_that_count_how_often_they_are_asked(run, kind):
    imports = (
        "from sklearn import datasets, neighbors\nX, y = datasets.load_iris(return_X_y=True)\n"
    )
    model = f"model = neighbors.KNeighborsClassifier(1, algorithm='{kind}').fit(X, y)"
    result = run(
        (imports + model, "step:fit"),
        ("print(model.predict(X[:3]))", "step:few"),
        ("print(model.predict(X[-3:]))", "step:others"),
    )
    assert [item.message for item in result.diagnostics] == []


def test_a_figure_that_nobody_changes_after_it_was_stored(run):
    result = run(
        (
            "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nline, = ax.plot([1, 2])",
            "step:draw",
        ),
        "def points():\n    return line.get_xdata()",
        ("print(points(), fig.axes == [ax])", "step:look"),
    )
    assert [item.message for item in result.diagnostics] == []
    assert result.step("draw").guard["checked"] > 0


HELPERS = """\
import os

import numpy as np

def prepare():
    np.set_printoptions(precision=2)
    os.environ['PREPARED'] = 'yes'
"""
CALL = "import numpy as np\ngetattr(__import__('helpers'), 'prepare')()"


def test_an_option_that_code_elsewhere_sets(run, tmp_path):
    (tmp_path / "helpers.py").write_text(HELPERS.replace("    os.environ", "    # "))
    show = "print(np.pi * np.ones(1))", "step:show"
    found = failure(run(("import numpy as np", "step:load"), (CALL, "step:load"), show))
    assert (found.code, found.span.cell) == (Code.HIDDEN_CHANGE, 2)
    assert "`numpy.printoptions` was changed" in found.message
    assert "tag cell 2 `mutates:state=numpy`" in found.hint


def test_a_library_that_is_imported_by_a_cell_changes_no_option(nb):
    load = (
        "import sys\nassert 'matplotlib' not in sys.modules\n__import__('matplotlib')",
        "step:load",
    )
    result = nb2pipe.run(nb(load, ("print(1)", "step:show")), options=ISOLATED)
    assert result.diagnostics == ()


def test_an_option_of_a_library_that_the_same_cell_imports(nb, tmp_path):
    (tmp_path / "helpers.py").write_text(
        "import matplotlib\nmatplotlib.rcParams['savefig.dpi'] = 9"
    )
    load = "getattr(__import__('importlib'), 'import_module')('helpers')", "step:load"
    found = failure(nb2pipe.run(nb(load, ("print(1)", "step:show")), options=ISOLATED))
    assert (found.code, found.span.cell) == (Code.HIDDEN_CHANGE, 1)
    assert "`matplotlib.rcParams` was changed" in found.message


def test_state_of_the_process_that_a_tag_declares_travels(run, tmp_path):
    (tmp_path / "helpers.py").write_text(HELPERS)
    result = run(
        ("import numpy as np, os", "step:load"),
        (CALL, "step:load", "mutates:state=numpy", "mutates:state=os"),
        ("print(np.pi * np.ones(1), os.environ['PREPARED'])", "step:show"),
    )
    assert result.diagnostics == ()
    assert result.step("show").cells[0].outputs[0]["text"] == "[3.14] yes\n"


def test_a_figure_is_shown_as_a_picture_in_a_step_that_only_shows_it(run):
    result = run(
        ("import matplotlib.pyplot as plt\nfig, ax = plt.subplots()", "step:load"),
        ("fig", "step:show"),
    )
    assert "image/png" in result.step("show").cells[0].outputs[0]["data"]


def test_an_accessor_of_pandas_that_is_used_is_no_change(run):
    load = "import pandas as pd\ns = pd.Series(['a', 'b'])\nt = pd.to_datetime(pd.Series(['2020']))"
    result = run(
        (load, "step:load"),
        ("print(s.str.upper()[0], t.dt.year[0], s.plot)", "step:look"),
        ("s.tail(1)", "step:show"),
        ("print(s, t)", "step:show"),
    )
    assert result.diagnostics == ()


FETCH = "import os\nif not os.path.exists('helpers.py'):\n    !wget https://example.org/helpers.py"


@pytest.mark.parametrize("first", [FETCH, f"%%writefile helpers.py\n{HELPERS}"])
def test_a_module_that_a_cell_fetches_or_writes_is_read(run, tmp_path, first):
    (tmp_path / "helpers.py").write_text(HELPERS)
    result = run(
        (first, "step:load"),
        ("import numpy as np, os\nfrom helpers import prepare", "step:load"),
        ("prepare()", "step:load"),
        ("print(np.pi * np.ones(1), os.environ['PREPARED'])", "step:show"),
    )
    assert result.diagnostics == ()
    assert result.step("show").cells[0].outputs[0]["text"] == "[3.14] yes\n"


def test_a_module_that_a_cell_writes_is_not_the_file_of_an_earlier_run(run, tmp_path):
    (tmp_path / "helpers.py").write_text("def prepare(): pass\n")
    result = run(
        (f"%%writefile helpers.py\n{HELPERS}", "step:load"),
        ("import numpy as np, os\nfrom helpers import prepare\nprepare()", "step:load"),
        ("print(np.pi * np.ones(1), os.environ['PREPARED'])", "step:show"),
    )
    assert result.diagnostics == ()
    assert result.step("show").cells[0].outputs[0]["text"] == "[3.14] yes\n"


@pytest.mark.parametrize("name", ["helpers", "tools.helpers"])
def test_options_that_a_local_module_sets_when_it_is_imported_hold_in_later_steps(
    run, tmp_path, name
):
    path = tmp_path.joinpath(*name.split(".")).with_suffix(".py")
    path.parent.mkdir(exist_ok=True)
    path.write_text("import numpy as np\nnp.set_printoptions(precision=2)\n\ndef f():\n    pass\n")
    result = run(
        (f"import numpy as np\nfrom {name} import f\nx = np.pi * np.ones(1)", "step:load"),
        ("print(x)", "step:show"),
        ("f()", "step:use"),
    )
    assert result.diagnostics == ()
    assert result.step("show").cells[0].outputs[0]["text"] == "[3.14]\n"


@pytest.mark.parametrize("make", ["x = cfg.load('a')", "x = cfg.STATE['a']"])
def test_what_a_local_module_keeps_does_not_part_from_it(nb, tmp_path, make):
    module = "STATE = {'a': []}\n\ndef load(key):\n    return STATE[key]\n"
    (tmp_path / "cfg.py").write_text(module)
    path = nb(
        (f"import cfg\n{make}", "step:load"),
        ("x.append(1)", "step:change"),
        ("print(cfg.load('a'))", "step:show"),
    )

    found = compile_pipeline(path).diagnostics

    assert [(d.code, d.span.cell) for d in found if d.is_error] == [(Code.UNSTORABLE, 1)]
    read_only = nb(
        (f"import cfg\n{make}", "step:load"),
        ("print(len(x))", "step:show"),
    )
    assert nb2pipe.run(read_only).diagnostics == ()


def test_a_cell_that_shows_an_error_on_purpose_may_name_what_is_not_there(nb):
    path = nb(("print(missing)", "step:show", "raises-exception"), ("print(1)", "step:go_on"))

    found = compile_pipeline(path).diagnostics

    assert [(d.code, d.is_error) for d in found if d.code is Code.UNDEFINED_NAME] == [
        (Code.UNDEFINED_NAME, False)
    ]
    result = nb2pipe.run(path)
    assert result.step("go_on").cells[0].outputs[0]["text"] == "1\n"


# --- modules beside the notebook


COUNTING = "from collections import Counter\nSEEN = Counter()\ndef see(x):\n    SEEN[x] += 1\n"


def printed(result):
    cells = result.notebook["cells"]
    return ["".join(output["text"] for output in cell["outputs"]) for cell in cells]


def test_the_tag_of_the_hint_hands_on_what_a_module_keeps(run, tmp_path):
    (tmp_path / "u.py").write_text(COUNTING)
    first, last = "import u\n[*map(u.see, 'ab')]\nprint(1)", ("print(sorted(u.SEEN))", "step:show")

    found = failure(run((first, "step:count"), last))

    assert (found.code, found.span.cell) == (Code.HIDDEN_CHANGE, 1)
    assert "`u.SEEN` was changed" in found.message
    tag = "mutates:state=u.SEEN"
    assert f"tag cell 1 `{tag}`" in found.hint
    result = run((first, "step:count", tag), last)
    assert not result.diagnostics
    assert printed(result) == ["1\n", "['a', 'b']\n"]


def test_what_a_function_of_a_module_keeps_has_no_tag(run, tmp_path):
    (tmp_path / "u.py").write_text(
        "def see(x, seen=[]):\n    seen.append(x)\n    return len(seen)\n"
    )
    last = ("print(u.see(2))", "step:show")
    for tags in (), ("mutates:state=u.see",):
        found = failure(run(("import u\nprint(u.see(1))", "step:count", *tags), last))
        assert (found.code, found.span.cell) == (Code.HIDDEN_CHANGE, 1)
        assert "use the module in one step only" in found.hint


def test_what_a_module_keeps_that_takes_too_long_to_compare_is_named(run, tmp_path):
    (tmp_path / "u.py").write_text("import numpy as np\nLARGE = np.zeros(3_000_000)\nn = 1\n")
    result = run(("import u\nprint(u.n)", "step:a"), ("print(u.LARGE.sum())", "step:b"))
    assert printed(result) == ["1\n", "0.0\n"]
    assert result.step("a").guard["unchecked"] == {"u.LARGE": "that would take too long"}
