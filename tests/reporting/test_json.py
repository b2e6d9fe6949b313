import json
from pathlib import Path

from nb2pipe.diagnostics import Code, Diagnostic, Span
from nb2pipe.reporting.json import render_json
from nb2pipe.reporting.locations import Locations


def test_the_document_names_notebooks_diagnostics_and_counts():
    first = Diagnostic(
        code=Code.NO_STEPS, span=Span(notebook="a.ipynb"), message="no steps", hint="é"
    )
    second = Diagnostic(
        code=Code.UNDEFINED_NAME,
        span=Span(notebook="a.ipynb", cell=3, cell_id="x", line=1, column=2),
        message="`y` is not defined",
        step="fit",
    )
    locations = Locations(Path.cwd(), {}, lambda _: None)
    document = json.loads(render_json(["a.ipynb", "b.ipynb"], [second, first], locations))
    assert document["version"] == 1
    assert document["notebooks"] == ["a.ipynb", "b.ipynb"]
    assert [item["code"] for item in document["diagnostics"]] == ["NB110", "NB203"]
    assert document["diagnostics"][1] == {
        "code": "NB203",
        "severity": "error",
        "message": "`y` is not defined",
        "hint": None,
        "step": "fit",
        "notebook": "a.ipynb",
        "cell": 3,
        "cell_id": "x",
        "line": 1,
        "column": 2,
        "end_line": None,
        "end_column": None,
        "related": [],
        "file": "a.ipynb",
        "file_line": 1,
    }
    assert document["summary"] == {"errors": 1, "warnings": 0, "hints": 1}
