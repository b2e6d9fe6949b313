"""Settings: the notebook's metadata, Kale's, `pyproject.toml` and the caller, and who wins."""

import pytest

from nb2pipe.frontend import Settings, lay_out, read_notebook
from nb2pipe.ir import StepOptions, Volume


@pytest.fixture
def layout(nb):
    """Lay out a one-step notebook with `metadata`; return the layout and the diagnostics."""

    def make(metadata=None, overrides=Settings(), tags=("step:a",)):  # noqa: B008 -- frozen
        notebook, found = read_notebook(nb(("x = 1", *tags), metadata=metadata))
        assert found == ()
        return lay_out(notebook, overrides)

    return make


def say(diagnostics):
    return [(item.code.number, item.message, item.hint) for item in diagnostics]


ALL = {
    "name": "churn",
    "description": "Monthly",
    "image": "python:3.12",
    "experiment": "growth",
    "defaults": {
        "image": "other:1",
        "limits": {"memory": "4Gi", "nvidia.com/gpu": 1},
        "requests": {"cpu": 0.5},
        "labels": {"team": "growth"},
        "annotations": {"example.com/url": "http://x:80"},
        "env": {"THREADS": 4},
        "cache": False,
        "retry": 2,
        "timeout": "2h",
        "report": "off",
    },
    "volumes": [{"name": "raw", "mount_path": "/data", "read_only": True, "sub_path": "in"}],
}
ALL_OPTIONS = StepOptions(
    image="other:1",
    limits=(("memory", "4Gi"), ("nvidia.com/gpu", "1")),
    requests=(("cpu", "0.5"),),
    labels=(("team", "growth"),),
    annotations=(("example.com/url", "http://x:80"),),
    env=(("THREADS", "4"),),
    volumes=(Volume(name="raw", mount_path="/data", read_only=True, sub_path="in"),),
    cache=False,
    retry=2,
    timeout=7200,
    report=False,
)


def test_every_setting_reaches_the_layout(layout):
    found, diagnostics = layout({"nb2pipe": ALL})
    assert diagnostics == ()
    assert (found.name, found.description) == ("churn", "Monthly")
    assert (found.image, found.experiment) == ("python:3.12", "growth")
    assert found.steps[0].options == ALL_OPTIONS


def test_without_settings_the_name_is_the_files(layout):
    found, _ = layout()
    assert (found.name, found.description, found.experiment, found.image) == (
        "notebook",
        "",
        None,
        None,
    )


def test_the_same_keys_stand_in_pyproject(layout, tmp_path):
    (tmp_path / "pyproject.toml").write_text(
        """
        [tool.nb2pipe]
        name = "churn"
        description = "Monthly"
        image = "python:3.12"
        experiment = "growth"
        volumes = [{name = "raw", mount_path = "/data", read_only = true, sub_path = "in"}]
        [tool.nb2pipe.defaults]
        image = "other:1"
        limits = {memory = "4Gi", "nvidia.com/gpu" = 1}
        requests = {cpu = 0.5}
        labels = {team = "growth"}
        annotations = {"example.com/url" = "http://x:80"}
        env = {THREADS = 4}
        cache = false
        retry = 2
        timeout = "2h"
        report = "off"
        """
    )
    found, diagnostics = layout()
    assert diagnostics == ()
    assert found.name == "churn"
    assert found.steps[0].options == ALL_OPTIONS


def test_kale_loses_to_the_notebook_to_pyproject_to_the_caller(layout, tmp_path):
    kale = {"pipeline_name": "k", "experiment_name": "k", "base_image": "k:1"}
    kale["pipeline_description"] = "k"
    own = {"name": "n", "experiment": "n", "image": "n:1"}
    (tmp_path / "pyproject.toml").write_text('[tool.nb2pipe]\nname = "p"\nexperiment = "p"\n')
    found, _ = layout({"kubeflow_notebook": kale, "nb2pipe": own}, Settings(name="c"))
    assert (found.name, found.experiment, found.image, found.description) == ("c", "p", "n:1", "k")


def test_a_steps_own_tags_win_and_tables_merge_by_key(layout):
    found, _ = layout(
        {"nb2pipe": {"defaults": {"limits": {"cpu": 1, "memory": "1Gi"}, "retry": 1}}},
        tags=("step:a", "limit:memory:4Gi", "retry:3", "env:A=b"),
    )
    assert found.steps[0].options == StepOptions(
        limits=(("cpu", "1"), ("memory", "4Gi")), retry=3, env=(("A", "b"),)
    )


def test_the_nearest_pyproject_with_the_table_counts(nb, tmp_path):
    (tmp_path / "pyproject.toml").write_text('[tool.nb2pipe]\nname = "outer"\n')
    path = nb(("x = 1", "step:a"), name="a/b/n.ipynb")
    (tmp_path / "a" / "pyproject.toml").write_text('[project]\nname = "nb2pipe-user"\n')
    notebook, _ = read_notebook(path)
    assert lay_out(notebook)[0].name == "outer"
    (tmp_path / "a" / "pyproject.toml").write_text('[tool.nb2pipe]\nname = "inner"\n')
    assert lay_out(notebook)[0].name == "inner"


def test_broken_toml_is_reported_at_its_file(layout, tmp_path):
    path = tmp_path / "pyproject.toml"
    path.write_text("[tool.nb2pipe\n")
    found, (diagnostic,) = layout()
    assert found is None
    assert diagnostic.code.number == "NB008"
    assert diagnostic.span.notebook == str(path)
    assert "line 1" in diagnostic.message
    path.write_text("[tool.other\n")
    assert layout()[1] == (), "another tool's trouble is none of ours"


@pytest.mark.parametrize(
    ("settings", "key", "message"),
    [
        ("text", "", "must be a table of settings"),
        ({"name": 3}, "`name`", "must be text"),
        ({"image": "a b"}, "`image`", "no image reference"),
        ({"defaults": []}, "`defaults`", "must be a table"),
        ({"defaults": {"limits": "4Gi"}}, "`defaults.limits`", "must be a table"),
        ({"defaults": {"limits": {"memory": "4GB"}}}, "`defaults.limits`", "`4GB` is no quantity"),
        ({"defaults": {"requests": {"gpu": 1}}}, "`defaults.requests`", "`gpu` is no resource"),
        ({"defaults": {"env": {"A": True}}}, "`defaults.env`", "text or a number"),
        ({"defaults": {"cache": "maybe"}}, "`defaults.cache`", "neither `on` nor `off`"),
        ({"defaults": {"retry": 1.5}}, "`defaults.retry`", "no number of times"),
        ({"defaults": {"timeout": True}}, "`defaults.timeout`", "text or a number"),
        ({"volumes": "raw"}, "`volumes`", "must be a list"),
        ({"volumes": ["raw"]}, "`volumes[1]`", "must be a table"),
        ({"volumes": [{"name": "raw"}]}, "`volumes[1].mount_path`", "must be set"),
        ({"volumes": [{"name": "a_b", "mount_path": "/d"}]}, "`volumes[1].name`", "no name of"),
    ],
)
def test_a_wrong_value_names_its_key(layout, settings, key, message):
    found, diagnostics = layout({"nb2pipe": settings})
    assert found is None
    assert diagnostics[0].code.number == "NB008"
    assert diagnostics[0].message.startswith(key)
    assert message in diagnostics[0].message


def test_all_wrong_values_are_reported_at_once(layout):
    _, diagnostics = layout({"nb2pipe": {"name": 1, "image": 2, "defaults": {"retry": "x"}}})
    assert [item.code.number for item in diagnostics] == ["NB008"] * 3


@pytest.mark.parametrize(
    ("settings", "key", "hint"),
    [
        ({"nmae": "x"}, "nmae", "did you mean `name`?"),
        ({"default": {}}, "default", "did you mean `defaults`?"),
        ({"defaults": {"limit": {}}}, "defaults.limit", "did you mean `limits`?"),
        ({"volumes": [{"name": "a", "mount_path": "/d", "mode": 1}]}, "volumes[1].mode", None),
    ],
)
def test_an_unknown_key_is_a_warning_with_a_suggestion(layout, settings, key, hint):
    found, diagnostics = layout({"nb2pipe": settings})
    assert found is not None
    place = "the notebook's metadata `nb2pipe`"
    assert say(diagnostics) == [
        ("NB009", f"`{key}` in {place} is no setting, and is ignored", hint)
    ]


# --- Kale


def test_kales_metadata_is_understood(layout):
    found, diagnostics = layout(
        {
            "kubeflow_notebook": {
                "pipeline_name": "iris",
                "pipeline_description": "Trees",
                "experiment_name": "",
                "experiment": {"id": "new", "name": "trees"},
                "docker_image": "jupyter:1",
                "enable_caching": False,
                "timeout": 60,
                "steps_defaults": ["label:a:true", "limit:cpu:1", "secret:s:k:V"],
                "volumes": [
                    {
                        "name": "raw-data",
                        "type": "pvc",
                        "mount_point": "/data",
                        "expose_as_env_var": True,
                    }
                ],
                "katib_run": False,
                "autosnapshot": False,
                "katib_metadata": {},
            }
        }
    )
    assert diagnostics == ()
    assert (found.name, found.description) == ("iris", "Trees")
    assert (found.experiment, found.image) == ("trees", "jupyter:1")
    options = found.steps[0].options
    assert options.labels == (("a", "true"),)
    assert options.limits == (("cpu", "1"),)
    assert options.secrets[0].variable == "V"
    assert options.env == (("KALE_VOLUME_RAW_DATA", "/data"),)
    assert options.volumes == (Volume(name="raw-data", mount_path="/data"),)
    assert (options.cache, options.timeout) == (False, 60)


def test_steps_defaults_may_be_a_table(layout):
    defaults = {"labels": {"a": "b"}, "limits": {"cpu": "1"}}
    found, _ = layout({"kale": {"steps_defaults": defaults}})
    assert found.steps[0].options == StepOptions(labels=(("a", "b"),), limits=(("cpu", "1"),))


def test_an_empty_image_is_none_at_all(layout):
    found, diagnostics = layout({"kubeflow_notebook": {"base_image": "", "docker_image": ""}})
    assert (found.image, diagnostics) == (None, ())


def test_what_has_no_meaning_is_one_hint_that_names_all(layout):
    found, diagnostics = layout(
        {
            "kubeflow_notebook": {
                "autosnapshot": True,
                "katib_metadata": {"algorithm": {}},
                "kfp_host": "http://x",
                "brand_new": 1,
                "volumes": [
                    {"name": "a", "type": "clone", "mount_point": "/a"},
                    {"name": "b", "type": "clone", "mount_point": "/b"},
                ],
            }
        }
    )
    assert found is not None
    (diagnostic,) = diagnostics
    assert (diagnostic.code.number, diagnostic.severity.value) == ("NB010", "hint")
    for key in ("autosnapshot", "katib_metadata", "kfp_host", "brand_new", "volumes"):
        assert diagnostic.message.count(f"`{key}`") == 1


def test_one_bad_default_is_reported_once_however_many_steps_there_are(nb):
    metadata = {"kubeflow_notebook": {"steps_defaults": ["limit:gpu:1", "label:a:b"]}}
    cells = [(f"x{number} = 1", f"step:s{number}") for number in range(5)]
    notebook, _ = read_notebook(nb(*cells, metadata=metadata))
    found, (diagnostic,) = lay_out(notebook)
    assert found is None
    assert diagnostic.code.number == "NB102"
    assert diagnostic.span.cell is None


@pytest.mark.parametrize("section", [3, [], "x", {"volumes": 3}, {"steps_defaults": 3}, {"": None}])
def test_odd_kale_metadata_never_stops_a_notebook(layout, section):
    found, _ = layout({"kubeflow_notebook": section})
    assert found is not None
