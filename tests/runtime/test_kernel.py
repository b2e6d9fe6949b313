"""A step shows what a kernel under nbclient shows: the same cells, run by both."""

import json
import re
import tempfile

import pytest
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from traitlets import Enum

NOTEBOOKS = {
    "streams, displays and results in their order": [
        (
            "import sys\nfrom IPython.display import display, clear_output\n"
            "print('one')\ndisplay({'a': 1})\nprint('two')\nprint('three', file=sys.stderr)\n"
            "display('four', display_id='d')\n5"
        ),
        (
            "from IPython.display import update_display, HTML\nupdate_display('six', display_id='d')\n"
            "display(HTML('<b>7</b>'))\nprint('gone')\nclear_output()\nprint('stays')\n8"
        ),
        "print('gone')\nclear_output(wait=True)\nprint('new')",
        "print('stays')\nclear_output(wait=True)",
    ],
    "results": [
        "1",
        "2;",
        "None",
        "'a'\n# end",
        "_",
        "x = 3",
        "x\nx + 1",
        "Out[1], _1, _",
        "%%time\n4",
    ],
    "history": ["get_ipython().execution_count", "1 + 1", "_2 + 1", "__", "sorted(Out)"],
    "rich representations": [
        (
            "class H:\n    def _repr_html_(self): return '<i>h</i>'\n"
            "    def _repr_png_(self): return b'png'\nH()"
        ),
        (
            "class M:\n    def _repr_mimebundle_(self, include, exclude):\n"
            "        return {'text/plain': 'm', 'application/json': {'a': [1]}}, {'text/plain': {'k': 1}}\nM()"
        ),
        (
            "from IPython.display import SVG, Markdown, Latex, JSON\n"
            "display(SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'), Markdown('*m*'), JSON({'a': 1}))\nLatex('$x$')"
        ),
        "class N:\n    def _ipython_display_(self): print('shown')\nN()",
    ],
    "magics and shell commands": [
        "!echo hello; echo there",
        "files = !echo a b\nfiles",
        "%env NB2PIPE_X=1",
        "%%bash\necho from bash\necho to stderr >&2",
        "%%capture out\nprint('caught')",
        "out.stdout",
        "%%writefile x.txt\nabc",
        "!cat x.txt",
        "name = 'world'\n!echo {name} $name",
        "len?",
        "%precision 2\n1.23456",
    ],
    "await and tasks": [
        "import asyncio\nawait asyncio.sleep(0, 'a')",
        "async def f():\n    return 3\ntask = asyncio.get_event_loop().create_task(f())",
        "await task",
        "[await f() for _ in range(2)]",
        "try:\n    asyncio.run(asyncio.sleep(0))\nexcept RuntimeError as error:\n    print(error)",
    ],
    "the module": [
        "__name__, '__file__' in globals()",
        "import sys\nsys.modules['__main__'].__dict__ is globals(), '' in sys.path",
        "import pickle\nclass A: pass\ntype(pickle.loads(pickle.dumps(A()))) is A",
        "if __name__ == '__main__':\n    print('main')",
        "import inspect\ndef f():\n    return 1  # here\nprint(inspect.getsource(f))",
        "type(get_ipython()).__name__, callable(display)",
        "from __future__ import annotations",
        "def g(x: Unknown): pass\ng.__annotations__",
        "[name for name in dir() if not name.startswith('_')]",
    ],
    "figures": [
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])",
        "fig, ax = plt.subplots()\nax.bar([1], [2])\nprint('before')\nplt.show()\nprint('after')",
        "plt.figure(); plt.hist([1, 1, 2]);",
        "fig",
        "%matplotlib inline\nplt.plot([3]); plt.title('t')",
        "%config InlineBackend.figure_format = 'svg'\nplt.plot([1]);",
    ],
    "frames": [
        "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']})\ndf",
        "df.describe()",
        "df.style.format(precision=1).set_uuid('u')",
        "pd.set_option('display.max_rows', 1)\ndf",
    ],
    "warnings and logging": [
        "import logging\nlogging.warning('careful')",
        "print('a', end='')\nprint('b\\rc')",
        "import sys\nsys.stdout.write('x')",
        "import os\nos.environ['PAGER'], os.environ['FORCE_COLOR'], sys.stdout.isatty()",
        "import threading\nt = threading.Thread(target=print, args=('in a thread',)); t.start(); t.join()",
    ],
    "an error": ["1", "def f(x):\n    return 1 / x\nf(0)"],
    "an error in the syntax": ["x = (1,\n"],
    "an error in a magic": ["%no_such_magic"],
    "sys.exit": ["import sys\nprint('a')\nsys.exit(0)"],
    "an interrupt": ["raise KeyboardInterrupt"],
    "an exception that shows itself": [
        "class E(Exception):\n    def __str__(self): return 'shown'\nraise E from ValueError('cause')"
    ],
}


class LocalKernelManager(AsyncKernelManager):
    """Sockets in the file system: ports may be taken by a test that runs at the same time."""

    transport = Enum(["ipc"], default_value="ipc")

    def _ip_default(self):
        return tempfile.mkdtemp(prefix="kernel") + "/socket"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_outputs_are_those_of_a_kernel(name, notebook_image, tmp_path):
    sources = NOTEBOOKS[name]
    expected, failed = run_in_kernel(sources, tmp_path / "kernel")
    result = notebook_image.run(*sources)
    got = [comparable(cell["outputs"]) for cell in result["cells"]]
    assert got == expected
    assert result["code"] == failed, result["stderr"]


def run_in_kernel(sources, folder):
    """Return the outputs of the cells that nbclient runs, and whether one of them failed."""
    folder.mkdir()
    import nbformat
    from nbformat.v4 import new_code_cell, new_notebook

    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    client = NotebookClient(
        notebook, resources={"metadata": {"path": folder}}, kernel_manager_class=LocalKernelManager
    )
    failed = False
    try:
        client.execute()
    except CellExecutionError:
        failed = True
    nbformat.validate(notebook)
    cells = notebook.cells[: client.code_cells_executed]
    return [comparable(cell.outputs) for cell in cells], failed


def comparable(outputs):
    """Outputs without what differs from run to run: times, addresses, how a stream is cut."""
    joined = []
    streams = {}
    for output in map(dict, outputs):
        if output["output_type"] == "stream":
            text = re.sub(r"(?m)^(CPU|Wall) times?:.*\n", "", output["text"])
            if output["name"] in streams:
                streams[output["name"]]["text"] += text
                continue
            output["text"] = text
            streams[output["name"]] = output
        else:
            streams = {}
        if output["output_type"] == "error":
            del output["traceback"]
        joined.append(output)
    text = re.sub(r"0x[0-9a-f]+", "0x", json.dumps(sort_streams(joined)))
    # Names of cells, and the names and the date in an SVG figure.
    text = re.sub(r"(/tmp/ipykernel_\d+/)?\d+\.py|test.ipynb cell \d+", "CELL", text)
    text = re.sub(r"[mp][0-9a-f]{10}|<dc:date>[^<]*", "", text)
    return json.loads(text)


def sort_streams(outputs):
    """A kernel does not keep the order of its two streams."""
    for i in range(len(outputs) - 1):
        if [output.get("name") for output in outputs[i : i + 2]] == ["stderr", "stdout"]:
            outputs[i : i + 2] = outputs[i + 1], outputs[i]
    return outputs
