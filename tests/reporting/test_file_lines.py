"""Where lines and characters of cells stand in the file of a notebook."""

import json

import pytest

from nb2pipe.diagnostics import Span
from nb2pipe.reporting.file_lines import Region, lines_of_json, lines_of_text

SOURCES = [
    ["a = 1\n", "\n", "print(\"x\", 'é😀')\t# \\n"],
    "one = 1\ntwo = 2",
    ["x = 1\r\n", "y = 2\r", "z = 3"],
    ["half of ", "a line\n", "end"],
    [],
    "",
    ["\n", "last\n"],
]


def document(sources=SOURCES):
    cells = [
        {"cell_type": "code", "outputs": [{"data": {"a": float("nan")}}], "source": source}
        for source in sources
    ]
    return {"metadata": {"cells": []}, "nbformat": 4, "cells": cells}


@pytest.mark.parametrize("indent", [None, 1, "\t"])
@pytest.mark.parametrize("ascii_", [True, False])
def test_every_character_is_found(indent, ascii_):
    text = json.dumps(document(), indent=indent, ensure_ascii=ascii_)
    file = text.split("\n")
    found = lines_of_json(text)
    for number, source in enumerate(SOURCES, 1):
        lines = "".join(source).replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for line_number, line in enumerate(lines, 1):
            for column, character in enumerate(line, 1):
                region = found.region(
                    Span(notebook="n", cell=number, line=line_number, column=column)
                )
                covered = file[region.line - 1][region.column - 1 :]
                written = json.dumps(character, ensure_ascii=ascii_)[1:-1]
                assert covered.startswith(written)


def place(found, **span):
    region = found.region(Span(notebook="n", **span))
    return region.line, region.column, region.end_line, region.end_column


def test_what_has_no_line_or_no_cell_is_at_the_nearest_place():
    text = json.dumps(document(), indent=1)
    found = lines_of_json(text)
    first = text.split("\n").index('    "a = 1\\n",') + 1
    assert place(found) == (1, None, None, None)
    assert place(found, cell=1) == (first, None, None, None)
    assert place(found, cell=1, line=2) == (first + 1, None, None, None)
    assert place(found, cell=1, line=99) == (first, None, None, None)
    assert place(found, cell=99, line=1) == (1, None, None, None)
    begin = place(found, cell=5, line=1)[0]
    assert text.split("\n")[begin - 1] == "  {"


def test_spans_of_several_lines():
    text = json.dumps(document(), indent=1)
    found = lines_of_json(text)
    line, column, end_line, end_column = place(
        found, cell=1, line=1, column=1, end_line=3, end_column=6
    )
    assert (end_line - line, column, end_column) == (2, 6, 11)


def test_format_3():
    cells = [
        {"cell_type": "heading", "source": ["Title"]},
        {"cell_type": "code", "input": ["x = 1\n", "y = 2"]},
    ]
    text = json.dumps({"nbformat": 3, "worksheets": [{"cells": cells}]}, indent=1)
    line = place(lines_of_json(text), cell=2, line=2)[0]
    assert text.split("\n")[line - 1].strip() == '"y = 2"'


@pytest.mark.parametrize(
    "text", ["", "{", "[1, 2]", '{"cells": 3}', '{"cells": [3, {"source": 1}]}']
)
def test_what_is_no_notebook_has_no_lines(text):
    assert lines_of_json(text).region(Span(notebook="n", cell=1, line=1)).column is None


def test_markdown_notebooks():
    text = "# Title\n\nx = 1\n\n```python\nx = 1\ny = 2\n```\n"
    found = lines_of_text(text, {1: "# Title\n\nx = 1", 2: "x = 1\ny = 2"})
    assert place(found, cell=2, line=2, column=1) == (7, 1, 7, 2)


def test_commented_magics_of_scripts():
    found = lines_of_text("# %%\n# !ls -l\n#\nx = 1\n", {1: "!ls -l\n\nx = 1"})
    assert place(found, cell=1, line=1, column=2) == (2, 4, 2, 5)
    assert place(found, cell=1, line=3, column=1) == (4, 1, 4, 2)


def test_a_cell_that_is_written_otherwise_is_at_the_beginning():
    found = lines_of_text("x = 1\n", {1: "y = 1"})
    assert found.region(Span(notebook="n", cell=1, line=1, column=1)) == Region(line=1)
