"""Which steps wait for which, and what flows between them."""

from collections.abc import Sequence

from nb2pipe.analysis.artifacts import shown_name
from nb2pipe.analysis.link import Linker, file_order
from nb2pipe.frontend.layout import Layout
from nb2pipe.ir import Edge, Step


def program_edges(layout: Layout, linker: Linker, steps: Sequence[Step]) -> tuple[Edge, ...]:
    """Return the data edges and the declared ones, each pair of steps once; `steps` are all that the notebook has."""
    variables = step_edges(layout, linker)
    rank = {step.name: index for index, step in enumerate(layout.steps)}
    return tuple(
        Edge(
            source=source,
            target=target,
            variables=tuple(names),
            declared=source in steps[rank[target]].after,
        )
        for (source, target), names in variables.items()
    )


def step_edges(layout: Layout, linker: Linker) -> dict[tuple[str, str], dict[str, None]]:
    """Return which steps wait for which, in notebook order, and the names of what flows between them."""
    variables: dict[tuple[str, str], dict[str, None]] = {}
    for links in linker.steps.values():
        for group in links.groups:
            source = linker.step_of[group.latest.cell]
            if source is not None:
                names = variables.setdefault((source, links.name), {})
                names.update((shown_name(version.name), None) for version in group.versions)
    for source, target, name in file_order(linker):
        variables.setdefault((source, target), {})[shown_name(name)] = None
    for step in layout.steps:
        for source in step.after:
            variables.setdefault((source, step.name), {})
    rank = {step.name: index for index, step in enumerate(layout.steps)}
    return dict(sorted(variables.items(), key=lambda item: (rank[item[0][0]], rank[item[0][1]])))
