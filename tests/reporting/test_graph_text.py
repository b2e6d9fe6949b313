from hypothesis import given
from hypothesis import strategies as st

from nb2pipe.ir import Edge, Pipeline, Step
from nb2pipe.reporting.graph_text import draw_graph

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
LINES = {
    "│": UP | DOWN,
    "─": LEFT | RIGHT,
    "├": UP | DOWN | RIGHT,
    "┤": UP | DOWN | LEFT,
    "┼": UP | DOWN | LEFT | RIGHT,
    "╭": DOWN | RIGHT,
    "╮": DOWN | LEFT,
    "╰": UP | RIGHT,
    "╯": UP | LEFT,
    "┬": DOWN | LEFT | RIGHT,
    "┴": UP | LEFT | RIGHT,
    " ": 0,
}


def test_a_diamond(pipeline_of):
    pipeline = pipeline_of(
        ["load", "clean", "forest", "linear", "compare"],
        ("load", "clean", "df"),
        ("clean", "forest", "x", "y"),
        ("clean", "linear", "x", "y"),
        ("linear", "compare", "b"),
        ("forest", "compare", "a"),
        ("load", "compare"),
    )
    assert (
        draw_graph(pipeline)
        == """\
●       load
├─╮
│ ●     clean    ← load: df
│ ├─╮
│ │ ●   forest   ← clean: x, y
│ ● │   linear   ← clean: x, y
├─┴─╯
●       compare  ← load  ← forest: a  ← linear: b
"""
    )


def test_a_chain_takes_one_row_for_each_step(pipeline_of):
    pipeline = pipeline_of(["a", "b", "c"], ("a", "b", "x"), ("b", "c", "y"))
    assert draw_graph(pipeline) == "●   a\n●   b  ← a: x\n●   c  ← b: y\n"


def test_steps_that_are_not_connected_stand_apart(pipeline_of):
    assert draw_graph(pipeline_of(["a", "b"])) == "●   a\n\n●   b\n"


def test_a_line_that_passes_another_is_not_joined_to_it(pipeline_of):
    pipeline = pipeline_of(
        ["a", "x", "b", "c"], ("a", "b", "v"), ("a", "c", "v"), ("x", "c", "v"), ("b", "c", "v")
    )
    assert "├─│─╮" in draw_graph(pipeline)


def test_a_name_cannot_steer_the_terminal(pipeline_of):
    assert "\x1b" not in draw_graph(pipeline_of(["a\x1b[2J"]))


@st.composite
def graphs(draw):
    size = draw(st.integers(1, 9))
    pairs = [(i, j) for j in range(size) for i in range(j)]
    return size, sorted(draw(st.sets(st.sampled_from(pairs)))) if pairs else []


@given(graphs())
def test_following_the_lines_upwards_finds_exactly_the_edges(graph):
    size, pairs = graph
    pipeline = Pipeline(
        name="p",
        notebook="p.ipynb",
        steps=tuple(Step(name=f"s{i}", cells=(), program=()) for i in range(size)),
        edges=tuple(Edge(source=f"s{i}", target=f"s{j}") for i, j in pairs),
        cells=(),
    )
    rows = [line.split("   s")[0] for line in draw_graph(pipeline).splitlines()]
    nodes = [(r, row.index("●")) for r, row in enumerate(rows) if "●" in row]
    found = {
        (source, target)
        for target, (row, column) in enumerate(nodes)
        for source in _reached(rows, nodes, row, column)
    }
    assert found == set(pairs)


def _at(rows, row, column):
    return rows[row][column] if 0 <= row < len(rows) and column < len(rows[row]) else " "


def _reached(rows, nodes, row, column):
    """Go up from a node; sideways only in the row right above it, where its lines meet."""
    joints = [column]
    above = _at(rows, row - 1, column)
    if above not in {"●", " "}:
        for step in (-1, 1):
            side = LEFT if step < 0 else RIGHT
            at = column
            while LINES[_at(rows, row - 1, at)] & side or (
                at != column and crossed(rows, row - 1, at)
            ):
                at += step
                if LINES[_at(rows, row - 1, at)] & (RIGHT if step < 0 else LEFT) and LINES[
                    _at(rows, row - 1, at)
                ] & (UP | DOWN):
                    joints.append(at)
    for at in joints:
        up = row - 1
        if at == column and above not in {"●", " "} and not LINES[above] & UP:
            continue
        while _at(rows, up, at) not in {"●", " "}:
            up -= 1
        if _at(rows, up, at) == "●":
            yield nodes.index((up, at))


def crossed(rows, row, at):
    """Whether a sideways line passes behind the bar at this place."""
    return _at(rows, row, at) == "│" and _at(rows, row, at - 1) == _at(rows, row, at + 1) == "─"
