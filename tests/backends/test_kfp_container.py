"""Resources and Kubernetes settings, against what kfp and kfp-kubernetes write themselves."""

import warnings

import pytest
import yaml

from nb2pipe.backends.kfp.resources import resource_spec
from nb2pipe.ir import Secret, StepOptions, Volume
from tests.backends.pipelines import Draft


@pytest.fixture
def kfp_documents(tmp_path):
    """The documents that kfp writes for one step which `configure` changes."""
    from kfp import compiler, dsl

    def compile_with(configure):
        @dsl.container_component
        def step():
            return dsl.ContainerSpec(image="python:3.11", command=["true"])

        @dsl.pipeline(name="draft")
        def pipeline():
            configure(step())

        path = tmp_path / "kfp.yaml"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiler.Compiler().compile(pipeline, str(path))
        return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))

    return compile_with


def ours(compiled, **options):
    draft = Draft().step("step", "x = 1", options=StepOptions(**options))
    return list(yaml.safe_load_all(compiled(draft.pipeline())))


def test_resources_are_those_of_kfp(compiled, kfp_documents):
    (theirs,) = kfp_documents(
        lambda task: (
            task.set_cpu_request("500m")
            .set_cpu_limit("2")
            .set_memory_request("100M")
            .set_memory_limit("2Gi")
            .set_accelerator_type("amd.com/gpu")
            .set_accelerator_limit(2)
        )
    )
    (found,) = ours(
        compiled,
        requests=(("cpu", "500m"), ("memory", "100M")),
        limits=(("cpu", "2"), ("memory", "2Gi"), ("amd.com/gpu", "2")),
    )
    expected = theirs["deploymentSpec"]["executors"]["exec-step"]["container"]["resources"]
    assert found["deploymentSpec"]["executors"]["exec-step"]["container"]["resources"] == expected


@pytest.mark.parametrize(
    ("quantity", "gigabytes"),
    [("1Gi", 1.073741824), ("1.5G", 1.5), ("64Mi", 0.067108864), ("1e9", 1.0), ("500k", 0.0005)],
)
def test_memory_is_also_given_in_gigabytes(quantity, gigabytes):
    found = resource_spec(StepOptions(limits=(("memory", quantity),)))
    assert (found.resource_memory_limit, found.memory_limit) == (quantity, pytest.approx(gigabytes))


def test_an_accelerator_may_also_stand_in_the_requests():
    found = resource_spec(StepOptions(requests=(("nvidia.com/gpu", "1"),)))
    assert (found.accelerator.resource_type, found.accelerator.count) == ("nvidia.com/gpu", 1)


def test_a_step_that_asks_for_nothing_has_no_resources(compiled):
    (found,) = ours(compiled)
    assert "resources" not in found["deploymentSpec"]["executors"]["exec-step"]["container"]


def test_retries_are_those_of_kfp(compiled, kfp_documents):
    (theirs,) = kfp_documents(lambda task: task.set_retry(3))
    (found,) = ours(compiled, retry=3)
    expected = theirs["root"]["dag"]["tasks"]["step"]["retryPolicy"]
    assert found["root"]["dag"]["tasks"]["step"]["retryPolicy"] == expected


def test_kubernetes_settings_are_those_of_kfp_kubernetes(compiled, kfp_documents):
    from kfp import kubernetes

    def configure(task):
        kubernetes.use_secret_as_env(task, "login", {"user": "USER_NAME", "password": "PASSWORD"})
        kubernetes.use_secret_as_env(task, "token", {"token": "TOKEN"})
        kubernetes.mount_pvc(task, "claim", "/data", "part")
        kubernetes.mount_pvc(task, "whole", "/all")
        kubernetes.add_pod_label(task, "team", "blue")
        kubernetes.add_pod_annotation(task, "example.org/note", "x")
        kubernetes.set_timeout(task, 3600)

    _, theirs = kfp_documents(configure)
    _, found = ours(
        compiled,
        secrets=(
            Secret(secret="login", key="user", variable="USER_NAME"),  # noqa: S106
            Secret(secret="login", key="password", variable="PASSWORD"),  # noqa: S106
            Secret(secret="token", key="token", variable="TOKEN"),  # noqa: S106
        ),
        volumes=(
            Volume(name="claim", mount_path="/data", sub_path="part"),
            Volume(name="whole", mount_path="/all"),
        ),
        labels=(("team", "blue"),),
        annotations=(("example.org/note", "x"),),
        timeout=3600,
    )
    assert found == theirs


def test_the_second_document_is_read_by_kfp(compiled):
    from kfp import components

    draft = Draft().step("step", "x = 1", options=StepOptions(timeout=60))
    component = components.load_component_from_text(compiled(draft.pipeline()))
    executors = component.platform_spec.platforms["kubernetes"].deployment_spec.executors
    assert executors["exec-step"]["activeDeadlineSeconds"] == "60"
