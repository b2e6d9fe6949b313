import json
from xml.etree import ElementTree as ET


def test_the_drawing_shows_steps_and_variables(run_command, train):
    done = run_command("graph", "train.ipynb")
    assert done.returncode == 0
    assert done.stdout == "●   load\n●   add   ← load: x\n●   show  ← add: total\n"
    assert done.stderr == ""


def test_json(run_command, train):
    document = json.loads(run_command("graph", "train.ipynb", "--format", "json").stdout)
    assert [node["name"] for node in document["nodes"]] == ["load", "add", "show"]
    assert [(edge["from"], edge["to"], edge["variables"]) for edge in document["edges"]] == [
        ("load", "add", ["x"]),
        ("add", "show", ["total"]),
    ]


def test_the_formats_are_told_apart(run_command, train):
    def graph(form):
        return run_command("graph", "train.ipynb", "--format", form).stdout

    assert graph("mermaid").startswith("flowchart TD\n")
    assert graph("dot").startswith('digraph "train" {\n')
    assert ET.fromstring(graph("svg")).tag.endswith("svg")  # noqa: S314 -- our own


def test_a_file_is_written_whole(run_command, train):
    done = run_command("graph", "train.ipynb", "--format", "svg", "-o", "train.svg")
    assert done.stdout == ""
    assert "wrote train.svg" in done.stderr
    assert (train.parent / "train.svg").read_text().endswith("</svg>\n")
    assert run_command("graph", "train.ipynb", "-o", "train.ipynb").returncode == 1
    assert json.loads(train.read_text())


def test_errors_leave_standard_output_empty(run_command, nb):
    nb(("print(x)", "step:a"), name="n.ipynb")
    done = run_command("graph", "n.ipynb")
    assert (done.returncode, done.stdout) == (1, "")
    assert "NB203" in done.stderr


def test_a_terminal_that_knows_no_unicode_gets_escapes_and_no_traceback(run_command, train):
    done = run_command("graph", "train.ipynb", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert done.returncode == 0
    assert "Traceback" not in done.stderr
    assert "load" in done.stdout


def test_edges_by_caution_are_told_on_standard_error(run_command, nb):
    nb(
        ("import lib\nx = lib.load()", "step:load"),
        ("lib.show(x)", "step:show"),
        ("print(x)", "step:print"),
        name="n.ipynb",
    )
    shown = run_command("graph", "n.ipynb")
    assert "[NB214]" in shown.stderr
    assert "pure:x" in shown.stderr
    assert "NB214" not in shown.stdout
