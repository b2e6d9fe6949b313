"""Code, manifest and runtime arrive in a container as they left: through YAML, engines and argv."""

import ast
import json
import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import nb2pipe.runtime
from nb2pipe.analysis.scopes import bound_names
from nb2pipe.bundle import BOOTSTRAP, armour, command_line, runtime_blob, runtime_source
from nb2pipe.bundle.minify import minified_text
from nb2pipe.bundle.runtime import MODULES
from tests.runtime.conftest import cells, interpreter, manifest, texts

NASTY = {
    "nul": "\0",
    "placeholders": "{{$}} {{$.inputs.parameters['x']}} {{{ {{workflow.name}} }} {{=1}}",
    "kubernetes": "$(HOME) $$(HOME) $$$ $",
    "quotes": "''' \"\"\" ' \" \\ \\N{BULLET} \\u00e9 \\",
    "emoji": "é ü 😀 \u4e2d \U0010ffff",
    "line ends": "a\r\nb\rc\n\nd\n",
    "blanks": "a \n\t\n   \n b\t \n\n",
    "breaks": "\x85\u2028\u2029\ufeff\x0b\x0c\x1c\x7f\x80",
    "surrogates": "\ud800 \udfff",
    "escapes": "\u241b \u241b7b; \u241b",
    "yaml": "- a: b # c\n---\n...\n%TAG !",
    "empty": "",
    "leading": "\n\n  x",
}

# What is left must be printable in a YAML block scalar by libyaml, which is stricter than Python's.
BLOCK_SCALAR = re.compile("[\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd]*")


def check_armoured(text):
    armoured = armour(text)
    assert BLOCK_SCALAR.fullmatch(armoured)
    assert not re.search(r"\{\{|\$\$|\$\(| $", armoured, re.MULTILINE)
    assert "\ufeff" not in armoured
    if armoured:
        written = yaml.dump(
            [Block(armoured)], Dumper=BlockDumper, allow_unicode=True, default_flow_style=False
        )
        assert written.startswith("- |")
        assert yaml.load(written, Loader=yaml.CSafeLoader) == [armoured]


class Block(str):
    __slots__ = ()


class BlockDumper(yaml.CSafeDumper):
    pass


BlockDumper.add_representer(
    Block,
    lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|"),
)


@pytest.mark.parametrize("name", NASTY)
def test_armoured_text_is_a_block_of_yaml(name):
    check_armoured(NASTY[name])


@given(st.text(st.one_of(st.sampled_from("{$( \n\t;\u241b7b"), st.characters())))
def test_any_armoured_text_is_a_block_of_yaml(text):
    check_armoured(text)


def test_normal_code_stays_as_it_is():
    code = 'def f(x):\n    """Größe {x} ${x}."""\n    return {"a": {"b": x}}  # 1 $\n'
    assert armour(code) == code


FIND_SOURCES = """
import gc, json
found = [o for o in gc.get_objects() if type(o) is list and o and o[0] == "# the " + "first"]
json.dump(found[0], open("seen.json", "w"))
"""


def test_sources_arrive_unchanged(bare):
    long = ["x = 1\n" * 20_000, "y" * 100_000, "{" * 20_000, "é " * 50_000, "z\n" * 500_000]
    sources = ["# the first", *NASTY.values(), *long, FIND_SOURCES]
    operation = {**cells(1)[0], "source": len(sources) - 1}
    result = bare(manifest([operation]), sources)
    assert result["error"] is None, result["stderr"]
    assert json.loads((bare.folder / "seen.json").read_text()) == sources


def test_a_manifest_arrives_unchanged(plain):
    parameters = dict(NASTY)
    program = [
        *({"op": "bind", "name": name} for name in parameters if name.isidentifier()),
        *cells(1),
    ]
    result = plain(manifest(program, parameters=parameters), ["print(ascii([nul, quotes, emoji]))"])
    assert texts(result) == ascii([NASTY["nul"], NASTY["quotes"], NASTY["emoji"]]) + "\n"


def test_the_runtime_is_one_small_word():
    blob = runtime_blob()
    # Ten steps of a line, with all else that Kubeflow asks for, are to fit into 256 KiB; more hand it on.
    assert len(blob) < 24_000
    for text in blob, BOOTSTRAP:
        assert not re.search(r"\{\{|\$\(|\$\$", text)
    assert blob.isascii()
    assert not re.search(r"\s", blob)


def test_the_modules_of_the_runtime_fit_into_one():
    """They are packed as one module: a name that two of them give would mean the same in both."""
    folder = Path(nb2pipe.runtime.__file__).parent
    statements = [
        statement
        for module in MODULES
        for statement in ast.parse((folder / f"{module}.py").read_text("utf-8")).body
        if not isinstance(statement, ast.Import | ast.ImportFrom)
    ]
    given = Counter(
        name
        for statement in statements
        for node in [
            statement,
            *getattr(statement, "targets", ()),
            getattr(statement, "target", None),
        ]
        if isinstance(node, ast.Name | ast.FunctionDef | ast.ClassDef)
        for name in bound_names(node)
    )
    assert given["STATES"] == 1
    assert [name for name, count in given.items() if count > 1] == []


@pytest.mark.parametrize(
    "source",
    [
        "x = 'a  b' if y is not None else [1 - 2, *z]",
        "def f(a, *, b=1):\n    return -a in {'it': \"it's  =\"}, not a",
        "print(f'{x!r:>{width}} = {d[\"a  b\"]}')",
        "if x:\n    for y in b'  ':\n        yield_ = lambda: (yield)",
    ],
)
def test_blanks_are_left_out_of_code_only_where_they_mean_nothing(source):
    text = minified_text(ast.parse(source))
    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(source))
    assert len(text) <= len(source) + 1


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_every_python_packs_the_runtime_the_same_way(version):
    python = interpreter(version)
    if python is None:
        pytest.skip(f"there is no Python {version} here")
    program = "from nb2pipe.bundle.runtime import runtime_source; print(runtime_source(), end='')"
    root = Path(__file__).parents[2]
    process = subprocess.run(
        [python, "-c", program],
        cwd=root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
    )
    assert process.stdout == runtime_source()


def test_a_locale_without_unicode(plain):
    process = plain.run("print('é😀')", "'\\udc80'", "print('\\udc80')")
    assert texts(process) == "é😀\n'\\udc80'\udc80\n"
    for locale in "C", "POSIX", "no_such_locale":
        document = command_line(
            manifest(cells(1)), ["open('seen', 'w', encoding='utf-8').write('é😀')"]
        )
        (plain.folder / "ports").write_text('{"inputs": {}, "outputs": {}, "parameters": {}}')
        result = plain.start([*document, "--ports", "ports"], locale=locale)
        assert result.returncode == 0, result.stderr
        assert (plain.folder / "seen").read_text("utf-8") == "é😀"


def test_nothing_of_the_runtime_is_in_the_way(bare):
    result = bare.run(
        "print(sorted(globals()))",
        "import sys; print(__name__, sys.argv, sys.path[0] == '', '__file__' in globals())",
        "print([n for n in sys.modules if 'nb2pipe' in n], 'IPython' in sys.modules)",
    )
    assert result["error"] is None
    first, second, third = texts(result).splitlines()
    assert (
        first
        == "['Out', '__builtins__', '__doc__', '__loader__', '__name__', '__package__', '__spec__', '_oh']"
    )
    assert second == "__main__ ['-c'] True False"
    assert third == "['nb2pipe_runtime'] False"
