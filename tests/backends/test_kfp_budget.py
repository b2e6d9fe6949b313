import math

import pytest

from nb2pipe.backends.kfp import KfpBackend
from nb2pipe.backends.kfp.budget import check_parameters, spec_size
from nb2pipe.diagnostics import Code, Severity
from tests.backends.pipelines import Draft


def apart(length):
    """Steps that do not wait for each other, so that each has the runtime."""
    draft = Draft()
    for number in range(length):
        draft.step(f"s{number}", "x = 1")
    return draft.pipeline()


def found_for(pipeline):
    return KfpBackend().check(pipeline, KfpBackend().emit(pipeline), {})


def test_a_short_pipeline_is_within_the_budget():
    assert found_for(apart(5)) == ()


def test_a_wide_pipeline_is_over_the_budget_though_its_file_is_not():
    pipeline = apart(60)
    (text,) = KfpBackend().emit(pipeline).values()
    assert len(text) < 256 * 1024 < spec_size(text)

    (found,) = found_for(pipeline)

    assert (found.code, found.severity) == (Code.SPEC_TOO_LARGE, Severity.WARNING)
    assert "in 60 steps" in found.message


@pytest.mark.parametrize("default", ["x" * 10_001, ["x" * 100] * 100, {"k": "x" * 10_000}])
def test_a_long_default_is_reported_at_its_cell(default):
    pipeline = Draft(text=default).step("s", "x = 1").pipeline()

    (found,) = check_parameters(pipeline)

    assert (found.code, found.span.cell) == (Code.PARAMETER_TOO_LONG, 1)
    assert "`text`" in found.message


@pytest.mark.parametrize(
    "default",
    [
        2**53 + 1,
        -(2**60) - 1,
        10**400,
        math.inf,
        math.nan,
        [1, [2**53 + 1]],
        {"a": -math.inf},
    ],
)
def test_a_number_that_no_double_holds_is_refused(default):
    pipeline = Draft(n=default).step("s", "x = 1").pipeline()

    (found,) = found_for(pipeline)

    assert (found.code, found.is_error) == (Code.BAD_PARAMETER, True)


@pytest.mark.parametrize("default", ["{{workflow.name}}", ["a", {"b": "{{$}}"}], {"{{x}}": 1}])
def test_a_text_that_kubeflow_expands_is_refused(default):
    (found,) = check_parameters(Draft(text=default).step("s", "x = 1").pipeline())

    assert (found.code, found.is_error) == (Code.BAD_PARAMETER, True)
    assert found.message == "the default of `text` has `{{`, which Kubeflow expands"


@pytest.mark.parametrize(
    "default", [2**53, -(2**53), 2**60, 10**18, 0, -1.5, 1e308, True, [1, {"a": 2**54}]]
)
def test_other_numbers_travel(default):
    assert check_parameters(Draft(n=default).step("s", "x = 1").pipeline()) == ()
