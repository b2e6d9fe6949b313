import json

import pytest

from nb2pipe.backends.ir_json import JsonBackend
from nb2pipe.backends.kfp import KfpBackend
from nb2pipe.backends.registry import backend_names, find_backend
from nb2pipe.diagnostics import Code, CompileError
from nb2pipe.ir import pipeline_from_json
from tests.backends.pipelines import Draft


def test_our_own_backends_are_registered():
    assert {"json", "kfp"} <= set(backend_names())
    assert isinstance(find_backend("kfp", notebook="n.ipynb"), KfpBackend)
    assert isinstance(find_backend("json", notebook="n.ipynb"), JsonBackend)


@pytest.mark.parametrize(
    ("typed", "hint"),
    [("kpf", "did you mean `kfp`?"), ("airflow", "the targets are `json`, `kfp`")],
)
def test_an_unknown_target_is_refused_with_a_suggestion(typed, hint):
    with pytest.raises(CompileError) as caught:
        find_backend(typed, notebook="n.ipynb")

    (found,) = caught.value.diagnostics
    assert (found.code, found.message) == (Code.UNKNOWN_TARGET, f"there is no target `{typed}`")
    assert found.hint == hint


def test_json_reads_back_as_the_same_pipeline():
    pipeline = (
        Draft("train", "folder/train.ipynb", n=3, rate=0.5)
        .step("load", "x = n", makes=["x"], parameters=["n"])
        .step("fit", "print(x, 'ü')", reads={"x": "load"}, after=["load"])
        .pipeline()
    )

    files = JsonBackend().emit(pipeline)

    assert list(files) == ["train.pipeline.json"]
    assert pipeline_from_json(json.loads(files["train.pipeline.json"])) == pipeline
