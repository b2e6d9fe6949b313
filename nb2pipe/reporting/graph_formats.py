"""The DAG of a pipeline for other programs: JSON, Mermaid and Graphviz's DOT.

Names of steps and variables come from the notebook, so every format escapes them.
"""

import json
from typing import Any

from nb2pipe.ir import Edge, Pipeline
from nb2pipe.reporting.text import printable

_SAFE_IN_MERMAID = frozenset(" _-.,:()")


def graph_to_json(pipeline: Pipeline) -> str:
    """Return the nodes, by execution order, and the edges as JSON; `cells` are cell numbers."""
    numbers = {cell.position: cell.number for cell in pipeline.cells}
    document: dict[str, Any] = {
        "name": pipeline.name,
        "notebook": pipeline.notebook,
        "nodes": [
            {"name": step.name, "cells": [numbers[cell] for cell in step.cells]}
            for step in pipeline.steps
        ],
        "edges": [
            {
                "from": edge.source,
                "to": edge.target,
                "variables": list(edge.variables),
                "declared": edge.declared,
            }
            for edge in pipeline.edges
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def graph_to_mermaid(pipeline: Pipeline) -> str:
    """Return a Mermaid flowchart; an edge that only a tag declares is dotted."""
    ids = _ids(pipeline)
    lines = ["flowchart TD"]
    lines += [f'    {ids[step.name]}["{_mermaid(step.name)}"]' for step in pipeline.steps]
    for edge in pipeline.edges:
        arrow = "-->" if edge.variables else "-.->"
        label = f'|"{_mermaid(edge_label(edge))}"|' if edge.variables else ""
        lines.append(f"    {ids[edge.source]} {arrow}{label} {ids[edge.target]}")
    return "\n".join(lines) + "\n"


def graph_to_dot(pipeline: Pipeline) -> str:
    """Return a Graphviz graph; an edge that only a tag declares is dashed."""
    ids = _ids(pipeline)
    lines = [f"digraph {_dot(pipeline.name)} {{", '    node [shape=box, style="rounded"];']
    lines += [f"    {ids[step.name]} [label={_dot(step.name)}];" for step in pipeline.steps]
    for edge in pipeline.edges:
        style = f"label={_dot(edge_label(edge))}" if edge.variables else "style=dashed"
        lines.append(f"    {ids[edge.source]} -> {ids[edge.target]} [{style}];")
    return "\n".join([*lines, "}"]) + "\n"


def edge_label(edge: Edge) -> str:
    """Return the variables of an edge as one text."""
    return ", ".join(edge.variables)


def _ids(pipeline: Pipeline) -> dict[str, str]:
    """Return an identifier for each step that is safe in every language."""
    return {step.name: f"s{index}" for index, step in enumerate(pipeline.steps)}


def _mermaid(text: str) -> str:
    """Return `text` for a quoted label: whatever could have a meaning as a character reference."""
    return "".join(
        character if character.isalnum() or character in _SAFE_IN_MERMAID else f"#{ord(character)};"
        for character in printable(text).replace("\n", " ")
    )


def _dot(text: str) -> str:
    escaped = printable(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped}"'
