import pytest

from nb2pipe.backends.kfp import KfpBackend
from nb2pipe.ir import Pipeline


@pytest.fixture
def compiled():
    """The text of a pipeline's only Kubeflow file."""

    def emit(pipeline: Pipeline) -> str:
        (text,) = KfpBackend().emit(pipeline).values()
        return text

    return emit
