import pytest

from nb2pipe.ir import Cell, Edge, Pipeline, Step


@pytest.fixture
def pipeline_of():
    """Build a pipeline from step names and edges `(source, target, *variables)`."""

    def build(names, *edges):
        cells = tuple(
            Cell(position=i, number=i + 2, id=f"c{i}", notebook="n.ipynb", source="", step=name)
            for i, name in enumerate(names)
        )
        return Pipeline(
            name="n",
            notebook="n.ipynb",
            steps=tuple(Step(name=n, cells=(i,), program=()) for i, n in enumerate(names)),
            edges=tuple(
                Edge(source=source, target=target, variables=tuple(names), declared=not names)
                for source, target, *names in edges
            ),
            cells=cells,
        )

    return build
