"""A run as one HTML page that needs nothing else: no network, no scripts, no other file."""

import re
from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files
from pathlib import PurePath
from typing import Any

from nb2pipe.ir import Pipeline
from nb2pipe.reporting.graph_svg import graph_to_svg
from nb2pipe.reporting.output_html import show_output
from nb2pipe.reporting.output_texts import joined, without_escapes
from nb2pipe.reporting.quantities import duration_text, size_text, time_text
from nb2pipe.reporting.run_tables import artifact_bytes, reason_text, steps_text
from nb2pipe.reporting.run_text import git_text, parameters_text, try_text

Document = Mapping[str, Any]

_TICKS = 5
_PAGE_WIDTH = 1100  # pixels that a graph may have


def render_run_report(
    run: Document,
    pipeline: Pipeline,
    notebook: Document | None,
    logs: Mapping[str, Sequence[str]],
) -> str:
    """Return the page.

    Args:
        run: the run, as `nb2pipe show --format json` prints it.
        pipeline: what was run.
        notebook: the executed notebook, None when the run has none.
        logs: the lines that each step printed.
    """
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 -- only a page needs it
    from markupsafe import Markup  # noqa: PLC0415 -- as above

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    source = files("nb2pipe.reporting").joinpath("run_report.html.j2").read_text(encoding="utf-8")
    states = {step["name"]: _state(step) for step in run["steps"]}
    graph = graph_to_svg(pipeline, states)
    return environment.from_string(source).render(
        title=PurePath(run["notebook"] or pipeline.name).name,
        run=run,
        state=_class(run["status"]),
        origin=_origin(run),
        # Built as XML, which escapes what comes from the notebook.
        graph=Markup(graph),  # noqa: S704 -- see above
        is_wide=_width(graph) > _PAGE_WIDTH,
        ticks=_ticks(_end(run)),
        steps=list(_steps(run, logs)),
        cells=None if notebook is None else list(_cells(notebook, pipeline, states)),
    )


def _origin(run: Document) -> list[tuple[str, str]]:
    rows = [
        ("Run", run["id"]),
        ("Started", time_text(run["started"])),
        ("Duration", duration_text(run["seconds"])),
        ("Steps", steps_text(run)),
        ("Parameters", parameters_text(run)),
        ("Git", git_text(run)),
        ("Python", run["python"] or ""),
        ("Size", size_text(run["bytes"])),
    ]
    return [(name, text) for name, text in rows if text]


def _width(svg: str) -> float:
    """Return how many pixels wide a picture is by itself."""
    found = re.search(r' width="([\d.]+)"', svg)
    return float(found[1]) if found else 0.0


# --- the steps


def _steps(run: Document, logs: Mapping[str, Sequence[str]]) -> Iterator[dict[str, Any]]:
    end = _end(run)
    for number, step in enumerate(run["steps"], 1):
        yield {
            "anchor": f"step-{number}",
            "name": step["name"],
            "status": "reused" if step["reused"] else step["status"],
            "state": _state(step),
            "left": round(100 * step["begin"] / end, 2),
            "width": round(100 * step["seconds"] / end, 2),
            "time": "" if step["status"] == "not run" else duration_text(step["seconds"]),
            "peak": size_text(step["peak"]),
            "stored": size_text(artifact_bytes(step)),
            "reason": reason_text(step),
            "tries": [try_text(item) for item in step["tries"]],
            "artifacts": list(_artifacts(step)),
            "metrics": step["metrics"],
            "log": without_escapes("\n".join(logs.get(step["name"], ()))),
        }


def _artifacts(step: Document) -> Iterator[tuple[str, str, str]]:
    for key, artifact in step["artifacts"].items():
        yield key, artifact["type"] or "", size_text(artifact["bytes"])


def _end(run: Document) -> float:
    """Return when the last step ended, in seconds after the run began; never zero."""
    return max((step["begin"] + step["seconds"] for step in run["steps"]), default=0) or 1.0


def _ticks(end: float) -> list[tuple[float, str]]:
    """Return the marks of the time axis: their places in percent, and their texts."""
    raw = end / _TICKS
    power = 10.0 ** (len(str(int(raw))) - 1) if raw >= 1 else 0.1
    step = next((n * power for n in (1, 2, 5, 10) if n * power >= raw), raw)
    count = int(end / step)
    return [(round(100 * n * step / end, 2), duration_text(n * step)) for n in range(count + 1)]


def _state(step: Document) -> str:
    """Return the style sheet's class of a step."""
    return "reused" if step["reused"] else _class(step["status"])


def _class(status: str) -> str:
    return status.replace(" ", "-")


# --- the notebook


def _cells(
    notebook: Document, pipeline: Pipeline, states: Mapping[str, str]
) -> Iterator[dict[str, Any]]:
    steps = {cell.id: cell.step for cell in pipeline.cells}
    for number, cell in enumerate(notebook.get("cells", ()), 1):
        step = steps.get(cell.get("id")) if cell["cell_type"] == "code" else None
        outputs = [show_output(output) for output in cell.get("outputs", ())]
        yield {
            "anchor": f"cell-{number}",
            "number": number,
            "kind": cell["cell_type"],
            "source": joined(cell.get("source")),
            "count": cell.get("execution_count"),
            "step": step or "",
            "state": states.get(step or "", ""),
            "failed": any(o.get("output_type") == "error" for o in cell.get("outputs", ())),
            "outputs": outputs,
        }
