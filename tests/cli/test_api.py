import subprocess
import sys

import pytest

import nb2pipe
from nb2pipe.diagnostics import Code, CompileError


def test_load_returns_the_pipeline(train):
    pipeline = nb2pipe.load(train)
    assert [step.name for step in pipeline.steps] == ["load", "add", "show"]
    assert nb2pipe.load(str(train)) == pipeline


def test_check_takes_one_path_or_several(train, nb):
    bad = nb(("print(x)", "step:a"), ("print(y)", "step:b"), name="bad.ipynb")
    assert nb2pipe.check(train) == ()
    found = [item for item in nb2pipe.check([train, str(bad)]) if item.is_error]
    assert [item.code for item in found] == [Code.UNDEFINED_NAME] * 2
    assert {item.span.cell for item in found} == {1, 2}


def test_errors_are_raised_with_every_diagnostic(nb):
    bad = nb(("print(x)", "step:a"), ("print(y)", "step:b"))
    for function in (nb2pipe.load, nb2pipe.compile_notebook, nb2pipe.run):
        with pytest.raises(CompileError, match=r"NB203 .*cell 1:1:7.*\n.*cell 2:1:7") as caught:
            function(bad)
        assert len([item for item in caught.value.diagnostics if item.is_error]) == 2


def test_compiling_writes_only_where_it_is_told_to(train):
    compiled = nb2pipe.compile_notebook(train)
    assert list(compiled.files) == ["train.pipeline.yaml"]
    assert compiled.written == ()
    assert list(train.parent.iterdir()) == [train]
    written = nb2pipe.compile_notebook(train, output=train.parent / "x.yaml").written
    assert written == (train.parent / "x.yaml",)
    assert written[0].read_text(encoding="utf-8") == compiled.files["train.pipeline.yaml"]


def test_strict_raises_on_warnings(train):
    assert Code.UNKNOWN_IMAGE in {d.code for d in nb2pipe.compile_notebook(train).diagnostics}
    with pytest.raises(CompileError) as caught:
        nb2pipe.compile_notebook(train, strict=True)
    assert Code.UNKNOWN_IMAGE in {d.code for d in caught.value.diagnostics}
    assert nb2pipe.compile_notebook(train, strict=True, image="python:3.12").pipeline


def test_run_returns_the_result_and_writes_the_notebook(train):
    result = nb2pipe.run(train, parameters={"n": 4}, output=train.parent / "out.ipynb")
    assert result.status == "succeeded"
    assert "total 6" in (train.parent / "out.ipynb").read_text(encoding="utf-8")


def test_run_refuses_wrong_parameters(train):
    with pytest.raises(CompileError, match="NB502"):
        nb2pipe.run(train, parameters={"m": 1})
    with pytest.raises(CompileError, match="NB503"):
        nb2pipe.run(train, parameters={"n": "three"})


def test_importing_the_package_imports_none_of_its_parts():
    code = "import sys, nb2pipe; print([m for m in sys.modules if m.startswith('nb2pipe.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
