"""Modules beside the notebook keep things: the pipeline prints what the notebook does, or tells what changed."""

import re
from pathlib import Path

import nbformat  # noqa: TID253 -- start-up time does not matter here
import pytest

import nb2pipe
from nb2pipe.diagnostics import CompileError
from tests.cases.test_language_cases import cells_of, read_cases

CASES = read_cases(Path(__file__).with_name("local_modules.txt"))
# What no step hands on, and is said so: the variable that changed.
STOPPED = {
    "a decorator of a module fills its registry": "pkg.REG",
    "a decorator of a module counts calls": "u.STATS",
    "functions of a module are called by others, and count": "u.C",
    "a default value of a module remembers": "u.compute",
    "an attribute of a class of a module changes through its object": "u.Config",
}

REFUSED = {
    "a part of an array of a module changes with it",
    "a module gives its frame, and changes it",
    "a part of what a module keeps changes",
}


def run(text, folder, *, whole):
    """Run a case, in one step if `whole`; return what each cell printed, and what is wrong."""
    modules, cells = text.split("# %%", 1)
    for part in re.split(r"^@@ ", modules, flags=re.MULTILINE)[1:]:
        name, source = part.split("\n", 1)
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(source, encoding="utf-8")
    notebook = nbformat.v4.new_notebook()
    for step, source in cells_of("# %%" + cells):
        tags = {"tags": ["step:all" if whole else f"step:{step}"]}
        notebook.cells.append(nbformat.v4.new_code_cell(source, metadata=tags))
    folder.mkdir(exist_ok=True)
    nbformat.write(notebook, folder / "case.ipynb")
    result = nb2pipe.run(folder / "case.ipynb")
    printed = [
        "".join(output.get("text", "") for output in cell["outputs"])
        for cell in result.notebook["cells"]
    ]
    return printed, [found for found in result.diagnostics if found.is_error]


@pytest.mark.notebooks
@pytest.mark.parametrize("title", CASES)
def test_the_pipeline_prints_what_the_notebook_prints(title, tmp_path):
    whole, wrong = run(CASES[title], tmp_path / "whole", whole=True)
    assert any(whole)
    assert not wrong
    if title in REFUSED:
        with pytest.raises(CompileError, match="what a module keeps in a variable, and changes"):
            run(CASES[title], tmp_path / "parts", whole=False)
        return
    parts, problems = run(CASES[title], tmp_path / "parts", whole=False)
    if title in STOPPED:
        assert {problem.code.number for problem in problems} == {"NB509"}
        assert any(f"`{STOPPED[title]}` was changed" in problem.message for problem in problems)
    else:
        assert problems == []
        assert parts == whole
