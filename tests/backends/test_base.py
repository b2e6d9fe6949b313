from dataclasses import dataclass

from nb2pipe.backends.base import Capabilities, check_capabilities, check_image, check_target
from nb2pipe.backends.ir_json import JsonBackend
from nb2pipe.backends.kfp import KfpBackend
from nb2pipe.diagnostics import Code, Span
from nb2pipe.ir import Secret, StepOptions, Volume
from tests.backends.pipelines import Draft


@dataclass(frozen=True)
class PlainBackend:
    """A target that knows of nothing but processors."""

    name = "plain"
    capabilities = Capabilities(
        options=frozenset({"limits"}),
        limits=frozenset({"cpu"}),
        parameters=False,
        metrics=False,
    )

    def check(self, pipeline, files, spans):
        return ()

    def emit(self, pipeline):
        return {}


SPAN = Span(notebook="draft.ipynb", cell=4)


def test_a_lost_option_is_reported_where_it_was_asked_for():
    options = StepOptions(retry=2, limits=(("cpu", "1"), ("memory", "1Gi")))
    pipeline = Draft(n=1).step("fit", "x = 1", options=options, metrics=["x"]).pipeline()

    found = check_capabilities(PlainBackend(), pipeline, {"fit": SPAN})

    assert {item.code for item in found} == {Code.OPTION_LOST}
    assert [item.message.removeprefix("the target `plain` cannot express ") for item in found] == [
        "the option `retry`",
        "a limit of `memory`",
        "metrics",
        "pipeline parameters",
    ]
    assert [item.span for item in found][:3] == [SPAN] * 3
    assert found[0].step == "fit"


def test_json_expresses_everything():
    secret = Secret(secret="a", key="b", variable="C")  # noqa: S106 -- a name
    options = StepOptions(image="i", retry=1, limits=(("x/y", "1"),), secrets=(secret,))
    pipeline = Draft(n=1).step("fit", "x = 1", options=options).pipeline()

    assert check_target(JsonBackend(), pipeline, {}, {}) == ()


def test_kubeflow_has_room_for_one_kind_of_accelerator():
    limits = (("nvidia.com/gpu", "1"), ("amd.com/gpu", "2"), ("ephemeral-storage", "1Gi"))
    pipeline = Draft().step("fit", "x = 1", options=StepOptions(limits=limits)).pipeline()

    found = check_capabilities(KfpBackend(), pipeline, {})

    assert [item.message for item in found] == [
        "the target `kfp` cannot express a limit of `amd.com/gpu`",
        "the target `kfp` cannot express a limit of `ephemeral-storage`",
    ]


def test_kubeflow_mounts_volumes_for_writing():
    volume = Volume(name="data", mount_path="/data", read_only=True)
    pipeline = Draft().step("fit", "x = 1", options=StepOptions(volumes=(volume,))).pipeline()

    (found,) = check_capabilities(KfpBackend(), pipeline, {})

    assert "`data` is read-only" in found.message


def test_a_default_image_is_pointed_out_unless_chosen():
    pipeline = Draft().step("fit", "x = 1").pipeline(image="python:3.11")

    (found,) = check_image(pipeline, {"fit": SPAN}, named=False)

    assert (found.code, found.span) == (Code.UNKNOWN_IMAGE, SPAN)
    assert "`python:3.11`" in found.message
    assert check_image(pipeline, {}, named=True) == ()


def test_images_of_all_steps_are_a_choice():
    options = StepOptions(image="mine:1")
    pipeline = Draft().step("fit", "x = 1", options=options).pipeline()

    assert check_image(pipeline, {}, named=False) == ()
