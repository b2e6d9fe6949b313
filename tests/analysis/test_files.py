"""Files and folders that cells write and read become edges, also where the path is not known."""

import pytest

FOLLOWED = {
    "a literal": ("open('a.csv', 'w').write('1')", "open('a.csv').read()", {"a.csv"}),
    "joined paths": (
        "import os\nopen(os.path.join('d', 'a.csv'), 'w').write('1')",
        "open('d/a.csv').read()",
        {"d/a.csv"},
    ),
    "an argument": (
        "def save(path):\n    with open(path, 'w') as f:\n        f.write('1')\nsave('a.csv')",
        "open('a.csv').read()",
        {"a.csv"},
    ),
    "a mode": (
        "import zipfile\nwith zipfile.ZipFile('a.zip', 'w') as z:\n    z.writestr('a', 'b')",
        "import zipfile\nzipfile.ZipFile('a.zip').namelist()",
        {"a.zip"},
    ),
    "whether it is there": ("open('a', 'w')", "import os\nos.path.exists('a')", {"a"}),
    "a path object": (
        "from pathlib import Path\nPath('a').write_text('1')",
        "from pathlib import Path\nPath('a').exists()",
        {"a"},
    ),
    "a folder's content": ("open('d/a', 'w')", "import os\nos.listdir('d')", {"d/a"}),
    "a pattern": ("open('d/a.csv', 'w')", "import glob\nglob.glob('d/*.csv')", {"d/a.csv"}),
    "in a folder that was copied": (
        "import shutil\nshutil.copytree('old', 'd')", "open('d/a').read()", {"d"},
    ),
    "in a folder that was removed": (
        "open('d/a', 'w')\nimport shutil\nshutil.rmtree('d')", "open('d/a').read()", {"d", "d/a"},
    ),
    "moved from here": (
        "import shutil\nshutil.move('a', 'b')", "import os\nos.path.exists('a')", {"a"},
    ),
    "an unknown path": (
        "for name in lines:\n    open(name, 'w').write('1')", "open('a.csv').read()", {"files"},
    ),
    "an unknown path with its ending": (
        "for name in lines:\n    open(f'{name}.csv', 'w').write('1')",
        "open('a.csv').read()",
        {"files:.csv"},
    ),
    "an unknown path is read": (
        "open('a.csv', 'w').write('1')", "print(open(lines[0]).read())", {"a.csv"},
    ),
    "an unknown path with its ending is read": (
        "open('a.csv', 'w')\nopen('b.txt', 'w')", "print(open(f'{lines[0]}.csv').read())", {"a.csv"},
    ),
    "another program": ("!python train.py", "open('a.csv').read()", {"files"}),
    "another program reads": ("open('a.csv', 'w')", "!cat a.csv", {"a.csv"}),
    "a process": (
        "import subprocess\nsubprocess.run(['make'])", "open('a.csv').read()", {"files"},
    ),
}  # fmt: skip


@pytest.mark.parametrize(("write", "read", "names"), FOLLOWED.values(), ids=FOLLOWED)
def test_what_is_written_travels_to_the_reader(analysis, write, read, names):
    found = analysis(("a", "lines = list('abc')"), ("b", write), ("c", read))
    assert found.edges[("b", "c")] == names
    assert found.codes == []


APART = {
    "another file": ("open('a', 'w')", "open('b').read()"),
    "another ending": ("for n in lines: open(f'{n}.png', 'w')", "open('b.csv').read()"),
    "a neighbour": ("open('d/a', 'w')", "open('d/b', 'w')"),
    "another folder": ("open('d/a', 'w')", "import os\nos.listdir('dd')"),
    "the web": (
        "for n in lines: open(n, 'w')", "import pandas as pd\npd.read_csv('https://example.com/a.csv')"),
    "into memory": (
        "import io, pandas as pd\npd.DataFrame({'a': lines}).to_csv(io.StringIO())", "open('a').read()"),
}  # fmt: skip


@pytest.mark.parametrize(("write", "read"), APART.values(), ids=APART)
def test_what_has_nothing_to_do_with_each_other_stays_apart(analysis, write, read):
    assert ("b", "c") not in analysis(("a", "lines = list('abc')"), ("b", write), ("c", read)).edges


def test_a_file_is_complete_when_its_handle_is_closed(analysis):
    found = analysis(
        ("a", "f = open('a', 'w')"), ("a", "f.write('1')\nf.close()"), ("b", "open('a').read()")
    )
    assert [(op.op, getattr(op, "cell", None)) for op in found.pipeline.step("a").program] == [
        ("run", 0),
        ("run", 1),
        ("store", None),
    ]


def test_a_database_travels_when_it_was_written(analysis):
    found = analysis(
        ("a", "import sqlite3\nc = sqlite3.connect('a.db')"),
        ("a", "c.execute('create table t(a)')\nc.close()"),
        ("b", "print(sqlite3.connect('a.db').execute('select * from t'))"),
    )
    assert found.edges == {("a", "b"): {"a.db"}}


MEMORY = "import sqlite3\nc = sqlite3.connect(':memory:')\nd = c.cursor()"
ASKED = {
    "the last row": "print(d.lastrowid)",
    "the last row, by its database": "c.execute('select last_insert_rowid()')",
    "a function of its own": "c.create_function('f', 1, abs)",
    "a pragma that it does not tell": "c.execute('PRAGMA case_sensitive_like = ON')",
    "another database": "c.execute(\"attach ':memory:' as other\")",
    "the last row, through pandas": (
        "import pandas as pd\npd.read_sql('select last_insert_rowid() as n', con=c)\nc.execute('x')"
    ),
    "an attribute that is computed": "for n in ['lastrowid']:\n    print(getattr(d, n))",
}
CONNECTED = {
    "with types": "import sqlite3\nc = sqlite3.connect(':memory:', detect_types=1)",
    "with types, by position": "import sqlite3\nc = sqlite3.connect(':memory:', 5.0, 1)",
    "for all threads": "import sqlite3\nc = sqlite3.connect(':memory:', check_same_thread=False)",
}


def test_a_database_in_memory_goes_along(analysis):
    found = analysis(
        ("a", MEMORY),
        ("b", "d.execute('create table t(x)')"),
        ("c", "print(c.execute('select x'))"),
    )
    assert found.codes == []
    assert found.edges == {("a", "b"): {"c", "d"}, ("b", "c"): {"c"}}


@pytest.mark.parametrize("source", ASKED.values(), ids=ASKED)
def test_a_database_in_memory_that_is_asked_what_it_would_forget(analysis, source):
    assert set(analysis(("a", MEMORY), ("b", source)).codes) == {"NB206"}


@pytest.mark.parametrize("source", CONNECTED.values(), ids=CONNECTED)
def test_a_database_in_memory_that_is_not_as_they_all_are(analysis, source):
    assert analysis(("a", f"{source}\nc.execute('x')"), ("b", "c.execute('y')")).codes == ["NB206"]


def test_a_database_in_memory_with_ordinary_words(analysis):
    made = "c.execute('create table t(description text, changes int)')"
    asked = (
        "d = c.execute('select * from t where changes = ?', ('a change',))\nprint(d.description)"
    )
    assert analysis(("a", f"{MEMORY}\n{made}"), ("b", asked), ("c", "c.execute('x')")).codes == []


def test_a_copy_of_a_database_changes_it(analysis):
    first = "import sqlite3\na = sqlite3.connect(':memory:')\nb = sqlite3.connect(':memory:')"
    found = analysis(("a", first), ("b", "a.backup(b)"), ("c", "print(b.execute('select 1'))"))
    assert found.edges == {("a", "b"): {"a", "b"}, ("b", "c"): {"b"}}


def test_a_folder_that_is_made_again_makes_no_edge(analysis):
    found = analysis(
        ("a", "import os\nos.makedirs('d', exist_ok=True)"),
        ("b", "open('d/a', 'w')"),
        ("c", "open('d/b', 'w')"),
    )
    assert found.edges == {}


def test_a_folder_is_not_watched_while_files_of_unknown_names_are_written(analysis):
    found = analysis(
        ("a", "for i in range(2):\n    open(f'd/{i}.txt', 'w').write('1')"),
        ("b", "import os\nos.listdir('d')"),
    )
    (run,) = [op for op in found.pipeline.step("a").program if op.op == "run"]
    assert "<file:d>" not in run.keeps
