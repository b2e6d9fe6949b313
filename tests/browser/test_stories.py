"""The stories of a user, each from the first click to what comes of it."""

import subprocess
import sys

from playwright.sync_api import expect

TRAIN = [
    ("n = 3", "pipeline-parameters"),
    ("x = list(range(n))", "step:load"),
    ("total = sum(x)", "step:add"),
    ("print('total', total)", "step:show"),
]


def test_tag_a_cell_and_see_the_graph_change(lab):
    lab.open(*TRAIN[:3], "print('total', total)")
    lab.show_panel()
    assert lab.wait_for(lambda: lab.steps() == ["load", "add"])
    assert lab.edges() == ["load→add"]
    lab.edit_cell(4, step="show")
    assert lab.wait_for(lambda: lab.steps() == ["load", "add", "show"])
    assert lab.edges() == ["load→add", "add→show"]
    assert lab.tags()[3] == ["step:show"]


def test_convert_writes_the_bytes_of_the_command_line(lab):
    lab.open(*TRAIN)
    lab.page.get_by_role("button", name="Convert to pipeline").click()
    written = lab.folder / "train.pipeline.yaml"
    expect(lab.page.get_by_text("Wrote train.pipeline.yaml")).to_be_visible()
    done = subprocess.run(
        [sys.executable, "-m", "nb2pipe", "compile", "train.ipynb", "-o", "-"],
        cwd=lab.folder,
        capture_output=True,
        check=True,
    )
    assert written.read_bytes() == done.stdout
    expect(lab.panel).to_be_visible()
    lab.page.get_by_role("button", name="Open", exact=True).click()
    expect(lab.page.get_by_role("tab", name="train.pipeline.yaml")).to_be_visible()
