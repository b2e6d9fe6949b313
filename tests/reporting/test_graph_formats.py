import json
import re
import shutil
import subprocess
from xml.etree import ElementTree as ET

import pytest

from nb2pipe.reporting.graph_formats import graph_to_dot, graph_to_json, graph_to_mermaid
from nb2pipe.reporting.graph_svg import graph_to_svg

HOSTILE = [
    'a"];evil',
    "<script>alert(1)</script>",
    'b\\"',
    "x\ny",
    "\x1b[2J\x00",
    "`md` #1; 日本 ]]>",
]


def test_json_has_nodes_and_edges_with_their_variables(pipeline_of):
    pipeline = pipeline_of(["load", "fit"], ("load", "fit", "x", "y"))
    document = json.loads(graph_to_json(pipeline))
    assert document["nodes"] == [{"name": "load", "cells": [2]}, {"name": "fit", "cells": [3]}]
    assert document["edges"] == [
        {"from": "load", "to": "fit", "variables": ["x", "y"], "declared": False}
    ]


def test_mermaid_shows_variables_and_dots_declared_edges(pipeline_of):
    pipeline = pipeline_of(["a", "b", "c"], ("a", "b", "x", "y"), ("b", "c"))
    assert graph_to_mermaid(pipeline) == (
        'flowchart TD\n    s0["a"]\n    s1["b"]\n    s2["c"]\n'
        '    s0 -->|"x, y"| s1\n    s1 -.-> s2\n'
    )


def test_mermaid_labels_hold_no_character_with_a_meaning(pipeline_of):
    text = graph_to_mermaid(pipeline_of(HOSTILE, (HOSTILE[0], HOSTILE[1], *HOSTILE)))
    for label in re.findall(r'"(.*?)"', text):
        assert re.fullmatch(r"(?:[\w _.,:()-]|#\d+;)*", label)
    assert len(text.splitlines()) == 1 + len(HOSTILE) + 1


def test_dot_strings_are_closed_where_they_should_be(pipeline_of):
    text = graph_to_dot(pipeline_of(HOSTILE, (HOSTILE[0], HOSTILE[1], *HOSTILE)))
    outside = re.sub(r'"(?:[^"\\]|\\.)*"', '""', text)
    assert "evil" not in outside
    assert outside.count("label=") == len(HOSTILE) + 1
    assert set(outside) <= set('digraph {}no[];shape=bx,tyl"u0123456789 -> \n')


@pytest.mark.skipif(shutil.which("dot") is None, reason="Graphviz's `dot` is not installed")
def test_graphviz_reads_what_we_write(pipeline_of):
    text = graph_to_dot(pipeline_of(HOSTILE, (HOSTILE[0], HOSTILE[1], *HOSTILE)))
    done = subprocess.run(
        ["dot", "-Tplain"], input=text, text=True, capture_output=True, check=True
    )
    assert len(re.findall("^node ", done.stdout, re.MULTILINE)) == len(HOSTILE)


def test_svg_is_well_formed_and_escapes_names(pipeline_of):
    text = graph_to_svg(pipeline_of(HOSTILE, (HOSTILE[0], HOSTILE[1], *HOSTILE)))
    root = ET.fromstring(text)  # noqa: S314 -- our own
    assert not [element for element in root.iter() if element.tag.endswith("script")]
    titles = [element.text for element in root.iter("{http://www.w3.org/2000/svg}title")]
    assert "<script>alert(1)</script>" in titles


def test_svg_shows_every_step_and_edge_apart(pipeline_of):
    names = [f"s{i}" for i in range(6)]
    edges = [(a, b, "x") for i, a in enumerate(names) for b in names[i + 1 :]]
    root = ET.fromstring(graph_to_svg(pipeline_of(names, *edges)))  # noqa: S314 -- our own
    boxes = [
        tuple(float(rect.get(key)) for key in ("x", "y", "width", "height"))
        for group in root.iter("{http://www.w3.org/2000/svg}g")
        for rect in group.iter("{http://www.w3.org/2000/svg}rect")
    ]
    assert len(boxes) == len(names) + len(edges)
    for i, (x, y, width, height) in enumerate(boxes):
        for other_x, other_y, other_width, other_height in boxes[i + 1 :]:
            apart_across = x + width <= other_x or other_x + other_width <= x
            apart_along = y + height <= other_y or other_y + other_height <= y
            assert apart_across or apart_along


def test_svg_of_nothing(pipeline_of):
    assert ET.fromstring(graph_to_svg(pipeline_of([]))) is not None  # noqa: S314 -- our own
