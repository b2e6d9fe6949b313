"""The grammar: every tag is parsed, printed and parsed again; wrong ones say what is right."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nb2pipe.diagnostics import Span
from nb2pipe.frontend import Role
from nb2pipe.frontend.cell_tags import read_cell_tags
from nb2pipe.frontend.declarations import Declaration, Effect
from nb2pipe.frontend.tags import (
    FORMS,
    ROLES,
    AnnotationTag,
    CacheTag,
    EnvTag,
    ImageTag,
    LabelTag,
    LimitTag,
    NotebookTag,
    PrevTag,
    ReportTag,
    RequestTag,
    RetryTag,
    RoleTag,
    SecretTag,
    StepTag,
    TimeoutTag,
    parse_tag,
)

SPAN = Span(notebook="n.ipynb", cell=1)


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("step:load", StepTag("load")),
        ("step:Größe_2-b", StepTag("Größe_2-b")),
        ("step:हिन्दी", StepTag("हिन्दी")),
        (" Step : load ", StepTag("load")),
        ("prev:a", PrevTag(("a",))),
        ("prev:a:b", PrevTag(("a", "b"))),
        ("after:a", PrevTag(("a",))),
        ("imports", RoleTag(Role.IMPORTS)),
        ("functions", RoleTag(Role.FUNCTIONS)),
        ("skip", RoleTag(Role.SKIP)),
        ("pipeline-parameters", RoleTag(Role.PARAMETERS)),
        ("parameters", RoleTag(Role.PARAMETERS)),
        ("pipeline-metrics", RoleTag(Role.METRICS)),
        ("notebook:prepare", NotebookTag("prepare")),
        ("pure", Declaration(Effect.PURE)),
        ("pure:x", Declaration(Effect.PURE, ("x",))),
        ("mutates: x : y", Declaration(Effect.MUTATES, ("x", "y"))),
        ("reads:file=a:b.csv", Declaration(Effect.READS, ("file=a:b.csv",))),
        ("reads:x:file=a.csv", Declaration(Effect.READS, ("x", "file=a.csv"))),
        ("mutates:state=numpy.random", Declaration(Effect.MUTATES, ("state=numpy.random",))),
        ("writes:größe", Declaration(Effect.WRITES, ("größe",))),
        ("image:python:3.12", ImageTag("python:3.12")),
        ("image:ghcr.io/a/b@sha256:0e11", ImageTag("ghcr.io/a/b@sha256:0e11")),
        ("limit:nvidia.com/gpu:2", LimitTag("nvidia.com/gpu", "2")),
        ("limit:memory:4Gi", LimitTag("memory", "4Gi")),
        ("request:cpu:500m", RequestTag("cpu", "500m")),
        ("request:cpu:0.5", RequestTag("cpu", "0.5")),
        ("label:example.com/team:growth", LabelTag("example.com/team", "growth")),
        ("label:on:", LabelTag("on", "")),
        ("annotation:url:http://x:80/", AnnotationTag("url", "http://x:80/")),
        ("env:URL=http://x:80/?a=b", EnvTag("URL", "http://x:80/?a=b")),
        ("env:EMPTY=", EnvTag("EMPTY", "")),
        ("secret:db-login:password:DB_PASSWORD", SecretTag("db-login", "password", "DB_PASSWORD")),
        ("cache:on", CacheTag(on=True)),
        ("cache:OFF", CacheTag(on=False)),
        ("retry:3", RetryTag(3)),
        ("timeout:90s", TimeoutTag(90)),
        ("timeout:5m", TimeoutTag(300)),
        ("timeout:2h", TimeoutTag(7200)),
        ("timeout:1d", TimeoutTag(86400)),
        ("timeout:3600", TimeoutTag(3600)),
        ("report:off", ReportTag(on=False)),
    ],
)
def test_every_tag_is_read(text, tag):
    assert parse_tag(text) == tag
    assert parse_tag(str(tag)) == tag


NAMES = st.from_regex(r"[A-Za-z0-9_äß](-?[A-Za-z0-9_äß]){0,20}", fullmatch=True)
KEYS = st.from_regex(r"([a-z]{1,5}\.[a-z]{2,3}/)?[A-Za-z]([a-z._-]{0,5}[a-z])?", fullmatch=True)
VALUES = st.text(max_size=20).map(str.strip)
ENV_NAMES = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True)
VARIABLES = st.from_regex(r"[a-z]_[a-zA-Z0-9_ä]{0,5}", fullmatch=True)
RESOURCES = st.sampled_from(["cpu", "memory", "ephemeral-storage", "hugepages-2Mi"])
QUANTITIES = st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,2})?(Ki|Mi|Gi|m|k|M|G|e3)?", fullmatch=True)
TAGS = st.one_of(
    st.builds(RoleTag, st.sampled_from([role for role in Role if role is not Role.STEP])),
    st.builds(StepTag, NAMES),
    st.builds(PrevTag, st.lists(NAMES, min_size=1, max_size=3).map(tuple)),
    st.builds(NotebookTag, NAMES),
    st.builds(
        Declaration,
        st.sampled_from(Effect),
        st.lists(VARIABLES, min_size=1, unique=True).map(tuple),
    ),
    st.builds(ImageTag, st.from_regex(r"[a-z./:@0-9-]{1,30}", fullmatch=True)),
    st.builds(LimitTag, RESOURCES, QUANTITIES),
    st.builds(RequestTag, RESOURCES, QUANTITIES),
    st.builds(LabelTag, KEYS, VALUES),
    st.builds(AnnotationTag, KEYS, VALUES),
    st.builds(EnvTag, ENV_NAMES, st.text(max_size=20).map(str.rstrip)),
    st.builds(SecretTag, st.from_regex(r"[a-z]{1,9}", fullmatch=True), ENV_NAMES, ENV_NAMES),
    st.builds(CacheTag, st.booleans()),
    st.builds(RetryTag, st.integers(0, 100)),
    st.builds(TimeoutTag, st.integers(1, 10**9)),
    st.builds(ReportTag, st.booleans()),
)


@given(TAGS)
def test_printing_a_tag_and_parsing_it_gives_the_tag(tag):
    assert parse_tag(str(tag)) == tag


@given(
    st.text()
    | st.sampled_from([*FORMS, *ROLES]).flatmap(lambda k: st.text().map((k + ":").__add__))
)
def test_any_text_is_a_tag_or_a_diagnostic_or_not_ours(text):
    tags, diagnostics = read_cell_tags([text], SPAN)
    assert all(diagnostic.span == SPAN for diagnostic in diagnostics)
    if tags.step is not None:
        assert parse_tag(f"step:{tags.step}") == StepTag(tags.step)


def diagnose(*texts):
    return [
        (item.code.number, item.severity.value, item.message, item.hint)
        for item in read_cell_tags(texts, SPAN)[1]
    ]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("limit:gpu:1", "`gpu` is no resource", "write `nvidia.com/gpu` or `amd.com/gpu`"),
        ("limit:memroy:1Gi", "`memroy` is no resource", "did you mean `memory`?"),
        ("limit:memory:4GB", "`4GB` is no quantity of `memory`", "write `4Gi`"),
        ("limit:memory:4 gb", "`4 gb` is no quantity of `memory`", "write `4Gi`"),
        ("limit:nvidia.com/gpu:0.5", "counted in whole numbers", None),
        ("limit:cpu:-1", "`-1` is no quantity", "write it as in"),
        ("limit:cpu", "lacks its second part", "write `limit:RESOURCE:QUANTITY`"),
        ("label:a b:c", "no key of a label", "`example.com/team`"),
        ("env:A:b", "lacks its `=`", "write `env:NAME=VALUE`"),
        ("env:1A=b", "no name of an environment variable", "starts with no digit"),
        ("secret:db:password", "not three parts", "write `secret:NAME:KEY:VARIABLE`"),
        ("cache:maybe", "neither `on` nor `off`", "write `on` or `off`"),
        ("retry:-1", "no number of times", "write it as in `3`"),
        ("retry:²", "no number of times", "write it as in `3`"),
        ("timeout:5 minutes", "`5 minutes` is no duration", "`5m`"),
        ("timeout:0", "`0` is no duration", "`5m`"),
        ("image:my image", "no image reference", "`python:3.12`"),
        ("prev:", "no step is named", "write `prev:NAME`"),
        ("pure:df.x", "`df.x` is no variable", "name variables"),
        ("mutates:", "no variable is named", "write `mutates:NAME`"),
        ("reads:file=", "no file is named", "write `reads:file=PATH`"),
        ("writes:import", "`import` is no variable", "`file=PATH`"),
        ("imports:numpy", "takes no value", "write `imports`"),
    ],
)
def test_a_wrong_value_says_what_is_right(text, message, hint):
    ((code, severity, found, found_hint),) = diagnose(text)
    assert (code, severity) == ("NB102", "error")
    assert message in found
    assert (hint is None) == (found_hint is None)
    assert (hint or "") in (found_hint or "")


@pytest.mark.parametrize(
    ("name", "suggested"),
    [
        ("load data", "load-data"),
        ("-load-", "load"),
        ("a/b.c", "a-b-c"),
        ("🚀 launch", "launch"),
        ("🚀", "step"),
        ("x" * 64, "x" * 63),
    ],
)
def test_a_wrong_step_name_comes_with_a_valid_one(name, suggested):
    ((code, _, _, hint),) = diagnose(f"step:{name}")
    assert code == "NB103"
    assert f"`{suggested}`" in hint
    assert parse_tag(f"step:{suggested}") == StepTag(suggested)


def test_composed_and_decomposed_names_are_the_same_step():
    assert parse_tag("step:gro\u0308\u00dfe") == parse_tag("step:gr\u00f6\u00dfe")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("stp:load", "step:load"),
        ("setp:load", "step:load"),
        ("steps:load", "step:load"),
        ("blok:load", "block:load"),
        ("pre:a:b", "prev:a:b"),
        ("labels:a:b", "label:a:b"),
        ("step=load", "step:load"),
        ("step load", "step:load"),
        ("import", "imports"),
        ("function", "functions"),
        ("skp", "skip"),
        ("parameter", "parameters"),
        ("pipeline_parameters", "pipeline-parameters"),
        ("pipeline-metric", "pipeline-metrics"),
        ("write:x", "writes:x"),
        ("mutate:x", "mutates:x"),
    ],
)
def test_a_misspelt_tag_is_an_error_with_a_suggestion(text, meant):
    assert diagnose(text) == [("NB101", "error", f"`{text}` is no tag", f"did you mean `{meant}`?")]


@pytest.mark.parametrize("text", ["slide:1", "mem:4Gi", "step-load"])
def test_what_may_be_another_tools_tag_is_a_warning(text):
    ((code, severity, _, _),) = diagnose(text)
    assert (code, severity) == ("NB101", "warning")


@pytest.mark.parametrize("text", ["step", "step:", "report", "label"])
def test_a_tag_without_its_value_is_ignored_with_a_warning(text):
    ((code, severity, message, _),) = diagnose(text)
    assert code in {"NB102", "NB103"}
    assert severity == "warning"
    assert "ignored" in message


@pytest.mark.parametrize(
    "text",
    [
        *("hide-input", "hide_cell", "remove-cell", "remove_output", "scroll-output", "full-width"),
        *("nbval-skip", "nbval-ignore-output", "raises-exception", "nbsphinx-thumbnail"),
        *("injected-parameters", "papermill-error-cell-tag", "snakemake-job-properties"),
        *("outputs_hidden", "slideshow", "active-ipynb", "skip-execution", "keep_output"),
        *("important", "install", "create workspace", "Diagnostics", "step-by-step tour", "", " "),
    ],
)
def test_tags_of_other_tools_are_ignored(text):
    assert diagnose(text) == []


def test_a_label_that_kubernetes_refuses_is_a_warning():
    ((code, severity, _, _),) = diagnose("label:url:http://x")
    assert (code, severity) == ("NB102", "warning")


@pytest.mark.parametrize(
    "texts",
    [
        ("step:a", "step:b"),
        ("skip", "step:a"),
        ("imports", "functions"),
        ("imports", "functions", "step:a"),
        ("notebook:a", "step:b"),
        ("limit:cpu:1", "limit:cpu:2"),
        ("image:a", "image:b"),
    ],
)
def test_contradicting_tags_of_a_cell_are_one_error(texts):
    ((code, severity, message, _),) = diagnose(*texts)
    assert (code, severity) == ("NB104", "error")
    assert all(f"`{text}`" in message for text in texts)


@pytest.mark.parametrize(
    "texts",
    [
        ("step:a", "block:a"),
        ("step:a", "pipeline-metrics"),
        ("step:a", "imports"),
        ("limit:cpu:1", "limit:cpu:1", "limit:memory:1Gi", "request:cpu:1"),
        ("label:a:1", "label:b:2"),
    ],
)
def test_tags_that_go_together_are_fine(texts):
    assert diagnose(*texts) == []


# --- Kale's vocabulary


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("block:load", "step:load"),
        ("block:imports", "imports"),
        ("block:functions", "functions"),
        ("block:skip", "skip"),
        ("step:pipeline-parameters", "pipeline-parameters"),
        ("block:pipeline-metrics", "pipeline-metrics"),
        ("cache:enabled", "cache:on"),
        ("cache:disabled", "cache:off"),
        ("report:enabled", "report:on"),
        ("report:disabled", "report:off"),
    ],
)
def test_kales_spelling_means_the_same(old, new):
    assert read_cell_tags([old], SPAN) == read_cell_tags([new], SPAN)
    assert diagnose(old) == []


def test_an_empty_block_says_nothing():
    assert read_cell_tags(["block:"], SPAN) == read_cell_tags([], SPAN)


@pytest.mark.parametrize(
    "tags", [("pure:x:y", "mutates:y"), ("writes:x", "pure:x"), ("pure", "mutates:x")]
)
def test_pure_and_what_it_excludes_contradict_each_other(tags):
    ((code, severity, message, _),) = diagnose(*tags)
    assert (code, severity) == ("NB104", "error")
    assert all(f"`{tag}`" in message for tag in tags)


@pytest.mark.parametrize("tags", [("pure", "writes:x"), ("pure:x", "reads:x"), ("pure", "pure:x")])
def test_pure_and_what_can_be_true_beside_it_do_not(tags):
    assert diagnose(*tags) == []


def test_prev_beside_an_empty_block_is_left_over_as_in_kale():
    tags, (diagnostic,) = read_cell_tags(["block:", "prev:gone"], SPAN)
    assert tags.prev == ()
    assert diagnostic.code.number == "NB109"


# --- the page


def test_the_page_has_every_tag_once_and_its_examples_are_right():
    page = (Path(__file__).parents[2] / "docs" / "tags.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)`(?:, `([^`]+)`)? \|", page, re.MULTILINE)
    written = [row[0].replace("\\", "") for row in rows]
    for usage in [*(form.usage for form in FORMS.values()), *ROLES]:
        assert written.count(usage) == 1, usage
    for example in re.findall(r": `((?:image|limit|request|env):[^`]+)`", page):
        assert str(parse_tag(example)) == example
