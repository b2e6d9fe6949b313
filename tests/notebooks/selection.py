"""The real notebooks that are run whole and as pipelines."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath

from tests.conftest import SHARED
from tests.notebooks.documents import (
    Document,
    on_this_kernel,
    with_included,
    with_seed,
    with_skipped,
    with_steps_at_headings,
    without_skipped,
)

SAMPLES = Path(__file__).parents[2] / "sample_notebooks"
DEV = SHARED / "notebooks" / "dev"
KALE = SHARED / "notebooks" / "kale"
ABSENT = "the folder `shared` with the real notebooks is not beside the repository"


@dataclass(frozen=True, slots=True, kw_only=True)
class RealNotebook:
    """A notebook at `path` below `root`.

    `files` are what it reads, by their path below the folder that `path` counts from, with where
    they are. `changes` are made to it in memory before it runs, one way or the other.
    """

    root: Path
    path: PurePosixPath
    files: tuple[tuple[PurePosixPath, Path], ...] = ()
    changes: tuple[Callable[[Document], Document], ...] = ()

    @property
    def name(self) -> str:
        """Return the name of the tests for it."""
        return self.path.stem

    @property
    def exists(self) -> bool:
        """Tell whether it is there: the folder `shared` is no part of the repository."""
        return (self.root / self.path).exists()

    def document(self) -> Document:
        """Return the notebook as it is compiled."""
        document = _read(self.root / self.path)
        for change in (on_this_kernel, *self.changes):
            document = change(document)
        return document

    def whole_document(self) -> Document:
        """Return the notebook as it runs from top to bottom, without the cells tagged `skip`."""
        folder = (self.root / self.path).parent
        return without_skipped(
            with_included(self.document(), lambda name: _read(folder / f"{name}.ipynb"))
        )

    def place(self, folder: Path, *, whole: bool = False) -> Path:
        """Write the notebook, and what it reads, below `folder`; return the notebook's path."""
        self.place_files(folder)
        target = folder / self.path
        target.parent.mkdir(parents=True, exist_ok=True)
        document = self.whole_document() if whole else self.document()
        target.write_text(json.dumps(document), encoding="utf-8")
        return target

    def place_files(self, folder: Path) -> None:
        """Copy what the notebook reads below `folder`."""
        for name, source in self.files:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def _read(path: Path) -> Document:
    return json.loads(path.read_text(encoding="utf-8"))


# --- the samples

_SAMPLES = tuple(
    RealNotebook(root=SAMPLES, path=PurePosixPath(path.name))
    for path in sorted(SAMPLES.glob("*.ipynb"))
)


# --- Kale's, those that run without a network and a cluster. Most draw random numbers without a
# seed, so they get one. Not here: those which print the time or list the files around them.

_SEED_NUMPY = partial(with_seed, statement="import numpy; numpy.random.seed(7)")
_SEED_RANDOM = partial(with_seed, statement="import random; random.seed(7)")
_TITANIC = KALE / "data" / "titanic"


def _kale(path: str, *changes: Callable[[Document], Document]) -> RealNotebook:
    return RealNotebook(root=KALE, path=PurePosixPath(path), changes=changes)


def _composed() -> RealNotebook:
    folder = PurePosixPath("newer-transcribed/examples/composition")
    parts = tuple(folder / f"notebook_{letter}.ipynb" for letter in "abc")
    return RealNotebook(
        root=KALE,
        path=folder / "main_mixed.ipynb",
        files=tuple((part, KALE / part) for part in parts),
    )


def _titanic() -> RealNotebook:
    path = PurePosixPath("repo-master-2025-08/examples/titanic-ml-dataset/titanic_dataset_ml.ipynb")
    files = tuple(
        (path.parent / "data" / name, _TITANIC / name) for name in ("train.csv", "test.csv")
    )
    return RealNotebook(root=KALE, path=path, files=files, changes=(_SEED_NUMPY,))


_KALE = (
    _kale("repo-master-2025-08/examples/base/candies_sharing.ipynb", _SEED_RANDOM),
    _kale("newer-transcribed/examples/iris/sklearn/iris.ipynb", _SEED_NUMPY),
    _kale("repo-master-2025-08/examples/serving/sklearn/iris.ipynb", _SEED_NUMPY),
    _kale("old-tags/v0.1.2/backend/examples/base_example_numpy.ipynb", _SEED_NUMPY),
    _kale("old-tags/v2/Example.ipynb"),
    _kale("tests-2.3.0/notebooks/pipeline_parameters_and_metrics.ipynb", _SEED_NUMPY),
    _kale(
        "repo-master-2025-08/backend/kale/tests/assets/notebooks/pipeline_parameters_and_metrics.ipynb",
        _SEED_NUMPY,
    ),
    _composed(),
    _titanic(),
)


# --- notebooks that nobody wrote for a pipeline, in steps at their headings: quick ones that give
# the same outputs twice and need only the packages of the dependency group `notebooks`

_DEV_PATHS = (
    "amueller/scipy-2018-sklearn: notebooks/08.Unsupervised_Learning-Clustering.ipynb",
    "jakevdp/WhirlwindTourOfPython: 04-Semantics-Operators.ipynb",
    "mGalarnyk/Python_Tutorials: Python_Basics/Anagram/AnagramsPython.ipynb",
    "mGalarnyk/Python_Tutorials: Python_Basics/Intro/PythonBasicsForLoops.ipynb",
    "mGalarnyk/Python_Tutorials: Sklearn/CART/DecisionTreesClassification.ipynb",
    "mGalarnyk/Python_Tutorials: Sklearn/KMeans/KMeans.ipynb",
    "mGalarnyk/Python_Tutorials: Sklearn/Logistic_Regression/LogisticRegression.ipynb",
    "mGalarnyk/Python_Tutorials: Visualization/Legends.ipynb",
    "numerical-mooc/numerical-mooc: lessons/04_spreadout/04_02_Heat_Equation_1D_Implicit.ipynb",
    "rasbt/mlxtend: docs/sources/user_guide/evaluate/cochrans_q.ipynb",
    "rasbt/mlxtend: docs/sources/user_guide/preprocessing/standardize.ipynb",
    "statsmodels/statsmodels: examples/notebooks/discrete_choice_example.ipynb",
    "statsmodels/statsmodels: examples/notebooks/kernel_density.ipynb",
    "statsmodels/statsmodels: examples/notebooks/lowess.ipynb",
    "statsmodels/statsmodels: examples/notebooks/quantile_regression.ipynb",
    "statsmodels/statsmodels: examples/notebooks/statespace_concentrated_scale.ipynb",
    "statsmodels/statsmodels: examples/notebooks/stats_poisson.ipynb",
    "statsmodels/statsmodels: examples/notebooks/tsa_dates.ipynb",
    "statsmodels/statsmodels: examples/notebooks/wls.ipynb",
    "tirthajyoti/Machine-Learning-with-Python: Regression/Robust Linear Regression.ipynb",
)

# The last cell of mlxtend's notebooks prints a page that only its documentation's build has.
_WITHOUT_API_PAGE = partial(with_skipped, text="api_modules/")


def _dev() -> Iterator[RealNotebook]:
    lines = (DEV / "index.jsonl").read_text(encoding="utf-8").splitlines() if DEV.is_dir() else []
    index = {f"{entry['repo']}: {entry['path']}": entry for entry in map(json.loads, lines)}
    for key in _DEV_PATHS:
        repository, path = key.split(": ", 1)
        root = DEV / repository.replace("/", "+")
        read = index[key]["data"] if index else ()
        yield RealNotebook(
            root=root,
            path=PurePosixPath(path),
            files=tuple((PurePosixPath(name), root / name) for name in read),
            changes=(with_steps_at_headings, _WITHOUT_API_PAGE),
        )


HEADED = tuple(_dev())
NOTEBOOKS = (*_SAMPLES, *_KALE, *HEADED)
