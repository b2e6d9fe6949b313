"""Rule folders of the user: they decide, and what is wrong in them is said with its line."""

import pytest

from nb2pipe.api import check, load

CELLS = [
    ("import ours\nx = [1]", "step:make"),
    ("y = ours.look(x)", "step:look"),
    ("print(x)", "step:show"),
]
LOOKS_ONLY = "functions:\n  ours.look: {returns: fresh}\n"


def edges(path):
    return {(edge.source, edge.target) for edge in load(path).edges}


@pytest.fixture
def folder(tmp_path):
    """Write a rule file below the folder of the notebook."""

    def write(text, name="nb2pipe-rules"):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "ours.yaml").write_text(text)
        return name

    return write


@pytest.fixture
def problems(nb, folder):
    """What is said about a rule file: line and message, and the hint."""

    def find(text):
        path = nb(*CELLS, metadata={"nb2pipe": {"rules": [folder(text)]}})
        found = [item for item in check(path) if item.code.number == "NB012"]
        assert all(item.span.notebook.endswith("nb2pipe-rules/ours.yaml") for item in found)
        return [(item.span.line, item.message, item.hint) for item in found]

    return find


def test_without_a_rule_caution_chains_the_steps(nb):
    assert ("look", "show") in edges(nb(*CELLS))


def test_a_folder_in_pyproject_counts_from_there(nb, folder, tmp_path):
    folder(LOOKS_ONLY)
    (tmp_path / "pyproject.toml").write_text('[tool.nb2pipe]\nrules = ["nb2pipe-rules"]\n')
    (tmp_path / "deep").mkdir()

    assert ("look", "show") not in edges(nb(*CELLS, name="deep/notebook.ipynb"))


def test_a_folder_in_the_notebook_counts_from_there(nb, folder):
    path = nb(*CELLS, metadata={"nb2pipe": {"rules": [folder(LOOKS_ONLY)]}})

    assert edges(path) == {("make", "look"), ("make", "show")}


def test_the_projects_rules_win_over_the_notebooks(nb, folder, tmp_path):
    folder("functions:\n  ours.look: {mutates: [0]}\n", "mine")
    folder(LOOKS_ONLY, "theirs")
    (tmp_path / "pyproject.toml").write_text('[tool.nb2pipe]\nrules = ["theirs"]\n')

    assert ("look", "show") not in edges(nb(*CELLS, metadata={"nb2pipe": {"rules": ["mine"]}}))


def test_a_changed_file_counts_at_once(nb, folder):
    path = nb(*CELLS, metadata={"nb2pipe": {"rules": [folder(LOOKS_ONLY)]}})
    assert ("look", "show") not in edges(path)

    folder("functions:\n  ours.look: {mutates: [x, 0]}\n")

    assert ("look", "show") in edges(path)


@pytest.mark.parametrize(
    ("text", "line", "message", "hint"),
    [
        ("function:\n", 1, "`function` is not known here", "did you mean `functions`?"),
        (
            "functions:\n  f: {mutate: [0]}\n",
            2,
            "`mutate` is not known here",
            "did you mean `mutates`?",
        ),
        ("functions:\n  f: {mutates: 0}\n", 2, "`mutates` must be a list", None),
        ("functions:\n  f:\n    returns: new\n", 3, "`returns` must be one of fresh, none", None),
        ("functions:\n  f: {keeps: 3}\n", 2, "`keeps` must be `true` or `false`", None),
        ("methods:\n  f: {state: dice}\n", 2, "`state` must be one of random", None),
        ("functions:\n  - f\n", 2, "a table `key: value` must stand here", None),
        ("types:\n  t:\n    method: {}\n", 3, "`method` is not known here", None),
        ("types:\n  t: {default: {reads_file: []}}\n", 2, "`reads_file` must be a position", None),
        ("modules: 3\n", 1, "names must be a text", None),
        ("rules:\n  - {id: a}\n", 2, "a rule must have `rule`", None),
        ("rules:\n  - {id: a, rule: {knid: call}}\n", 2, "ast-grep does not take the rule", None),
        ("functions:\n  f: {mutates: [0]\n", 3, "it is not valid YAML", None),
        ("functions: \x01\n", None, "it is not valid YAML", None),
    ],
)
def test_a_mistake_is_an_error_with_its_line(problems, text, line, message, hint):
    (found,) = problems(text)

    assert found[0] == line
    assert message in found[1]
    assert line is None or f"`ours.yaml`, line {line}:" in found[1]
    if hint is not None:
        assert found[2].startswith(hint)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "modules: [ours]\nattributes: size\n",
        "functions:\n  g: &g {mutates: [0, self, out], setting: key}\n  h: {<<: *g, names: a b}\n",
        "types:\n  ours.T: {made_by: ours.T, default: {}, state: random, methods: {m: {}}}\n",
        "rules:\n  - {id: a, contains: f, rule: {pattern: f($X)}, mutates: [X]}\n",
        "functions: {}\n---\nexamples: whatever\n",
    ],
)
def test_what_the_page_describes_is_taken(problems, text):
    assert problems(text) == []


def test_a_folder_that_is_not_there_is_an_error(nb):
    path = nb(*CELLS, metadata={"nb2pipe": {"rules": ["nowhere"]}})

    (found,) = [item for item in check(path) if item.code.number == "NB008"]
    assert "there is no folder `nowhere`" in found.message


def test_rules_that_are_no_list_are_an_error(nb):
    path = nb(*CELLS, metadata={"nb2pipe": {"rules": "nb2pipe-rules"}})

    (found,) = [item for item in check(path) if item.code.number == "NB008"]
    assert found.hint == 'write `rules = ["nb2pipe-rules"]`'
