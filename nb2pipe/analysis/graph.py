"""The graph of steps: execution order, and cycles explained."""

from collections.abc import Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush

from nb2pipe.diagnostics import Code, Diagnostic, Related
from nb2pipe.frontend.layout import Layout
from nb2pipe.ir import Edge, Step


def order_steps(
    layout: Layout, steps: Sequence[Step], edges: Sequence[Edge]
) -> tuple[tuple[Step, ...], tuple[Diagnostic, ...]]:
    """Return the steps in execution order: topological, ties in notebook order.

    Steps that need each other have no order: they stay in notebook order, and a diagnostic for each
    cycle names its cells and variables.
    """
    rank = {step.name: index for index, step in enumerate(steps)}
    sorter: TopologicalSorter[str] = TopologicalSorter(dict.fromkeys(rank, ()))
    for edge in edges:
        sorter.add(edge.target, edge.source)
    try:
        sorter.prepare()
    except CycleError:
        cycles = _cycles(rank, edges)
        return tuple(steps), tuple(_explain(layout, cycle) for cycle in cycles)
    ready: list[int] = []
    ordered = []
    while sorter:
        for name in sorter.get_ready():
            heappush(ready, rank[name])
        ordered.append(steps[heappop(ready)])
        sorter.done(ordered[-1].name)
    return tuple(ordered), ()


def _cycles(rank: Mapping[str, int], edges: Sequence[Edge]) -> Iterator[list[Edge]]:
    """Yield a cycle of each set of steps that all need each other."""
    import networkx as nx  # it takes longer to import than many notebooks to compile

    graph: "nx.DiGraph[str]" = nx.DiGraph()  # noqa: UP037 -- the name is not imported at run time
    graph.add_edges_from((edge.source, edge.target) for edge in edges)
    by_pair = {(edge.source, edge.target): edge for edge in edges}
    components = (
        sorted(component, key=rank.__getitem__)
        for component in nx.strongly_connected_components(graph)
        if len(component) > 1
    )
    for component in sorted(components, key=lambda component: rank[component[0]]):
        cycle = nx.find_cycle(graph.subgraph(component), component[0])
        yield [by_pair[pair[0], pair[1]] for pair in cycle]


def _explain(layout: Layout, cycle: Sequence[Edge]) -> Diagnostic:
    spans = {step.name: step.span for step in layout.steps}
    cells = {step.name: step.cells for step in layout.steps}
    names = [edge.source for edge in cycle]
    path = " → ".join(f"`{name}`" for name in [*names, names[0]])
    parts = [f"`{edge.target}` needs {_what(edge)} from `{edge.source}`" for edge in cycle]
    first = cycle[0]
    return Diagnostic(
        code=Code.CYCLE,
        span=spans[first.source],
        step=first.source,
        message=f"steps need each other: {path}; {', and '.join(parts)}",
        hint=_hint(layout, cells, cycle),
        related=tuple(
            Related(span=spans[edge.target], message=f"`{edge.target}` needs {_what(edge)}")
            for edge in cycle
        ),
    )


def _what(edge: Edge) -> str:
    if not edge.variables:
        return "to come after it (a `prev:` tag)"
    return ", ".join(f"`{name}`" for name in edge.variables)


def _hint(layout: Layout, cells: Mapping[str, tuple[int, ...]], cycle: Sequence[Edge]) -> str:
    """Say which cell to tag differently: the later part of a step that others interrupt."""
    split = _interrupted(cells, [edge.source for edge in cycle])
    if split is not None:
        step, position = split
        number = layout.cells[position].cell.number
        return (
            f"give the part of `{step}` from cell {number} on a name of its own: "
            f"tag cell {number} `step:{step}-2`"
        )
    declared = next((edge for edge in cycle if edge.declared), None)
    if declared is not None:
        return f"remove the tag `prev:{declared.source}` from step `{declared.target}`"
    return "give cells of one of these steps another step name"


def _interrupted(
    cells: Mapping[str, tuple[int, ...]], names: Sequence[str]
) -> tuple[str, int] | None:
    """Return a step and the first of its cells that comes after a cell of another in the cycle."""
    for name in names:
        others = [cell for other in names if other != name for cell in cells[other]]
        for before, after in zip(cells[name], cells[name][1:], strict=False):
            if any(before < other < after for other in others):
                return name, after
    return None
