"""The rule files: they are well formed, and every example in them means what it says."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ast_grep_py import SgRoot

from nb2pipe.analysis import interpret_source
from nb2pipe.analysis.effects import CallEffect
from nb2pipe.analysis.facts import WriteKind
from nb2pipe.analysis.knowledge import RULES, load_knowledge, read_rows

FILES = sorted(RULES.glob("*.yaml"))
RETURNS = {
    "fresh",
    "none",
    "shallow",
    "copy",
    "elements",
    "holds",
    "view",
    "self",
    "code",
    "unknown",
}
STATES = {"random", "numpy.random", "torch", "tensorflow"}


def documents(path: Path) -> list[dict[str, Any]]:
    return list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))


def _parameter(path: Path, number: int, example: dict[str, Any]) -> Any:
    last = example["code"].splitlines()[-1].strip()
    return pytest.param(example, id=f"{path.stem}-{number}: {last}")


EXAMPLES = [
    _parameter(path, number, example)
    for path in FILES
    for number, example in enumerate(documents(path)[1]["examples"])
]


def effects() -> Iterator[tuple[str, CallEffect]]:
    knowledge = load_knowledge()
    yield from knowledge.functions.items()
    yield from knowledge.methods.items()
    for name, type_ in knowledge.types.items():
        for method, effect in type_.methods.items():
            yield f"{name}.{method}", effect


@pytest.mark.parametrize("example", EXAMPLES)
def test_example_changes_what_it_says(example):
    last = interpret_source(example["code"])[-1]

    changed = {name for name, write in last.writes.items() if write.kind is WriteKind.MUTATE}
    assert {*example.get("changes", ()), *example.get("may", ())} <= changed
    assert changed.isdisjoint(example.get("keeps", ()))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_examples_are_python_and_say_something(path):
    for example in documents(path)[1]["examples"]:
        compile(example["code"], "example", "exec")

        assert example.get("changes") or example.get("keeps")
        assert set(example) <= {"code", "changes", "may", "keeps", "cannot_run"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_file_has_the_known_parts_and_examples(path):
    rules, tests = documents(path)

    assert set(rules) <= {
        "modules",
        "functions",
        "types",
        "methods",
        "attributes",
        "addresses",
        "linked",
        "counters",
        "rules",
    }
    assert set(tests) == {"examples"}


class Strict(yaml.SafeLoader):
    """A loader that does not let a key hide another one."""

    def construct_mapping(self, node, deep=False):  # noqa: FBT002 -- as in the base class
        keys = [key.value for key, _ in node.value if key.value != "<<"]
        assert sorted(keys) == sorted(set(keys)), node.start_mark
        return super().construct_mapping(node, deep)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_key_hides_another(path):
    assert list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=Strict))


@pytest.mark.parametrize("table", ["functions", "methods"])
def test_rows_do_not_contradict_each_other(table):
    effects: dict[str, CallEffect] = {}
    for path in FILES:
        for key, row in documents(path)[0].get(table, {}).items():
            for name, effect in read_rows({key: row}).items():
                assert effects.setdefault(name, effect) == effect, name


def test_effects_use_the_known_words():
    for name, effect in effects():
        assert effect.returns in RETURNS, name
        assert {effect.state, *(effect.seeds or "").split()} <= {*STATES, None}, name


def test_types_of_results_are_known():
    knowledge = load_knowledge()
    known = {*knowledge.types, "pieces"}

    for name, effect in effects():
        assert {effect.type, effect.seeded} <= known | {None}, name


@pytest.mark.parametrize("rule", load_knowledge().rules, ids=lambda rule: rule.id)
def test_shape_compiles_and_names_what_it_changes(rule):
    config = {"rule": dict(rule.rule), "constraints": dict(rule.constraints)}

    assert SgRoot("x = f(y)", "python").root().find_all(config) == []
    assert all(f"${name}" in str(rule.rule) for name in rule.mutates)


def test_a_file_of_the_user_wins(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "modules: ours\n"
        "functions:\n"
        "  builtins.len: {mutates: [0]}\n"
        "  group: {module: ours theirs, names: one two, returns: fresh}\n"
    )

    knowledge = load_knowledge([tmp_path])

    assert knowledge.function("builtins.len").mutates == (0,)
    assert knowledge.function("ours.two").returns == "fresh"
    assert knowledge.function("theirs.one").returns == "fresh"
    assert knowledge.function("ours.other").known
    assert not knowledge.function("theirs.other").known


def test_an_unknown_word_is_an_error(tmp_path):
    (tmp_path / "mine.yaml").write_text("functions:\n  f: {mutate: [0]}\n")

    with pytest.raises(ValueError, match="mutate"):
        load_knowledge([tmp_path])


def test_a_keyword_switches_hidden_state_off():
    split = load_knowledge().function("sklearn.model_selection.train_test_split")

    assert split.state == "numpy.random"
    assert split.given({"random_state": 0}).state is None
    assert split.given({"test_size": 0.2}).state == "numpy.random"


def test_a_keyword_makes_a_random_estimator_a_plain_one():
    forest = load_knowledge().function("sklearn.ensemble.RandomForestClassifier")

    assert forest.type == "sklearn.RandomEstimator"
    assert forest.given({"random_state": 0}).type == "sklearn.Estimator"


def test_a_change_by_name_holds_for_types_that_do_not_list_it():
    knowledge = load_knowledge()

    assert knowledge.method("pandas.DataFrame", "append").mutates == ("self",)
    assert knowledge.method("pandas.DataFrame", "add").mutates == ()
    assert knowledge.method("sklearn.Estimator", "undocumented").mutates == ()
    assert not knowledge.method(None, "undocumented").known
