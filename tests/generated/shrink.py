"""Make a notebook that shows a difference as small as it goes."""

import ast
from collections.abc import Iterator, Sequence

from tests.generated.execute import compare

Cells = Sequence[tuple[str, str]]


def text_of(cells: Cells) -> str:
    """Return the cells as a text notebook."""
    return "\n".join(f"# %% step:{step}\n{source}" for step, source in cells)


def shrink(cells: Cells, kind: str) -> Cells:
    """Drop cells, statements and arguments while the outcome stays the same."""
    candidates = _candidates(cells)
    while (candidate := next(candidates, None)) is not None:
        if _kind(candidate) == kind:
            cells = candidate
            candidates = _candidates(cells)
    return cells


def _kind(cells: Cells) -> str:
    outcome = compare(cells)
    # A notebook that stops with an error is another problem than the one at hand.
    stops = "Error: " in outcome.difference.split("--- pipeline")[0]
    return "stops" if stops else outcome.kind


def _candidates(cells: Cells) -> Iterator[Cells]:
    """Yield the notebooks that are a little smaller, the smallest first."""
    for index in reversed(range(len(cells))):
        if len(cells) > 1:
            yield [*cells[:index], *cells[index + 1 :]]
    for index in range(1, len(cells)):
        (step, one), (_, two) = cells[index - 1], cells[index]
        yield [*cells[: index - 1], (step, f"{one}\n{two}"), *cells[index + 1 :]]
    for index, (step, source) in enumerate(cells):
        for smaller in _smaller(ast.parse(source)):
            yield [*cells[:index], (step, smaller), *cells[index + 1 :]]


def _smaller(tree: ast.Module) -> Iterator[str]:
    """Yield the code without one of its statements or arguments, or with a body in its place."""
    for node in ast.walk(tree):
        for name in ("body", "orelse", "finalbody", "args"):
            parts = getattr(node, name, None)
            if not isinstance(parts, list):
                continue
            for number, part in enumerate(tuple(parts)):
                replacements = [[]] if len(parts) > 1 or name == "orelse" else []
                if isinstance(part, ast.If | ast.For | ast.While | ast.With | ast.Try):
                    replacements.append(part.body)
                for replacement in replacements:
                    parts[number : number + 1] = replacement
                    yield ast.unparse(tree)
                    parts[number : number + len(replacement)] = [part]
