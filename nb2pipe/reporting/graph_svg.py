"""The DAG of a pipeline as an SVG picture. grandalf places the steps, edges bend around them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree as ET

from nb2pipe.ir import Edge, Pipeline
from nb2pipe.reporting.graph_formats import edge_label
from nb2pipe.reporting.text import columns_of, printable

Point = tuple[float, float]

_MARGIN = 16.0
_GAP = 28.0
_CHARACTER = 7.3
_LABEL_CHARACTER = 6.2
_LABEL_COLUMNS = 28
_STYLE = """
svg { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; }
.background { fill: #ffffff; }
.step rect { fill: #eef3fb; stroke: #3b6ea8; stroke-width: 1.2; }
.step text { fill: #16324f; font-size: 12px; text-anchor: middle; }
.edge { fill: none; stroke: #7b8794; stroke-width: 1.2; }
.declared { stroke-dasharray: 4 3; }
.label rect { fill: #ffffff; }
.label text { fill: #52606d; font-size: 10px; text-anchor: middle; }
.tip { fill: #7b8794; }
"""


@dataclass
class _Box:
    """A rectangle to place: a step, or the label of an edge. grandalf sets `xy`, its middle."""

    w: float
    h: float
    text: str
    title: str = ""
    kind: str = "step"
    state: str = ""
    xy: Point = (0.0, 0.0)


@dataclass
class _Line:
    """A line between two boxes; grandalf sets its points."""

    edge: Edge
    to_step: bool
    source: _Box
    target: _Box
    points: list[Point] = field(default_factory=list)

    def setpath(self, points: Iterable[Point]) -> None:
        """Take the points of the way, as grandalf's router gives them."""
        self.points = list(points)


def graph_to_svg(pipeline: Pipeline, states: Mapping[str, str] | None = None) -> str:
    """Return the picture as an SVG document; the same pipeline gives the same text.

    Args:
        pipeline: what to draw.
        states: what became of each step: a further class of its group, for a page's style sheet.
    """
    boxes, lines = _place(pipeline, states or {})
    width = max((box.xy[0] + box.w / 2 for box in boxes), default=0.0) + _MARGIN
    height = max((box.xy[1] + box.h / 2 for box in boxes), default=0.0) + _MARGIN
    svg = ET.Element(
        "svg",
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {width:.0f} {height:.0f}",
        width=f"{width:.0f}",
        height=f"{height:.0f}",
        role="img",
    )
    ET.SubElement(svg, "title").text = _clean(pipeline.name)
    ET.SubElement(svg, "style").text = _STYLE
    _add_arrow_tip(svg)
    ET.SubElement(svg, "rect", {"class": "background", "width": "100%", "height": "100%"})
    for line in lines:
        _add_line(svg, line)
    for box in boxes:
        _add_box(svg, box)
    ET.indent(svg)
    return ET.tostring(svg, encoding="unicode") + "\n"


# --- placing


def _place(pipeline: Pipeline, states: Mapping[str, str]) -> tuple[list[_Box], list[_Line]]:
    """Return where everything goes.

    The label of an edge is a vertex of its own on the way, so that no two overlap.
    """
    from grandalf.graphs import Edge as LayoutEdge  # noqa: PLC0415 -- only a picture needs it
    from grandalf.graphs import Graph, Vertex  # noqa: PLC0415

    vertices: dict[str, Any] = {}
    boxes: list[_Box] = []
    lines: list[_Line] = []
    layout_edges: list[Any] = []

    def add_vertex(box: _Box) -> Any:
        vertex = Vertex(box.text)
        vertex.view = box
        boxes.append(box)
        return vertex

    def connect(edge: Edge, source: Any, target: Any) -> None:
        line = _Line(edge, target.view.kind == "step", source.view, target.view)
        layout_edge = LayoutEdge(source, target)
        layout_edge.view = line
        lines.append(line)
        layout_edges.append(layout_edge)

    for step in pipeline.steps:
        vertices[step.name] = add_vertex(_step_box(step.name, states.get(step.name, "")))
    labels = []
    for edge in pipeline.edges:
        source, target = vertices[edge.source], vertices[edge.target]
        if edge.variables:
            labels.append(add_vertex(_label_box(edge)))
            connect(edge, source, labels[-1])
            source = labels[-1]
        connect(edge, source, target)
    left = _MARGIN
    for component in Graph([*vertices.values(), *labels], layout_edges).C:
        left = _place_component(component, left) + _GAP
    return boxes, lines


def _place_component(component: Any, left: float) -> float:
    """Place the boxes of one connected part to the right of `left`; return where it ends."""
    from grandalf.layouts import SugiyamaLayout  # noqa: PLC0415
    from grandalf.routing import route_with_lines  # noqa: PLC0415

    layout = SugiyamaLayout(component)
    layout.xspace, layout.yspace = 12, 20
    layout.route_edge = route_with_lines
    layout.init_all()
    layout.draw(12)
    placed: list[_Box] = [vertex.view for vertex in component.sV]
    dx = left - min(box.xy[0] - box.w / 2 for box in placed)
    dy = _MARGIN - min(box.xy[1] - box.h / 2 for box in placed)
    for box in placed:
        box.xy = (box.xy[0] + dx, box.xy[1] + dy)
    for edge in component.sE:
        edge.view.points = [(x + dx, y + dy) for x, y in edge.view.points]
    return max(box.xy[0] + box.w / 2 for box in placed)


def _step_box(name: str, state: str) -> _Box:
    text = _clean(name)
    return _Box(w=columns_of(text) * _CHARACTER + 24, h=30, text=text, title=text, state=state)


def _label_box(edge: Edge) -> _Box:
    names = _clean(edge_label(edge))
    text = names if columns_of(names) <= _LABEL_COLUMNS else names[: _LABEL_COLUMNS - 1] + "…"
    title = f"{_clean(edge.source)} → {_clean(edge.target)}: {names}"
    return _Box(
        w=columns_of(text) * _LABEL_CHARACTER + 8, h=14, text=text, title=title, kind="label"
    )


def _clean(text: str) -> str:
    """Return `text` without what XML does not allow."""
    return printable(text).replace("\n", " ").replace("\ufffe", "?").replace("\uffff", "?")


# --- drawing


def _add_arrow_tip(svg: ET.Element) -> None:
    definitions = ET.SubElement(svg, "defs")
    marker = ET.SubElement(
        definitions,
        "marker",
        id="tip",
        viewBox="0 0 8 8",
        refX="8",
        refY="4",
        markerWidth="6",
        markerHeight="6",
        orient="auto",
    )
    ET.SubElement(marker, "path", {"class": "tip", "d": "M0 0 L8 4 L0 8 z"})


def _add_line(svg: ET.Element, line: _Line) -> None:
    start = (line.source.xy[0], line.source.xy[1] + line.source.h / 2)
    end = (line.target.xy[0], line.target.xy[1] - line.target.h / 2)
    attributes = {
        "class": "edge" if line.edge.variables else "edge declared",
        "d": _curve([start, *line.points[1:-1], end]),
    }
    if line.to_step:
        attributes["marker-end"] = "url(#tip)"
    ET.SubElement(svg, "path", attributes)


def _curve(points: Sequence[Point]) -> str:
    """Return a path through `points` that leaves and meets each of them vertically."""
    (x, y), *rest = points
    path = f"M{x:.1f} {y:.1f}"
    for next_x, next_y in rest:
        middle = (y + next_y) / 2
        path += f" C{x:.1f} {middle:.1f} {next_x:.1f} {middle:.1f} {next_x:.1f} {next_y:.1f}"
        x, y = next_x, next_y
    return path


def _add_box(svg: ET.Element, box: _Box) -> None:
    x, y = box.xy
    group = ET.SubElement(svg, "g", {"class": f"{box.kind} {box.state}".strip()})
    ET.SubElement(group, "title").text = box.title
    ET.SubElement(
        group,
        "rect",
        x=f"{x - box.w / 2:.1f}",
        y=f"{y - box.h / 2:.1f}",
        width=f"{box.w:.1f}",
        height=f"{box.h:.1f}",
        rx="6",
    )
    text = ET.SubElement(group, "text", x=f"{x:.1f}", y=f"{y:.1f}", dy="0.35em")
    text.text = box.text
