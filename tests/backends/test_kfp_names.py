import re

from hypothesis import given
from hypothesis import strategies as st

from nb2pipe.backends.kfp.names import name_pipeline
from nb2pipe.ir import StepOptions
from tests.backends.pipelines import Draft

TASK = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
ARTIFACT = re.compile(r"[a-z0-9]([_a-z0-9]*[a-z0-9])?")
NAMES = st.lists(st.text(min_size=1, max_size=80), unique=True, min_size=1, max_size=8)


def outputs_of(*names):
    named, _ = name_pipeline(Draft().step("s", "x = 1", makes=names).pipeline())
    return [output.key for output in named.steps[0].outputs]


def test_acceptable_names_stay():
    assert outputs_of("df", "model_2", "x") == ["df", "model_2", "x"]


def test_other_names_are_spelt_out_and_kept_apart():
    assert outputs_of("LR", "lr", "_lr", "größe", "π", "µ", "lr_2") == [
        "lr_3",
        "lr",
        "lr_4",
        "grosse" if "ß".isascii() else "groe",
        "variable",
        "variable_2",
        "lr_2",
    ]


@given(NAMES)
def test_artifact_names_are_acceptable_and_unique(names):
    found = outputs_of(*names)
    assert len(set(found)) == len(names)
    assert all(ARTIFACT.fullmatch(name) and len(name) <= 63 for name in found)


@given(NAMES)
def test_task_names_are_acceptable_and_unique(names):
    draft = Draft()
    for name in names:
        draft.step(name, "x = 1")
    _, found = name_pipeline(draft.pipeline())
    tasks = [found.steps[name].task for name in names]
    assert len(set(tasks)) == len(names)
    assert all(TASK.fullmatch(task) and len(task) <= 63 for task in tasks)


def test_no_task_is_named_like_the_driver_of_another():
    _, names = name_pipeline(Draft().step("fit", "x = 1").step("fit-driver", "y = 1").pipeline())
    assert names.steps["fit-driver"].task == "fit-driver-step"


def test_reports_and_metrics_give_way_to_variables():
    draft = Draft().step("s", "x = 1", makes=["report", "metrics"], metrics=["x"])
    _, names = name_pipeline(draft.pipeline())
    assert (names.steps["s"].report, names.steps["s"].metrics) == ("report_2", "metrics_2")


def test_a_step_without_a_report_has_no_name_for_it():
    options = StepOptions(report=False)
    _, names = name_pipeline(Draft().step("s", "x = 1", options=options).pipeline())
    assert (names.steps["s"].report, names.steps["s"].metrics) == (None, None)


def test_parameters_keep_the_case_that_people_type():
    draft = Draft(LR=1.0, lr=2.0, π=3.0, _x=4, x=5)
    _, names = name_pipeline(draft.step("s", "x = 1").pipeline())
    assert names.parameters == {"LR": "LR", "lr": "lr", "π": "parameter", "_x": "x_2", "x": "x"}


def test_programs_follow_the_names():
    draft = Draft().step("a", "π = 1", makes=["π"]).step("b", "print(π)", reads={"π": "a"})
    named, _ = name_pipeline(draft.pipeline())
    store, load = named.steps[0].program[-1], named.steps[1].program[0]
    assert (store.output, load.input, load.names) == ("variable", "variable", ("π",))
    assert named.steps[1].inputs[0].output == "variable"


def test_the_pipeline_has_a_name_even_when_nothing_of_it_is_ascii():
    _, names = name_pipeline(Draft("日本").step("s", "x = 1").pipeline())
    assert names.pipeline == "pipeline"
