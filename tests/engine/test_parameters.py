"""Values from the command line and from Python code become typed values, or diagnostics."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nb2pipe.diagnostics import Code
from nb2pipe.engine import check_parameters, parse_parameters
from nb2pipe.ir import Json
from tests.engine.pipelines import pipeline_of, step_of

DEFAULTS: dict[str, Json] = {
    "count": 3,
    "rate": 0.5,
    "title": "x",
    "fast": False,
    "sizes": [1],
    "options": {},
}
PIPELINE = pipeline_of(step_of("load", "count = 3"), parameters=DEFAULTS)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("count=5", 5),
        ("count=-1_000", -1000),
        ("rate=3", 3.0),
        ("rate=1e-3", 0.001),
        ("title=", ""),
        ("title= a = b ", " a = b "),
        ("title=3", "3"),
        ("fast=true", True),
        ("fast=YES", True),
        ("fast=1", True),
        ("fast=no", False),
        ("fast=0", False),
        ("sizes=[1, 2.5, null]", [1, 2.5, None]),
        ("sizes=['a', True]", ["a", True]),
        ("sizes=[]", []),
        ('options={"a": {"b": [1]}}', {"a": {"b": [1]}}),
        ("options={'a': None}", {"a": None}),
    ],
)
def test_a_text_becomes_a_value_of_the_parameters_type(text: str, value: Json):
    values, diagnostics = parse_parameters(PIPELINE, [text])
    assert diagnostics == ()
    assert values == {text.partition("=")[0]: value}
    assert type(values[text.partition("=")[0]]) is type(value)


@pytest.mark.parametrize(
    "text",
    [
        "count=3.0",
        "count=three",
        "count=",
        "count",
        "rate=fast",
        "rate=nan",
        "rate=1e999",
        "fast=maybe",
        "fast=2",
        "sizes=1, 2",
        "sizes=(1, 2)",
        'sizes={"a": 1}',
        "sizes=[NaN]",
        "sizes=[1e999]",
        "sizes=[open('x')]",
        "options={1: 2}",
        "options={'a': (1, 2)}",
        "options=[]",
        "sizes=" + "[" * 100_000,
    ],
)
def test_a_text_of_another_type_is_refused_at_the_parameters_cell(text: str):
    values, (diagnostic,) = parse_parameters(PIPELINE, [text])
    assert values == {}
    assert diagnostic.code is Code.BAD_PARAMETER_VALUE
    assert f"`{text.partition('=')[0]}`" in diagnostic.message
    assert diagnostic.span.cell == 1
    assert diagnostic.hint
    assert len(diagnostic.message) < 200


def test_everything_that_is_wrong_is_reported_in_one_go():
    values, diagnostics = parse_parameters(PIPELINE, ["conut=1", "rate=x", "count=7", "zzz"])
    assert values == {"count": 7}
    assert [(item.code.number, item.message) for item in diagnostics] == [
        ("NB502", "the pipeline has no parameter `conut`"),
        ("NB503", "parameter `rate` is of type float, which `x` is not"),
        ("NB502", "the pipeline has no parameter `zzz`"),
    ]
    assert diagnostics[0].hint == "did you mean `count`?"
    assert "`sizes`" in (diagnostics[2].hint or "")


def test_a_pipeline_without_parameters_says_how_to_get_one():
    _, (diagnostic,) = parse_parameters(pipeline_of(step_of("load", "n = 3")), ["n=4"])
    assert "pipeline-parameters" in (diagnostic.hint or "")


def test_the_last_of_two_values_counts():
    assert parse_parameters(PIPELINE, ["count=1", "count=2"]) == ({"count": 2}, ())


def test_values_from_python_are_checked_too():
    values, diagnostics = check_parameters(
        PIPELINE, {"rate": 3, "count": True, "sizes": (1,), "title": 5, "fast": 1, "coutn": 1}
    )
    assert values == {"rate": 3.0}
    assert type(values["rate"]) is float
    assert [item.code.number for item in diagnostics] == ["NB503"] * 4 + ["NB502"]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.lists(JSON))
def test_a_list_is_read_from_json_and_from_python_alike(value: list[Any]):
    for text in (json.dumps(value), repr(value)):
        assert parse_parameters(PIPELINE, [f"sizes={text}"]) == ({"sizes": value}, ())
