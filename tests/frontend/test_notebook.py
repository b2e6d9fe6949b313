"""Reading notebooks: every format that is promised, and every way in which a file can be broken."""

import json
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nb2pipe.frontend import parse_notebook, read_notebook
from tests.conftest import notebook_document


def parse(document, name="n.ipynb"):
    text = document if isinstance(document, str) else json.dumps(document)
    return parse_notebook(text, name=name)


def codes(diagnostics):
    return [diagnostic.code.number for diagnostic in diagnostics]


def only(result):
    """Return the one diagnostic of a notebook that was refused."""
    notebook, diagnostics = result
    assert notebook is None
    (diagnostic,) = diagnostics
    return diagnostic


def test_keeps_every_cell_with_number_id_tags_and_attachments(nb):
    picture = {"a.png": {"image/png": "aGk="}}
    path = nb(
        {"cell_type": "markdown", "source": ["# T\n", "text"], "attachments": picture},
        ("x = 1", "step:load", "hide-input"),
        {"cell_type": "raw", "source": "raw"},
    )
    notebook, diagnostics = read_notebook(path)
    assert diagnostics == ()
    assert notebook.path == str(path)
    assert [(cell.number, cell.id, cell.cell_type) for cell in notebook.cells] == [
        (1, "c1", "markdown"),
        (2, "c2", "code"),
        (3, "c3", "raw"),
    ]
    assert notebook.cells[0].source == "# T\ntext"
    assert notebook.cells[0].attachments == picture
    assert notebook.cells[1].tags == ("step:load", "hide-input")


def test_the_document_keeps_what_nb2pipe_does_not_use():
    document = notebook_document("x = 1", metadata={"widgets": {"state": {"a": 1}}, "mine": [1]})
    document["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "hi"}]
    document["cells"][0]["extra"] = 3
    notebook, _ = parse(document)
    assert notebook.document == document


def test_the_python_version_comes_from_the_metadata():
    info = {"language_info": {"name": "python", "version": "3.12.4"}}
    notebook, _ = parse(notebook_document("x = 1", metadata=info))
    assert notebook.python_version == "3.12.4"
    notebook, _ = parse(notebook_document("x = 1"))
    assert notebook.python_version is None


@pytest.mark.parametrize("minor", [0, 1, 2, 4])
def test_older_minor_versions_get_the_same_ids_every_time(minor):
    document = notebook_document("x = 1", "x = 1", "y = 2")
    document["nbformat_minor"] = minor
    for cell in document["cells"]:
        del cell["id"]
    first, second = parse(document)[0], parse(document)[0]
    assert first.document == second.document
    assert first.document["nbformat_minor"] == 5
    assert len({cell.id for cell in first.cells}) == 3
    document["cells"].insert(0, {**document["cells"][0], "source": "new"})
    assert parse(document)[0].cells[3].id == first.cells[2].id, "an id survives a new cell above"


def test_duplicate_and_odd_ids_are_replaced():
    document = notebook_document("x = 1", "y = 2", "z = 3", "w = 4")
    for cell, id_ in zip(document["cells"], ["same", "same", 7, "a" * 70], strict=True):
        cell["id"] = id_
    ids = [cell.id for cell in parse(document)[0].cells]
    assert ids[0] == "same"
    assert len(set(ids)) == 4
    assert all(isinstance(id_, str) and 0 < len(id_) <= 64 for id_ in ids)


def test_format_3_is_upgraded():
    document = {
        "nbformat": 3,
        "nbformat_minor": 0,
        "metadata": {"name": "old"},
        "worksheets": [
            {
                "cells": [
                    {"cell_type": "heading", "level": 2, "source": ["Title"], "metadata": {}},
                    {
                        "cell_type": "code",
                        "input": ["x = 1\n", "x"],
                        "language": "python",
                        "prompt_number": 3,
                        "collapsed": False,
                        "metadata": {},
                        "outputs": [
                            {
                                "output_type": "pyout",
                                "prompt_number": 3,
                                "text": ["1"],
                                "metadata": {},
                            }
                        ],
                    },
                ]
            }
        ],
    }
    notebook, diagnostics = parse(document)
    assert diagnostics == ()
    assert [cell.source for cell in notebook.cells] == ["## Title", "x = 1\nx"]
    assert notebook.document["nbformat"] == 4
    assert notebook.document["cells"][1]["outputs"][0]["output_type"] == "execute_result"
    assert notebook.document == parse(document)[0].document, "ids are the same every time"
    document["worksheets"][0]["cells"][1]["language"] = "julia"
    assert only(parse(document)).code.number == "NB005"


def test_a_broken_notebook_of_format_3_is_refused():
    broken = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [3]}]}
    assert only(parse(broken)).code.number == "NB003"


# --- files that cannot be read


def test_a_missing_file_suggests_a_similar_one(tmp_path, nb):
    nb("x = 1", name="train.ipynb")
    diagnostic = only(read_notebook(tmp_path / "trian.ipynb"))
    assert diagnostic.code.number == "NB001"
    assert "there is no such file" in diagnostic.message
    assert diagnostic.hint == f"did you mean `{tmp_path / 'train.ipynb'}`?"


@pytest.mark.parametrize("name", ["", "a\0b.ipynb", "x" * 300 + ".ipynb"])
def test_folders_and_impossible_names_are_refused(tmp_path, name):
    assert only(read_notebook(tmp_path / name)).code.number == "NB001"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (json.dumps(notebook_document("x = 1")).encode("utf-16"), "it is UTF-16 text"),
        (b'{"a": "\xe9"}', "it is not UTF-8 text (byte 7, line 1)"),
        (bytes(range(256)), "it is not UTF-8 text"),
    ],
)
def test_files_that_are_not_utf8_are_refused(tmp_path, content, message):
    path = tmp_path / "n.ipynb"
    path.write_bytes(content)
    diagnostic = only(read_notebook(path))
    assert diagnostic.code.number == "NB001"
    assert message in diagnostic.message


def test_a_byte_order_mark_is_no_problem(tmp_path):
    path = tmp_path / "n.ipynb"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(notebook_document("x = 1")).encode())
    assert read_notebook(path)[1] == ()


# --- files that are no notebooks


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("", "NB002", "is empty"),
        ('{"cells": [\n  {"a" 1}\n]}', "NB002", "at line 2, column 8"),
        ('{"cells": [', "NB002", "at line 1, column 12"),
        ("[" * 100_000, "NB002", "nested too deeply"),
        ('{"nbformat": ' + "1" * 5000 + "}", "NB002", "a number too large"),
        ("[]", "NB003", "it holds a JSON list"),
        ("3", "NB003", "it holds a JSON number"),
        ("null", "NB003", "it holds a JSON null"),
        ('"x"', "NB003", "it holds a JSON string"),
        ("{}", "NB003", "does not say its format"),
        ('{"nbformat": "4"}', "NB003", "does not say its format"),
        ('{"nbformat": 4}', "NB003", "no list of cells"),
        ('{"nbformat": 2, "worksheets": []}', "NB004", "format 2"),
        ('{"nbformat": 5, "cells": []}', "NB004", "format 5"),
    ],
)
def test_other_content_is_refused_with_the_reason(text, code, message):
    diagnostic = only(parse(text))
    assert diagnostic.code.number == code
    assert message in diagnostic.message


def test_a_merge_conflict_is_recognised():
    text = '{\n<<<<<<< HEAD\n "nbformat": 4\n=======\n "nbformat": 4\n>>>>>>> other\n}'
    assert "merge conflict" in only(parse(text)).hint


def test_every_broken_cell_is_reported_at_its_place():
    document = notebook_document("x = 1", "y = 2", "z = 3", "w = 4")
    document["cells"][0] = 3
    document["cells"][1]["source"] = 5
    del document["cells"][2]["cell_type"]
    document["cells"][3]["cell_type"] = "malformed"
    notebook, diagnostics = parse(document)
    assert notebook is None
    assert [(item.code.number, item.span.cell) for item in diagnostics] == [
        ("NB003", 1),
        ("NB003", 2),
        ("NB003", 3),
        ("NB003", 4),
    ]


def test_half_a_character_in_code_is_refused():
    diagnostic = only(
        parse('{"nbformat": 4, "cells": [{"cell_type": "code", "source": "\\ud83d"}]}')
    )
    assert (diagnostic.code.number, diagnostic.span.cell) == ("NB003", 1)


def test_what_jupyter_mends_is_mended():
    notebook, diagnostics = parse(
        {
            "nbformat": 4,
            "metadata": "odd",
            "cells": [
                {"cell_type": "code", "source": None},
                {
                    "cell_type": "code",
                    "source": ["a = 1\n", "b"],
                    "metadata": None,
                    "outputs": None,
                },
                {"cell_type": "code", "source": "c", "metadata": {"tags": "step:x"}},
                {"cell_type": "code", "source": "d", "metadata": {"tags": [3, "step:x", None]}},
            ],
        }
    )
    assert diagnostics == ()
    assert [cell.source for cell in notebook.cells] == ["", "a = 1\nb", "c", "d"]
    assert [cell.tags for cell in notebook.cells] == [(), (), (), ("step:x",)]
    assert notebook.document["cells"][1]["outputs"] == []


# --- what is in the notebook


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({"kernelspec": {"name": "ir", "language": "R"}}, "R"),
        ({"kernelspec": {"name": "ir"}}, "R"),
        ({"kernelspec": {"name": "julia-1.9"}}, "julia"),
        ({"kernelspec": {"name": "python3"}, "language_info": {"name": "scala"}}, "scala"),
    ],
)
def test_other_languages_are_refused(metadata, language):
    diagnostic = only(parse({**notebook_document("x = 1"), "metadata": metadata}))
    assert diagnostic.code.number == "NB005"
    assert f"`{language}`" in diagnostic.message


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"kernelspec": None},
        {"kernelspec": {"name": "my-env"}},
        {"kernelspec": {"name": "conda-env-x-py", "language": "python"}},
        {"language_info": {"name": "ipython"}},
    ],
)
def test_a_notebook_that_names_no_language_is_python(metadata):
    assert parse({**notebook_document("x = 1"), "metadata": metadata})[1] == ()


def test_python_2_is_a_warning():
    info = {"language_info": {"name": "python", "version": "2.7.13"}}
    notebook, diagnostics = parse(notebook_document("x = 1", metadata=info))
    assert notebook is not None
    assert [(item.code.number, item.severity.value) for item in diagnostics] == [
        ("NB005", "warning")
    ]


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ([], "no code cell"),
        ([{"cell_type": "markdown", "source": "# T"}], "no code cell"),
        (["", "  \n"], "every code cell is empty"),
    ],
)
def test_a_notebook_without_code_is_refused(cells, message):
    diagnostic = only(parse(notebook_document(*cells)))
    assert diagnostic.code.number == "NB006"
    assert message in diagnostic.message


# --- text notebooks


def test_percent_scripts_and_markdown_are_read(tmp_path):
    script = tmp_path / "n.py"
    script.write_text('# %% [markdown]\n# # T\n\n# %% tags=["step:load"]\nx = 1\n\n# %%\ny = x\n')
    notebook, diagnostics = read_notebook(script)
    assert diagnostics == ()
    assert [(cell.cell_type, cell.source) for cell in notebook.cells] == [
        ("markdown", "# T"),
        ("code", "x = 1"),
        ("code", "y = x"),
    ]
    assert notebook.cells[1].tags == ("step:load",)
    assert notebook.document == read_notebook(script)[0].document, "ids are the same every time"
    page = tmp_path / "n.md"
    page.write_text('# T\n\n```python tags=["step:load"]\nx = 1\n```\n')
    notebook, diagnostics = read_notebook(page)
    assert diagnostics == ()
    assert [cell.tags for cell in notebook.cells if cell.is_code] == [("step:load",)]


def test_without_jupytext_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "jupytext", None)
    diagnostic = only(parse("# %%\nx = 1\n", name="n.py"))
    assert diagnostic.code.number == "NB007"
    assert diagnostic.hint == "run `pip install 'nb2pipe[text]'`"


# --- size and noise


def test_fifty_megabytes_of_outputs_are_read(tmp_path):
    document = notebook_document(*[f"x = {number}" for number in range(50)])
    for cell in document["cells"]:
        cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["x" * 1_000_000]}]
    path = tmp_path / "big.ipynb"
    path.write_text(json.dumps(document))
    notebook, diagnostics = read_notebook(path)
    assert diagnostics == ()
    assert len(notebook.cells) == 50


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)
CELL = st.fixed_dictionaries(
    {},
    optional={
        "cell_type": st.sampled_from(["code", "markdown", "raw", "heading"]) | JSON,
        "source": st.text() | st.lists(st.text()) | JSON,
        "input": JSON,
        "metadata": JSON | st.fixed_dictionaries({"tags": JSON}),
        "outputs": JSON,
        "id": JSON,
        "language": JSON,
    },
)


@given(
    st.fixed_dictionaries(
        {"nbformat": st.sampled_from([3, 4])},
        optional={
            "nbformat_minor": JSON,
            "metadata": JSON,
            "cells": st.lists(CELL | JSON, max_size=4) | JSON,
            "worksheets": st.lists(st.fixed_dictionaries({"cells": st.lists(CELL, max_size=3)}))
            | JSON,
        },
    )
    | JSON
)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_json_gives_a_notebook_or_diagnostics(document):
    notebook, diagnostics = parse(document)
    if notebook is None:
        assert any(diagnostic.is_error for diagnostic in diagnostics)
    else:
        assert all(isinstance(cell.source, str) for cell in notebook.cells)
        assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


def test_real_notebooks_are_read_without_a_traceback(shared: Path):
    paths = sorted((shared / "notebooks" / "static").rglob("*.ipynb"))
    assert len(paths) > 400
    refused = [path for path in paths if read_notebook(path)[0] is None]
    assert len(refused) < 40
