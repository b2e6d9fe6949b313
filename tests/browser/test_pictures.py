"""Pictures for docs/jupyterlab.md, made of what a user sees. `PICTURES=docs/pictures` keeps them there."""

import json
import os
import shutil
from pathlib import Path

from PIL import Image

from tests.browser.conftest import ROOT

SAMPLE = ROOT / "sample_notebooks" / "classification.ipynb"


def keep(lab, name, *, documented=True):
    """Take a picture; it must show something. The page of the documentation has those that are documented."""
    lab.page.mouse.move(0, 0)
    lab.page.wait_for_timeout(700)
    picture = lab.page.screenshot(path=lab.folder / name)
    assert len(picture) > 10_000
    if documented and "PICTURES" in os.environ:
        folder = Path(os.environ["PICTURES"])
        folder.mkdir(parents=True, exist_ok=True)
        # Screens have few colours: a third of the size, and nobody sees it.
        Image.open(lab.folder / name).convert("RGB").quantize(128).save(
            folder / name, optimize=True
        )


def test_an_empty_notebook(lab):
    lab.open("")
    lab.show_panel()
    assert lab.panel.get_by_role("status").first.is_visible()
    keep(lab, "empty.png", documented=False)


def show_split_of_the_sample(lab):
    shutil.copy(SAMPLE, lab.folder / "classification.ipynb")
    lab.visit("classification.ipynb")
    lab.show_panel()
    assert lab.wait_for(lambda: "split" in lab.steps())
    lab.node("split").click()


def test_a_tagged_sample_with_its_graph(lab):
    show_split_of_the_sample(lab)
    assert lab.wait_for(lambda: lab.cell(9).get_attribute("class").count("jp-mod-active"))
    keep(lab, "steps.png")


def test_the_form_of_a_cell(lab):
    show_split_of_the_sample(lab)
    lab.cell(9).locator(".nb2p-Badge").click()
    lab.page.get_by_text("Options of the step").click()
    keep(lab, "form.png")


def test_a_failed_run(lab):
    lab.open(
        ("n = 100", "pipeline-parameters"),
        ("events = list(range(n))\nprint(len(events), 'events')", "step:load"),
        ("selected = [e for e in events if e % 7 == 0]", "step:select"),
        ("weights = [1 / e for e in selected]", "step:weigh"),
        ("print(sum(weights))", "step:sum"),
    )
    lab.show_panel()
    lab.button("Run here").click()
    lab.panel.locator('[data-code="NB501"]').get_by_role("button").first.click()
    keep(lab, "failed.png")


def test_a_suggestion(lab):
    document = json.loads(SAMPLE.read_text())
    for cell in document["cells"]:
        cell["metadata"].pop("tags", None)
    (lab.folder / "classification.ipynb").write_text(json.dumps(document))
    lab.visit("classification.ipynb")
    lab.show_panel()
    lab.button("Suggest steps").click()
    lab.button("Accept all").wait_for()
    keep(lab, "suggested.png")


def test_many_steps_with_long_names_in_a_dark_narrow_panel(lab):
    long = "a_step_whose_name_is_as_long_as_it_may_be_or_nearly_so"
    cells = [
        (
            f"value_with_a_long_name_{n} = {f'value_with_a_long_name_{n - 1}' if n else 1}",
            f"step:{long}_{n}",
        )
        for n in range(30)
    ]
    lab.open(*cells)
    lab.theme("JupyterLab Dark")
    lab.show_panel()
    assert lab.wait_for(lambda: len(lab.steps()) == 30)
    lab.node(f"{long}_3").click()
    keep(lab, "dark.png", documented=False)
    wide = lab.page.evaluate(
        "() => { const p = document.querySelector('.nb2p-Panel'); return p.scrollWidth - p.clientWidth; }"
    )
    assert wide <= 1, "nothing sticks out of the panel"
    lab.theme("JupyterLab Light")
