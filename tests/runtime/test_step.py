"""What an engine and Kubeflow give a step and get from it."""

import html
import json
import re
import signal

import pytest

from nb2pipe.bundle import command_line, manifest_of
from nb2pipe.ir import (
    Bind,
    Cell,
    Input,
    Load,
    Output,
    Parameter,
    ParameterType,
    Pipeline,
    Replay,
    Run,
    Step,
    Store,
    Substitution,
    Unbind,
)
from nb2pipe.runtime.kubeflow import kubeflow_ports
from tests.runtime.conftest import cells, manifest, texts


def cell(position, source, **more):
    return Cell(
        position=position,
        number=position + 3,
        id=f"c{position}",
        notebook="test.ipynb",
        source=source,
        **more,
    )


SOURCE = "n = 1; rate = [\n  0.5,\n]; name = 'a'\nprint(n, rate, name)\nraise KeyError"


def parameter_pipeline():
    places = (("n", 1, 4, 1, 5), ("rate", 1, 14, 3, 1), ("name", 3, 10, 3, 13))
    substitutions = tuple(
        Substitution(name=name, line=line, column=column, end_line=end_line, end_column=end_column)
        for name, line, column, end_line, end_column in places
    )
    program = (
        Replay(cell=1, line=2, source="import math"),
        Bind(name="n"),
        Load(input="x", names=("a",)),
        Run(cell=0, count=1, substitutions=substitutions),
        Unbind(names=("n",)),
        Store(output="y"),
    )
    step = Step(
        name="fit",
        cells=(0,),
        program=program,
        inputs=(Input(key="x", step="load", output="df"),),
        outputs=(Output(key="y", names=("n", "rate"), optional=("n",)),),
        parameters=("n", "rate", "name"),
        metrics=("n",),
    )
    defaults = {"n": 1, "rate": [0.5], "name": "a"}
    types = {"n": ParameterType.INT, "rate": ParameterType.LIST, "name": ParameterType.STR}
    return Pipeline(
        name="p",
        notebook="test.ipynb",
        steps=(step,),
        edges=(),
        cells=(cell(0, SOURCE, step="fit"), cell(1, "x = 1\nimport math")),
        parameters=tuple(
            Parameter(name=name, type=types[name], default=default, cell=0)
            for name, default in defaults.items()
        ),
    )


def test_the_manifest_of_a_step():
    pipeline = parameter_pipeline()
    document, sources = manifest_of(pipeline, pipeline.steps[0])
    assert sources == ["import math", SOURCE]
    assert document == json.loads(json.dumps(document))
    assert document["program"][0] == {
        "op": "replay",
        "cell": 1,
        "number": 4,
        "line": 2,
        "source": 0,
    }
    assert document["program"][3]["substitutions"][0] == {"name": "n", "start": 4, "end": 5}
    assert document["inputs"] == {"x": {"kind": "variables", "step": "load", "output": "df"}}
    assert document["outputs"]["y"]["optional"] == ["n"]
    assert document["parameters"]["rate"] == {"type": "list", "default": [0.5]}


@pytest.mark.parametrize(
    ("values", "shown"),
    [
        ({}, "1 [0.5] a\n"),
        ({"n": 2, "rate": [1, "é"], "name": "b'\n"}, "2 [1, 'é'] b'\n\n"),
        ({"n": 3.0}, "3 [0.5] a\n"),
        ({"rate": []}, "1 [] a\n"),
        ({"n": -4}, "-4 [0.5] a\n"),
    ],
)
def test_parameters_replace_their_literals(values, shown, plain):
    pipeline = parameter_pipeline()
    document, sources = manifest_of(pipeline, pipeline.steps[0])
    document["program"] = [
        operation for operation in document["program"] if operation["op"] == "run"
    ]
    document["inputs"] = {}
    result = plain(document, sources, parameters=values)
    assert texts(result) == shown
    assert (result["error"]["number"], result["error"]["line"]) == (3, 5)
    assert result["error"]["text"] == "raise KeyError"


def test_parameters_are_bound_in_their_types(plain):
    defaults = {"i": 1, "f": 0.5, "s": "a", "b": True, "l": [1.0], "d": {"k": 1}}
    program = [*({"op": "bind", "name": name} for name in defaults), *cells(1)]
    document = manifest(program, parameters=defaults)
    given = {"i": 2.0, "f": 3, "s": "z", "b": False, "l": [1], "d": {"k": 2}}
    assert texts(plain(document, ["print(i, f, s, b, l, d)"], parameters=given)) == (
        "2 3.0 z False [1.0] {'k': 2}\n"
    )
    assert texts(plain(document, ["print(i, f, s, b, l, d)"])) == "1 0.5 a True [1.0] {'k': 1}\n"


def test_replays_are_silent_and_unbound_names_are_gone(notebook_image):
    program = [
        {"op": "replay", "number": 9, "line": 3, "source": 1},
        {"op": "unbind", "names": ["b", "never"]},
        *cells(1),
    ]
    noise = (
        "import sys, warnings\nprint('noise'); print('noise', file=sys.stderr); warnings.warn('noise')\n"
        "display('noise')\na, b = 1, 2\na"
    )
    result = notebook_image(manifest(program), ["print(a, 'b' in globals())", noise])
    assert texts(result) == "1 False\n"
    assert "noise" not in result["stdout"] + result["stderr"]


def test_replays_do_not_count(notebook_image):
    program = [{"op": "replay", "number": 1, "line": 1, "source": 1}, {**cells(1)[0], "count": 7}]
    result = notebook_image(manifest(program), ["6 * 7", "import math"])
    assert result["cells"][0]["outputs"][0]["execution_count"] == 7


def test_magics_are_replayed(notebook_image):
    program = [{"op": "replay", "number": 1, "line": 4, "source": 1}, *cells(1)]
    result = notebook_image(manifest(program), ["1.23456", "%precision 2"])
    assert texts(result) == "1.23"


def test_the_source_of_replayed_functions(plain):
    program = [
        {"op": "replay", "number": 1, "line": 3, "source": 1},
        {"op": "replay", "number": 1, "line": 8, "source": 2},
        *cells(1),
    ]
    show = "import inspect; print(inspect.getsource(f), inspect.getsource(g), f.__code__.co_firstlineno)"
    result = plain(manifest(program), [show, "def f():\n    return 1", "def g():\n    return 2"])
    assert texts(result) == "def f():\n    return 1\n def g():\n    return 2\n 3\n"


def test_logs_show_everything_at_once(plain):
    result = plain.run("import os\nprint('a', end=' '); os.system('echo b'); print('c', end=' ')")
    assert result["stdout"] == "a b\nc "
    assert texts(result) == "a b\nc "


PRINTING = {
    "another program": "import subprocess; _ = subprocess.run(['echo', 'b'])",
    "C code": "import ctypes; _ = ctypes.CDLL(None).write(1, b'b\\n', 2)",
    "a copy of the process": (
        "import os, sys\nif not os.fork():\n    print('b')\n    os._exit(0)\n_ = os.wait()"
    ),
    "much text": "import os; _ = os.system('seq 100000; echo b')",
}


@pytest.mark.parametrize("source", PRINTING.values(), ids=PRINTING)
def test_what_others_print_is_an_output_of_the_cell(plain, source):
    result = plain.run(f"print('a')\n{source}\nprint('c')")
    lines = texts(result).splitlines()
    assert (lines[0], lines[-2:]) == ("a", ["b", "c"])
    assert len(lines) == (100_003 if "seq" in source else 3)
    assert result["stdout"].splitlines() == lines


def test_what_others_print_as_errors_is_an_output_of_the_cell(plain):
    result = plain.run("import os; _ = os.system('echo b >&2')", "print('c')")
    first, second = (cell["outputs"] for cell in result["cells"])
    assert first == [{"output_type": "stream", "name": "stderr", "text": "b\n"}]
    assert second == [{"output_type": "stream", "name": "stdout", "text": "c\n"}]
    assert result["stderr"] == "b\n"


def test_what_is_written_to_the_descriptor_of_the_stream_is_in_the_log_only(plain):
    result = plain.run(
        "import subprocess, sys\nsubprocess.run(['echo', 'b'], stdout=sys.stdout)\nprint('c')"
    )
    assert (texts(result), result["stdout"]) == ("c\n", "b\nc\n")


def test_the_log_tells_where_c_code_ended_the_process(plain):
    (plain.folder / "ports.json").write_text('{"inputs": {}, "outputs": {}, "parameters": {}}')
    command = command_line(manifest(cells(1)), ["print('a')\nimport os\nos.abort()"])
    ended = plain.start([*command, "--ports", str(plain.folder / "ports.json")])
    assert ended.returncode == -signal.SIGABRT
    assert ended.stdout == "a\n"
    assert "Fatal Python error: Aborted" in ended.stderr
    assert "line 3 in <module>" in ended.stderr


@pytest.mark.parametrize("ending", ["", "; 1 / 0"])
def test_what_a_file_that_stays_open_has_in_its_buffer_is_written_at_the_end(bare, ending):
    result = bare.run(f"f = open('left.txt', 'w'); f.write('1'); g = f; h = 3{ending}")
    assert result["code"] == (ending != "")
    assert (bare.folder / "left.txt").read_text() == "1"


def test_metrics(notebook_image):
    source = "import numpy as np\na, b, c, d, e, f = 1, np.float32(0.5), 'x', float('nan'), True, np.int64(3)"
    document = manifest(cells(1), metrics=["a", "b", "c", "d", "e", "f", "missing"])
    result = notebook_image(document, [source])
    assert result["metrics"] == {"a": 1, "b": 0.5, "e": 1, "f": 3}
    assert (
        json.loads((notebook_image.folder / "run1/metrics.json").read_text()) == result["metrics"]
    )


def test_the_report_shows_cells_and_holds_the_result(notebook_image):
    result = notebook_image.run(
        "print('</script><b>', '\\x1b[31mred\\x1b[0m')",
        "from IPython.display import HTML\nHTML('<table id=t></table>')",
        "import matplotlib.pyplot as plt\nplt.plot([1]);",
        "{'<': 1}",
        "1 / 0",
    )
    page = result["report"]
    embedded = re.search(
        r'(?s)<script type="application/json" id="nb2pipe-result">(.*?)</script>', page
    )
    assert json.loads(embedded[1])["cells"] == result["cells"]
    shown = page[embedded.end() :]
    assert "<pre>&lt;/script&gt;&lt;b&gt; red\n</pre>" in shown
    assert "<table id=t></table>" in shown
    assert '<img src="data:image/png;base64,iVBOR' in shown
    assert html.escape("{'<': 1}") in shown
    assert "ZeroDivisionError" in shown
    assert "\x1b" not in shown


def executor_input(folder, **parameters):
    """What Kubeflow's launcher passes: `uri`s of a store, for files that it puts under its own root."""
    return {
        "inputs": {
            "parameterValues": parameters,
            "artifacts": {"x": {"artifacts": [{"name": "x", "uri": f"{folder}/x"}]}},
        },
        "outputs": {
            "artifacts": {
                key: {"artifacts": [{"name": key, "uri": f"{folder}/out/{key}", "type": {"k": 1}}]}
                for key in ("y", "page", "numbers")
            },
            "outputFile": f"{folder}/executor_output.json",
        },
    }


def test_kubeflow(bare):
    folder = bare.folder
    store = manifest([*cells(1), {"op": "store", "output": "x"}], outputs={"x": {"names": ["a"]}})
    bare(store, ["a = [1]"])
    document = manifest(
        [
            {"op": "bind", "name": "n"},
            {"op": "bind", "name": "Rate"},
            {"op": "load", "input": "x", "names": ["a"]},
            *cells(1),
            {"op": "store", "output": "y"},
        ],
        inputs={"x": {}},
        outputs={"y": {"names": ["a"]}},
        parameters={"n": 1, "Rate": 0.5},
        metrics=["score"],
        kubeflow={"report": "page", "metrics": "numbers", "parameters": {"Rate": "rate"}},
    )
    given = executor_input(folder, n=5.0, rate=2)
    sources = ["a.append(n); score = Rate; print(n, Rate)"]
    process = bare.start([*command_line(document, sources), "--executor_input", json.dumps(given)])
    assert process.returncode == 0, process.stderr
    assert process.stdout == "5 2.0\n"
    output = json.loads((folder / "executor_output.json").read_text())
    (artifact,) = output["artifacts"]["y"]["artifacts"]
    assert (artifact["name"], artifact["uri"], artifact["type"]) == (
        "y",
        f"{folder}/out/y",
        {"k": 1},
    )
    assert artifact["metadata"]["names"] == ["a"]
    assert artifact["metadata"]["bytes"] == (folder / "out/y").stat().st_size
    (numbers,) = output["artifacts"]["numbers"]["artifacts"]
    assert numbers["metadata"] == {"score": 2.0}
    assert json.loads((folder / "out/numbers").read_text()) == {"score": 2.0}
    assert "5 2.0" in (folder / "out/page").read_text("utf-8")


def test_a_step_without_inputs_in_kubeflow(plain):
    document = manifest(cells(1), kubeflow={})
    given = {"outputs": {"outputFile": str(plain.folder / "out.json")}}
    process = plain.start(
        [*command_line(document, ["1 / 0"]), "--executor_input", json.dumps(given)]
    )
    assert process.returncode == 1
    assert "error[NB501]: cell 1, line 1: ZeroDivisionError" in process.stderr


@pytest.mark.parametrize(
    ("uri", "path"),
    [
        ("gs://bucket/a/b", "/gcs/bucket/a/b"),
        ("minio://bucket/a", "/minio/bucket/a"),
        ("s3://bucket/a://b", "/s3/bucket/a://b"),
        ("/plain/path", "/plain/path"),
    ],
)
def test_where_the_launcher_puts_files(uri, path):
    artifacts = {"artifacts": {"x": {"artifacts": [{"uri": uri}]}}}
    assert kubeflow_ports({}, {"inputs": artifacts, "outputs": {}})["inputs"] == {"x": path}


def test_an_empty_backend_of_matplotlib_counts_as_none(notebook_image):
    notebook_image.environment["MPLBACKEND"] = ""
    result = notebook_image.run("import matplotlib\nprint(matplotlib.get_backend())")
    assert texts(result) == "module://matplotlib_inline.backend_inline\n"
