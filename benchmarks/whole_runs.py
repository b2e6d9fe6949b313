"""How long real notebooks take as pipelines, beside nbclient running them whole.

Both are whole processes as a user starts them, kernel start included. See README.md in this folder.
"""

import json
import statistics
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from headings import tagged_by_headings
from measure import CommandFailedError, run

from nb2pipe.engine.folder import RunFolder
from nb2pipe.engine.results import read_step_result
from nb2pipe.ir import Pipeline, pipeline_from_json
from nb2pipe.verify.sandbox import make_sandbox

_ROOT = Path(__file__).parents[1]
_REAL = _ROOT.parent / "shared" / "notebooks" / "dev"
_SAMPLES = ("classification", "particle_physics", "time_series")
# Of 3 to 30 seconds; their headings divide them.
_NOTEBOOKS = (
    "ageron+handson-ml3/04_training_linear_models.ipynb",
    "amueller+scipy-2018-sklearn/notebooks/19.Feature_Selection.ipynb",
    "mGalarnyk+Python_Tutorials/Sklearn/CART/DecisionTreesClassification.ipynb",
    "mGalarnyk+Python_Tutorials/Sklearn/KMeans/KMeans.ipynb",
    "rasbt+mlxtend/docs/sources/user_guide/evaluate/GroupTimeSeriesSplit.ipynb",
    "rasbt+mlxtend/docs/sources/user_guide/feature_selection/ColumnSelector.ipynb",
    "statsmodels+statsmodels/examples/notebooks/kernel_density.ipynb",
    "statsmodels+statsmodels/examples/notebooks/statespace_seasonal.ipynb",
    "statsmodels+statsmodels/examples/notebooks/wls.ipynb",
    "tirthajyoti+Machine-Learning-with-Python/Regression/Robust Linear Regression.ipynb",
)
_WHOLE = """\
import sys, nbclient, nbformat
notebook = nbformat.read(sys.argv[1], 4)
nbclient.NotebookClient(notebook, kernel_name="python3", timeout=None).execute()
nbformat.write(notebook, "whole.ipynb")
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeRun:
    """What a notebook takes: medians of seconds, by the clock and of CPU.

    `longest` is the part of the cells' time that is spent on the longest path through the steps: what
    any number of processors would leave.
    """

    notebook: str
    steps: int
    longest: float
    whole: float
    pipeline: float
    whole_cpu: float
    pipeline_cpu: float


def measure_whole_runs(
    scratch: Path, python: str, runs: int, only: Sequence[str] = ()
) -> Iterator[WholeRun]:
    """Run each notebook in both ways in turn, with `python`, which has their libraries; leave out what fails whole."""
    paths = [_ROOT / "sample_notebooks" / f"{name}.ipynb" for name in _SAMPLES]
    paths += [path for name in _NOTEBOOKS if (path := _REAL / name).exists()]
    for path in paths:
        if not only or any(part in path.stem for part in only):
            print(f"{path.stem} ...", file=sys.stderr, flush=True)
            found = _measure(path, scratch / path.stem, python, runs)
            if found is not None:
                yield found


def _measure(path: Path, folder: Path, python: str, runs: int) -> WholeRun | None:
    folder = make_sandbox(path.parent, folder)
    notebook = folder / path.name
    if path.is_relative_to(_REAL):
        document = json.loads(path.read_text(encoding="utf-8"))
        notebook.write_text(json.dumps(tagged_by_headings(document)), encoding="utf-8")
    whole = [python, "-c", _WHOLE, notebook.name]
    pipeline = [sys.executable, "-m", "nb2pipe", "run", notebook.name, "--no-cache"]
    pipeline += ["--python", python]
    try:
        run(whole, cwd=folder)
    except CommandFailedError as failure:
        print(f"left out: {str(failure).splitlines()[-1]}", file=sys.stderr)
        return None
    run(pipeline, cwd=folder)
    timings = [(run(whole, cwd=folder), run(pipeline, cwd=folder)) for _ in range(runs)]
    wholes, pipelines = zip(*timings, strict=True)
    steps, longest = _longest_path(RunFolder(max((folder / ".nb2pipe" / "runs").iterdir())))
    return WholeRun(
        notebook=path.stem,
        steps=steps,
        longest=longest,
        whole=_median(timing.seconds for timing in wholes),
        pipeline=_median(timing.seconds for timing in pipelines),
        whole_cpu=_median(timing.cpu_seconds for timing in wholes),
        pipeline_cpu=_median(timing.cpu_seconds for timing in pipelines),
    )


def _median(values: Iterable[float]) -> float:
    return round(statistics.median(values), 3)


def _longest_path(run: RunFolder) -> tuple[int, float]:
    """Return the number of steps, and the part of the cells' time that their longest path takes."""
    document = json.loads(run.pipeline.read_text(encoding="utf-8"))
    pipeline: Pipeline = pipeline_from_json(document)
    own, until = {}, {}
    for step in pipeline.steps:  # each after those that it needs
        result = read_step_result(run.step(step.name).result)
        own[step.name] = sum(cell.seconds for cell in result.cells) if result else 0.0
        before = [until[edge.source] for edge in pipeline.edges if edge.target == step.name]
        until[step.name] = own[step.name] + max(before, default=0.0)
    return len(own), round(max(until.values()) / max(sum(own.values()), 1e-9), 3)
