"""Compiled files in real containers: Docker, no network, an image without nb2pipe."""

from pathlib import Path

import pytest

import nb2pipe
from nb2pipe.backends.kfp import KfpBackend, budget
from nb2pipe.verify.outputs import compare_outputs
from tests.backends.pipelines import Draft
from tests.kfp.docker_engine import IMAGE, docker_daemon, import_image
from tests.kfp.docker_run import run_in_docker
from tests.notebooks.whole import run_notebook

pytestmark = [
    pytest.mark.docker,
    # kfp's and Docker's own.
    pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning"),
]

SAMPLES = sorted(Path(__file__).parents[2].glob("sample_notebooks/*.ipynb"))


@pytest.fixture(scope="module")
def engine(tmp_path_factory):
    """The address of a daemon that has the image."""
    # A socket's path has room for about 100 characters.
    folder = tmp_path_factory.mktemp("d")
    with docker_daemon(folder) as address:
        import_image(address, folder / "image.tar")
        yield address


@pytest.fixture
def containers(engine, monkeypatch, tmp_path):
    """Compile a pipeline, run it in containers, and return its executed cells."""
    monkeypatch.setenv("DOCKER_HOST", engine)

    def run(pipeline, **parameters):
        (text,) = KfpBackend().emit(pipeline).values()
        return run_in_docker(text, tmp_path / "root", parameters)

    return run


def streams(cells):
    return [
        "".join(output["text"] for output in cell["outputs"] if output["output_type"] == "stream")
        for cell in cells
    ]


def test_a_pipeline_runs_in_containers(containers):
    draft = (
        Draft("In Containers", n=3, rate=0.5, names=["a"], LR=1.0, π=3.0)
        .step(
            "make data",
            "import pandas as pd\ndf = pd.DataFrame({'x': range(n)}) * rate\nprint(names, π, LR)",
            makes=["df"],
            parameters=["n", "rate", "names", "π", "LR"],
        )
        .step("left", "df['x'] += 1\nprint(df.x.tolist())", reads={"df": "make data"}, makes=["df"])
        .step(
            "right", "total = df.x.sum()\nprint(total)", reads={"df": "make data"}, makes=["total"]
        )
        .step("last", "print(df.x.sum() - total)", reads={"df": "left", "total": "right"})
    )

    cells = containers(draft.pipeline(image=IMAGE), n=4, LR=0.25)

    assert streams(cells) == ["['a'] 3.0 0.25\n", "[1.0, 1.5, 2.0, 2.5]\n", "3.0\n", "4.0\n"]


def test_steps_cannot_import_nb2pipe_and_start_in_an_empty_folder(containers):
    source = (
        "import importlib.util, os\n"
        "print(importlib.util.find_spec('nb2pipe'), os.listdir(), os.getcwd())"
    )
    cells = containers(Draft().step("s", source).pipeline(image=IMAGE))
    assert streams(cells) == ["None [] /scratch\n"]


def test_the_runtime_is_handed_on_between_containers(containers, monkeypatch):
    monkeypatch.setattr(budget, "SPEC_BYTES", 0)  # as if there were many more steps
    draft = (
        Draft()
        .step("a", "x = [1]", makes=["x"])
        .step("b", "x.append(2)", reads={"x": "a"}, makes=["x"])
        .step("c", "print(x)", reads={"x": "b"})
    )
    assert streams(containers(draft.pipeline(image=IMAGE))) == ["", "", "[1, 2]\n"]


def test_a_failing_step_fails_the_run(containers):
    with pytest.raises(RuntimeError, match="bad"):
        containers(Draft().step("bad", "1 / 0").pipeline(image=IMAGE))


@pytest.mark.notebooks
@pytest.mark.parametrize("notebook", SAMPLES, ids=lambda path: path.stem)
def test_a_sample_shows_in_containers_what_the_notebook_shows(
    notebook, engine, monkeypatch, tmp_path
):
    (tmp_path / "whole").mkdir()
    whole = run_notebook(notebook, tmp_path / "whole")
    (text,) = nb2pipe.compile_notebook(notebook, image=IMAGE).files.values()

    monkeypatch.setenv("DOCKER_HOST", engine)
    cells = run_in_docker(text, tmp_path / "root")

    assert len(cells) == sum(cell["cell_type"] == "code" for cell in whole["cells"])
    assert compare_outputs(whole, cells) == []
