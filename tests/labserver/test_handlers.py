import json
import subprocess
import sys

import pytest
from tornado.httpclient import HTTPClientError

from nb2pipe.frontend.tags import parse_tag
from nb2pipe.labserver.handlers import MOST_BYTES
from tests.conftest import notebook_document

TRAIN = [
    ("n = 3", "pipeline-parameters"),
    ("import math\nx = list(range(n))\nx.append(n)", "step:load"),
    ("total = sum(x)", "step:add"),
    ("print('total', total)", "step:show"),
]
PATH = "work/train.ipynb"


@pytest.fixture
def train(lab_folder):
    """The notebook's document; its file holds an older version."""
    document = notebook_document(*TRAIN)
    older = notebook_document("x = 1")
    (lab_folder / "train.ipynb").write_text(json.dumps(older))
    return document


async def test_it_is_enabled_by_installing(jp_serverapp):
    assert "nb2pipe.labserver" in jp_serverapp.extension_manager.extension_apps


async def test_analyse_tells_steps_edges_and_what_flows(ask, train):
    status, answer = await ask("POST", "analyse", order={"path": PATH, "notebook": train})
    assert status == 200
    assert answer["compiles"]
    assert [step["name"] for step in answer["steps"]] == ["load", "add", "show"]
    assert answer["steps"][0]["cells"] == [1, 2]
    edge = answer["edges"][0]
    assert (edge["source"], edge["target"]) == ("load", "add")
    assert edge["variables"] == [{"name": "x", "cell": 2, "line": 3, "text": "x.append(n)"}]
    assert answer["cells"][2] == {
        "number": 3,
        "step": "add",
        "role": "step",
        "inputs": ["x"],
        "outputs": ["total"],
    }
    place = {"cell": 1, "line": 1, "column": 5, "end_line": 1, "end_column": 6, "text": "3"}
    assert answer["parameters"] == [{"name": "n", "type": "int", "default": 3, "place": place}]


async def test_a_default_has_a_place_where_it_alone_stands(ask, lab_folder):
    source = "é = '\U0001f600'; b = [\n  1, True]\nc = d = 2\nrate: float = 1"
    document = notebook_document(
        (source, "pipeline-parameters"), ("print(é, b, c, d, rate)", "step:a")
    )
    _, answer = await ask("POST", "analyse", order={"path": PATH, "notebook": document})
    places = {item["name"]: item["place"] for item in answer["parameters"]}
    texts = {name: place and place["text"] for name, place in places.items()}
    assert texts == {"é": "'\U0001f600'", "b": "[\n  1, True]", "c": None, "d": None, "rate": "1"}
    assert (places["b"]["line"], places["b"]["column"]) == (1, 14)
    assert (places["b"]["end_line"], places["b"]["end_column"]) == (2, 11)


async def test_a_notebook_with_an_error_still_shows_its_steps(ask, lab_folder):
    document = notebook_document(("x = 1", "step:a"), ("print(x + missing)", "step:b"))
    _, answer = await ask("POST", "analyse", order={"path": PATH, "notebook": document})
    assert not answer["compiles"]
    assert [step["name"] for step in answer["steps"]] == ["a", "b"]
    (found,) = [item for item in answer["diagnostics"] if item["severity"] == "error"]
    assert (found["code"], found["cell"], found["line"]) == ("NB203", 2, 1)
    assert (found["column"], found["end_column"]) == (11, 18)


async def test_a_misspelt_tag_comes_with_its_repair(ask, lab_folder):
    document = notebook_document(("x = 1", "step:a"), ("print(x)", "stp:b"))
    _, answer = await ask("POST", "analyse", order={"path": PATH, "notebook": document})
    assert answer["steps"] is None
    (fix,) = answer["diagnostics"][0]["fixes"]
    assert fix["changes"] == [{"cell": 2, "add": "step:b", "remove": "stp:b"}]


async def test_repairs_do_what_their_diagnostic_asks_for(ask, lab_folder):
    document = notebook_document(
        ("import somelib\nx = [1]", "step:a"),
        ("somelib.look(x)", "step:b"),
        ("print(x)", "step:c"),
    )
    order = {"path": PATH, "notebook": document}
    _, answer = await ask("POST", "analyse", order=order)
    (found,) = [item for item in answer["diagnostics"] if item["code"] == "NB214"]
    (fix,) = found["fixes"]
    for change in fix["changes"]:
        document["cells"][change["cell"] - 1]["metadata"]["tags"].append(change["add"])
    _, answer = await ask("POST", "analyse", order=order)
    assert not [item for item in answer["diagnostics"] if item["code"] == "NB214"]


async def test_compile_writes_the_bytes_that_the_command_line_writes(ask, train, lab_folder):
    status, answer = await ask(
        "POST", "compile", order={"path": PATH, "notebook": train, "target": "kfp"}
    )
    assert status == 200
    assert answer["written"] == ["work/train.pipeline.yaml"]
    (lab_folder / "train.ipynb").write_text(json.dumps(train))
    done = subprocess.run(
        [sys.executable, "-m", "nb2pipe", "compile", "train.ipynb", "-o", "-"],
        cwd=lab_folder,
        capture_output=True,
        check=True,
    )
    assert (lab_folder / "train.pipeline.yaml").read_bytes() == done.stdout


async def test_compile_writes_nothing_when_there_are_errors(ask, lab_folder):
    document = notebook_document("print(missing)")
    _, answer = await ask("POST", "compile", order={"path": PATH, "notebook": document})
    assert answer["written"] == []
    assert "NB203" in [item["code"] for item in answer["diagnostics"]]
    assert not list(lab_folder.iterdir())


async def test_suggest_returns_the_tags_of_each_cell(ask, lab_folder):
    document = notebook_document(
        {"cell_type": "markdown", "source": "# Load"},
        "x = [1, 2]\ny = 1\nz = 2",
        {"cell_type": "markdown", "source": "# Show"},
        "print(x)\nprint(y)\nprint(z)",
    )
    _, answer = await ask("POST", "suggest", order={"path": PATH, "notebook": document})
    assert answer["tags"] == {"2": ["step:load"], "4": ["step:show"]}


async def test_the_schema_s_examples_make_valid_tags(ask):
    _, answer = await ask("GET", "schema")
    assert "kfp" in answer["targets"]
    for name, option in answer["schema"]["$defs"]["step"]["properties"].items():
        for example in option["examples"]:
            values = example if isinstance(example, list) else [example]
            for value in values:
                assert parse_tag(option["tag"].format(value)).options(), name


# --- what is refused


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("../outside.ipynb", 404),
        ("work/../../outside.ipynb", 404),
        ("missing/folder.ipynb", 404),
        ("work/train.txt", 400),
        ("work/nul\0.ipynb", 400),
        ("/etc/train.ipynb", 404),
        (None, 400),
        (3, 400),
    ],
)
async def test_paths_stay_below_the_root(ask, train, path, status):
    for route in ("analyse", "compile", "suggest", "runs", "submit"):
        code, _ = await ask("POST", route, order={"path": path, "notebook": train})
        assert code == status, route


async def test_links_do_not_lead_out(ask, train, jp_root_dir, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside")
    (jp_root_dir / "link").symlink_to(outside)
    order = {"path": "link/train.ipynb", "notebook": train}
    assert (await ask("POST", "compile", order=order))[0] == 404
    assert not list(outside.iterdir())


@pytest.mark.parametrize("body", ["[]", "{", "{}", '{"notebook": {"cells": 3}}', "\udcff"])
async def test_what_is_no_order_is_refused(jp_fetch, body):
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(
            "nb2pipe", "api", "analyse", method="POST", body=body.encode(errors="surrogateescape")
        )
    assert refused.value.code == 400


async def test_a_document_that_is_no_notebook_is_a_diagnostic(ask, lab_folder):
    for document in ({"cells": []}, {"cells": [1], "nbformat": 4}, {"cells": [], "nbformat": 9}):
        status, answer = await ask("POST", "analyse", order={"path": PATH, "notebook": document})
        assert status == 200
        assert answer["diagnostics"][0]["severity"] == "error"
        status, answer = await ask("POST", "suggest", order={"path": PATH, "notebook": document})
        assert status == 200


async def test_a_request_that_is_too_large_is_refused(ask, lab_folder):
    document = notebook_document("x = '" + "x" * MOST_BYTES + "'")
    status, _ = await ask("POST", "analyse", order={"path": PATH, "notebook": document})
    assert status == 413


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_nobody_without_a_login_gets_anything(http_server_client, jp_base_url, method, train):
    for route in ("analyse", "runs", "runs/x", "runs/x/report", "schema", "submit"):
        with pytest.raises(HTTPClientError) as refused:
            await http_server_client.fetch(
                f"{jp_base_url}nb2pipe/api/{route}",
                method=method,
                body=json.dumps({"path": PATH, "notebook": train}) if method == "POST" else None,
                follow_redirects=False,
            )
        assert refused.value.code in {302, 403, 405}, route


async def test_a_login_by_cookie_needs_the_xsrf_token(jp_serverapp, jp_fetch, train):
    with pytest.raises(HTTPClientError) as refused:
        await jp_fetch(
            "nb2pipe",
            "api",
            "compile",
            method="POST",
            body=json.dumps({"path": PATH, "notebook": train}),
            headers={"Authorization": "", "Cookie": "username-localhost=somebody"},
        )
    assert refused.value.code == 403
