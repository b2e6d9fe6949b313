import pytest

from nb2pipe.backends.kfp import KfpBackend
from tests.kfp.environment import make_environment
from tests.kfp.launcher import Launcher


@pytest.fixture(scope="session")
def steps_path(tmp_path_factory):
    """A folder with a `python3` that has the notebooks' packages, but not nb2pipe."""
    return make_environment(tmp_path_factory.mktemp("steps"))


@pytest.fixture(scope="session")
def bare_path(tmp_path_factory):
    """A folder with a `python3` that has the standard library alone."""
    return make_environment(tmp_path_factory.mktemp("bare"), packages=False)


@pytest.fixture(params=["notebook image", "bare Python"])
def launcher(request, steps_path, bare_path):
    return Launcher(path=steps_path if request.param == "notebook image" else bare_path)


@pytest.fixture
def launch(launcher, tmp_path):
    """Compile a pipeline, run its file, and return what it left."""

    def run(pipeline, parameters=None):
        (text,) = KfpBackend().emit(pipeline).values()
        return launcher.run(text, tmp_path / "run", parameters)

    return run
