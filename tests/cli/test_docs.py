"""What the documents show is what happens."""

import json
import re
from pathlib import Path

import pytest

import nb2pipe
from nb2pipe.diagnostics import Code
from nb2pipe.reporting.graph_text import draw_graph

ROOT = Path(__file__).parents[2]
ARCHITECTURE = ROOT / "docs" / "architecture.md"
README = ROOT / "README.md"
DOCUMENTS = [
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/**/*.md"),
    *(ROOT / name / "README.md" for name in ("sample_notebooks", "labextension", "templates")),
]


def blocks(document, language):
    text = document.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def write_notebook(document, path):
    import jupytext

    (source,) = [block for block in blocks(document, "python") if block.startswith("# %%")]
    jupytext.write(jupytext.reads(source, fmt="py:percent"), path)
    return path


@pytest.fixture
def line(tmp_path):
    return write_notebook(ARCHITECTURE, tmp_path / "line.ipynb")


def test_the_architecture_page_shows_the_real_graph(line):
    assert draw_graph(nb2pipe.load(line)) in blocks(ARCHITECTURE, "text")


def test_the_architecture_page_shows_the_real_programs(line):
    programs = [step["program"] for step in nb2pipe.load(line).to_json()["steps"]]
    shown = [
        [json.loads(row) for row in block.splitlines()] for block in blocks(ARCHITECTURE, "json")
    ]
    assert shown[:2] == programs


def test_the_architecture_page_shows_the_real_output(line):
    (cell,) = nb2pipe.run(line).step("fit").cells
    (shown,) = (json.loads(block) for block in blocks(ARCHITECTURE, "json")[2:])
    assert list(cell.outputs) == shown["outputs"]


def test_the_readme_shows_the_real_graph(tmp_path):
    pipeline = nb2pipe.load(write_notebook(README, tmp_path / "fit.ipynb"))
    assert draw_graph(pipeline) in blocks(README, "text")[0]
    assert f"{len(pipeline.steps)} steps, {len(pipeline.edges)} edges" in blocks(README, "text")[0]


def test_the_readme_s_diagnostic_has_a_real_code():
    (code,) = re.findall(r"\[(NB\d+)\]", blocks(README, "text")[1])
    assert Code.of(code)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document):
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text):
        assert (document.parent / link).exists(), link
