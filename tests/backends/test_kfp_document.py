import re

import pytest
import yaml

from nb2pipe.backends.kfp.document import expanded_size, render
from nb2pipe.bundle import armour, runtime_blob
from tests.backends.pipelines import Draft

TEXTS = [
    "a = 1\nb = 2\n",
    "a = 1\nb = 2",
    "\n\na = 1\n\n\n",
    "  indented = 1\n",
    "x = '''{{$}} {{workflow.name}} $(HOME) $$'''\n",
    'y = """\\N{BULLET} ␛ ; """\n',
    "trailing = 1 \n\ttab = 2\n",
    "crlf = 1\r\nmore = 2\r",
    "nul = '\x00' # \x1b \x85 \u2028 \ufeff\n",
    "emoji = '😀' # é π\n",
    "- &id001 x\n- *id001\n---\n...\n# no comment\n%YAML 1.2\n",
    "key: value\n? | >\n!tag\n@at `tick`\n",
    "",
    " ",
    "\n",
]


def test_sources_stay_readable(compiled):
    source = "def area(r):\n\treturn 3.14 * r**2  # π · 😀 \n\n\nprint(area(2))\n"
    text = compiled(Draft().step("s", source).pipeline())
    lines = [line.strip() for line in text.splitlines()]
    assert "def area(r):" in lines
    assert "print(area(2))" in lines


@pytest.mark.parametrize("text", TEXTS)
def test_any_armoured_source_reads_back(text):
    rendered = render([{"args": [armour(text), "end"]}], shared=(), comment="c")
    assert yaml.safe_load(rendered)["args"] == [armour(text), "end"]


@pytest.mark.parametrize("text", [text for text in TEXTS if "\n" in text.strip(" ")])
def test_armoured_sources_of_several_lines_are_literal_blocks(text):
    rendered = render([{"args": [armour(text)]}], shared=(), comment="c")
    assert re.search(r"^- \|", rendered, re.MULTILINE)


def test_the_runtime_is_written_once(compiled):
    draft = Draft()
    for number in range(5):
        draft.step(f"s{number}", "x = 1")
    text = compiled(draft.pipeline())
    assert text.count(runtime_blob()) == 1
    executors = yaml.safe_load(text)["deploymentSpec"]["executors"]
    assert {executor["container"]["args"][0] for executor in executors.values()} == {runtime_blob()}


def test_aliases_survive_being_written_again(compiled):
    text = compiled(Draft().step("a", "x = 1\ny = 2\n").step("b", "x = 1\ny = 2\n").pipeline())
    document = yaml.safe_load(text)
    assert yaml.safe_load(yaml.safe_dump(document)) == document


def test_the_size_counts_what_is_shared_as_often_as_it_is_used():
    blob, block = "B" * 1000, "one\ntwo\n"
    document = {"a": [blob, block, "x"], "b": [blob, block, "- *id001"], "c": [blob]}
    shared = render([document], shared=(blob, block), comment="c")
    repeated = render([document], shared=(), comment="c")
    assert len(shared) < 1500
    assert expanded_size(shared) == pytest.approx(len(repeated), abs=100)
