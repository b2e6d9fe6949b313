"""The stories of a user, each from the first click to what comes of it."""

import json
import re
import subprocess

import pytest
from playwright.sync_api import expect

from tests.browser.server import PYTHON

TRAIN = [
    ("n = 3", "pipeline-parameters"),
    ("x = list(range(n))", "step:load"),
    ("total = sum(x)", "step:add"),
    ("print('total', total)", "step:show"),
]
WAITS = "import pathlib, time\nwhile not pathlib.Path('go').exists():\n    time.sleep(0.05)"
SLOW = [("x = 1", "step:make"), (WAITS + "\ny = x", "step:wait"), ("print('y is', y)", "step:show")]


def test_tag_a_cell_and_see_the_graph_change(lab):
    lab.open(*TRAIN[:3], "print('total', total)")
    lab.show_panel()
    assert lab.wait_for(lambda: lab.steps() == ["load", "add"])
    assert lab.edges() == ["load→add"]
    lab.edit_cell(4, step="show")
    assert lab.wait_for(lambda: lab.steps() == ["load", "add", "show"])
    assert lab.edges() == ["load→add", "add→show"]
    assert lab.tags()[3] == ["step:show"]


def test_set_a_role_and_options(lab):
    lab.open(("k = 5", "step:load", "hide-input"), ("print(k)", "step:show"))
    lab.edit_cell(1, role="pipeline-parameters")
    lab.cell(2).click()
    lab.cell(2).locator(".nb2p-Badge").click()
    form = lab.page.locator(".nb2p-StepEditor")
    form.get_by_text("Options of the step").click()
    form.get_by_label("Memory").fill("4 gigabytes")
    expect(form.get_by_role("alert")).to_have_text("Type it like this: 4Gi")
    expect(form.get_by_role("button", name="Apply")).to_be_disabled()
    form.get_by_label("Memory").fill("4Gi")
    form.get_by_label("Environment").fill("A=1\nB=2")
    form.get_by_role("button", name="Apply").click()
    assert lab.tags() == [
        ["pipeline-parameters", "step:load", "hide-input"],
        ["step:show", "limit:memory:4Gi", "env:A=1", "env:B=2"],
    ]


def test_the_variables_that_come_in_and_go_out_stand_above_the_cell(lab):
    lab.open(*TRAIN)
    strip = lab.cell(3).locator(".nb2p-Strip")
    expect(strip.get_by_label("Comes in: x")).to_have_text("← x")
    expect(strip.get_by_label("Goes out: total")).to_have_text("→ total")


def test_see_a_diagnostic_where_it_is_while_typing(lab):
    lab.open(("x = 1", "step:a"), ("print(x)", "step:b"))
    lab.show_panel()
    lab.cell(2).locator(".cm-content").click()
    lab.page.keyboard.press("Control+End")
    lab.page.keyboard.type("\nprint(missing)", delay=20)
    mark = lab.cell(2).locator(".cm-lintRange-error")
    expect(mark).to_have_text("missing")
    mark.hover()
    expect(lab.page.locator(".cm-tooltip-lint")).to_contain_text("missing")
    expect(lab.panel.get_by_role("status").first).to_have_text("2 steps, 1 error")
    lab.cell(2).locator(".cm-content").click()
    lab.page.keyboard.press("Control+End")
    for _ in range(len("print(missing)")):
        lab.page.keyboard.press("Backspace")
    expect(mark).to_have_count(0)
    expect(lab.panel.get_by_role("status").first).to_have_text("2 steps")


def test_the_list_of_problems_leads_to_the_cell(lab):
    lab.open(*[(f"a{n} = {n}", f"step:s{n}") for n in range(30)], ("print(lost)", "step:end"))
    lab.show_panel()
    lab.panel.locator('[data-code="NB203"]').get_by_role("button").first.click()
    expect(lab.cell(31)).to_have_class(re.compile("jp-mod-active"))
    expect(lab.cell(31).locator(".cm-content")).to_be_focused()
    expect(lab.cell(31)).to_be_in_viewport()


def test_fix_a_misspelt_tag(lab):
    lab.open(("x = 1", "step:a"), ("print(x)", "stp:b"))
    lab.show_panel()
    lab.panel.locator('[data-code="NB101"]').get_by_role("button", name="Fix").click()
    assert lab.wait_for(lambda: lab.steps() == ["a", "b"])
    assert lab.tags()[1] == ["step:b"]


def test_fix_in_the_code_what_only_caution_ties(lab):
    lab.open(
        ("import somelib\nx = [1]", "step:a"),
        ("somelib.look(x)", "step:b"),
        ("print(x)", "step:c"),
    )
    lab.show_panel()
    assert lab.wait_for(lambda: "b→c" in lab.edges())
    lab.cell(2).locator(".cm-lintRange-hint, .cm-lintRange-info").first.hover()
    lab.page.locator(".cm-tooltip-lint").get_by_role("button", name="Fix").first.click()
    assert lab.wait_for(lambda: "b→c" not in lab.edges())
    assert lab.tags()[1] == ["step:b", "pure:x"]


def headed(*parts):
    return [
        cell
        for name, source in parts
        for cell in ({"cell_type": "markdown", "source": f"# {name}"}, source)
    ]


STUDY = headed(
    ("Load", "x = [1, 2]\ny = 1\nz = 2"),
    ("Fit", "a = x[0] + y\nb = a + 1\nc = b + 1"),
    ("Show", "print(a)\nprint(b)\nprint(c)"),
)


def test_suggested_steps_are_accepted_whole(lab):
    lab.open(*STUDY)
    lab.show_panel()
    lab.button("Suggest steps").click()
    suggested = lab.panel.get_by_role("region", name="Suggested steps")
    expect(suggested.get_by_role("listitem")).to_have_count(3)
    assert lab.steps() == ["notebook"], "it is a preview"
    suggested.get_by_role("button", name="Accept all").click()
    assert lab.wait_for(lambda: lab.steps() == ["load", "fit", "show"])
    assert [tags for tags in lab.tags() if tags] == [["step:load"], ["step:fit"], ["step:show"]]


def test_suggested_steps_are_accepted_one_by_one(lab):
    lab.open(*STUDY)
    lab.show_panel()
    lab.button("Suggest steps").click()
    lab.button("Accept fit").click()
    assert lab.wait_for(lambda: lab.steps() == ["fit"])
    lab.button("Accept load").click()
    assert lab.wait_for(lambda: lab.steps() == ["load", "fit"])
    lab.button("Dismiss").click()
    expect(lab.panel.get_by_role("region", name="Suggested steps")).to_have_count(0)
    assert [tags for tags in lab.tags() if tags] == [["step:load"], ["step:fit"]]


def test_undo_takes_tags_back(lab):
    lab.open(*STUDY)
    lab.show_panel()
    lab.button("Suggest steps").click()
    lab.button("Accept all").click()
    assert lab.wait_for(lambda: lab.steps() == ["load", "fit", "show"])
    lab.cell(2).locator(".jp-InputPrompt").click()
    lab.page.keyboard.press("z")
    assert lab.wait_for(lambda: lab.steps() == ["notebook"])
    lab.page.keyboard.press("Shift+z")
    assert lab.wait_for(lambda: lab.steps() == ["load", "fit", "show"])


def test_click_a_step_and_its_cells_are_selected(lab):
    cells = [(f"a{n} = {n}", f"step:s{n}") for n in range(12)]
    lab.open(*cells, ("p = a1", "step:last"), "q = p")
    lab.show_panel()
    lab.node("last").click()
    expect(lab.page.locator(".jp-Cell.jp-mod-selected")).to_have_count(2)
    expect(lab.cell(13)).to_be_in_viewport()
    details = lab.panel.get_by_role("region", name="Step last")
    expect(details).to_contain_text("13, 14")
    expect(details).to_contain_text("a1")


def test_click_an_edge_and_its_variables_lead_to_their_lines(lab):
    lab.open(("x = [1]\nx.append(2)", "step:load"), ("print(x)", "step:show"))
    lab.show_panel()
    lab.page.locator('.nb2p-Edge[data-edge="load→show"] .nb2p-EdgeName').click()
    details = lab.panel.get_by_role("region", name="From load to show")
    expect(details).to_contain_text("x.append(2)")
    details.get_by_role("button", name="Go to the line that makes x").click()
    expect(lab.cell(1).locator(".cm-content")).to_be_focused()
    lab.page.keyboard.type("# here: ")
    assert lab.wait_for(lambda: "# here: x.append(2)" in lab.saved()["cells"][0]["source"])


def test_zoom_and_fit(lab):
    lab.open(*TRAIN)
    lab.show_panel()
    drawing = lab.page.locator(".nb2p-GraphFrame svg > g")
    before = drawing.get_attribute("transform")
    lab.button("Zoom in").click()
    assert lab.wait_for(lambda: drawing.get_attribute("transform") != before)
    lab.node("load").focus()
    lab.page.keyboard.press("0")
    assert lab.wait_for(lambda: drawing.get_attribute("transform") == before)


def test_convert_writes_the_bytes_of_the_command_line(lab):
    lab.open(*TRAIN)
    lab.page.get_by_role("button", name="Convert to pipeline").click()
    written = lab.folder / "train.pipeline.yaml"
    expect(lab.page.get_by_text("Wrote train.pipeline.yaml")).to_be_visible()
    done = subprocess.run(
        [PYTHON, "-m", "nb2pipe", "compile", "train.ipynb", "-o", "-"],
        cwd=lab.folder,
        capture_output=True,
        check=True,
    )
    assert written.read_bytes() == done.stdout
    expect(lab.panel).to_be_visible()
    lab.page.get_by_role("button", name="Open", exact=True).click()
    expect(lab.page.get_by_role("tab", name="train.pipeline.yaml")).to_be_visible()


def test_convert_takes_edits_that_are_not_saved(lab):
    lab.open(("x = 1", "step:a"))
    lab.cell(1).locator(".cm-content").click()
    lab.page.keyboard.press("Control+End")
    lab.page.keyboard.type("\nunsaved = 2")
    lab.command("Convert to Pipeline")
    expect(lab.page.get_by_text("Wrote train.pipeline.yaml")).to_be_visible()
    assert "unsaved = 2" in (lab.folder / "train.pipeline.yaml").read_text()


def test_convert_with_an_error_leads_to_it(lab):
    lab.open(("x = 1", "step:a"), ("print(lost)", "step:b"))
    lab.page.get_by_role("button", name="Convert to pipeline").click()
    lab.page.get_by_role("button", name="Go there").click()
    expect(lab.cell(2).locator(".cm-content")).to_be_focused()
    assert not (lab.folder / "train.pipeline.yaml").exists()


def test_the_settings_of_the_pipeline_go_into_the_notebook(lab):
    lab.open(*TRAIN)
    lab.show_panel()
    lab.panel.get_by_text("Pipeline settings").click()
    lab.panel.get_by_label("Name").fill("churn")
    lab.panel.get_by_label("Volumes").fill("raw-data:/data:ro")
    lab.panel.get_by_label("Image").fill("python:3.12")
    lab.panel.get_by_label("Name").focus()
    expect(lab.panel.get_by_role("heading", name="churn")).to_be_visible()
    assert lab.saved()["metadata"]["nb2pipe"] == {
        "name": "churn",
        "image": "python:3.12",
        "volumes": [{"name": "raw-data", "mount_path": "/data", "read_only": True}],
    }
    lab.panel.get_by_label("Target").select_option("json")
    lab.button("Convert").click()
    expect(lab.page.get_by_text(re.compile(r"Wrote .*\.json"))).to_be_visible()
    lab.panel.get_by_label("Target").select_option("kfp")


def test_what_holds_for_all_steps_is_set_in_a_form_and_taken_back(lab):
    defaults = {"labels": {"team": "growth"}, "cache": False}
    lab.open(*TRAIN, metadata={"nb2pipe": {"defaults": defaults}})
    lab.show_panel()
    lab.panel.get_by_text("Pipeline settings").click()
    form = lab.panel.get_by_role("group", name="Defaults of all steps")
    undo = lab.button("Undo change of settings")
    expect(form.get_by_label("Cache")).to_have_value("off")
    expect(undo).to_be_disabled()
    form.get_by_label("Retries").fill("twice")
    form.get_by_label("Memory").fill("4Gi")
    expect(form.get_by_role("alert")).to_have_text("Type a whole number.")
    form.get_by_label("Retries").fill("2")
    form.get_by_label("GPUs").fill("1")
    form.get_by_label("Environment").fill("A=1\nB=x=y")
    form.get_by_label("Cache").select_option("on")
    form.get_by_label("Timeout").fill("2h")
    form.get_by_label("CPU").focus()
    expect(undo).to_be_enabled()
    assert lab.saved()["metadata"]["nb2pipe"]["defaults"] == {
        "labels": {"team": "growth"},
        "limits": {"memory": "4Gi", "nvidia.com/gpu": 1},
        "retry": 2,
        "env": {"A": "1", "B": "x=y"},
        "cache": True,
        "timeout": "2h",
    }
    lab.button("Convert").click()
    written = lab.folder / "train.pipeline.yaml"
    assert lab.wait_for(written.exists)
    assert written.read_text().count("maxRetryCount: 2") == 3, "each of the steps"
    for _ in range(6):
        undo.click()
    expect(undo).to_be_disabled()
    expect(form.get_by_label("Timeout")).to_have_value("")
    expect(form.get_by_label("Cache")).to_have_value("off")
    assert lab.saved()["metadata"]["nb2pipe"] == {"defaults": defaults}


def test_a_default_of_a_parameter_is_changed_in_the_panel(lab):
    lab.open(("n = 3  # 😀\nname = 'a'", "pipeline-parameters"), ("print(n, name)", "step:show"))
    lab.show_panel()
    lab.panel.get_by_label("n int").fill("5")
    lab.panel.get_by_label("name str").fill('"it"')
    expect(lab.panel.get_by_text("Default: 3")).to_be_visible()
    lab.panel.get_by_role("button", name="Make it the default of n", exact=True).click()
    expect(lab.cell(1).locator(".cm-content")).to_contain_text("n = 5")
    expect(lab.panel.get_by_label("n int")).to_have_value("5")
    lab.button("Make it the default of name").click()
    expect(lab.cell(1).locator(".cm-content")).to_contain_text('name = "\\"it\\""')
    assert lab.saved()["cells"][0]["source"] == [
        "n = 5  # 😀\n",
        'name = "\\"it\\""',
    ]


def test_a_run_takes_the_values_that_are_seen(lab):
    lab.open(*TRAIN)
    lab.show_panel()
    lab.panel.get_by_label("n int").fill("5")
    # Another default in the code begins anew.
    lab.cell(1).locator(".cm-content").click()
    lab.page.keyboard.press("Control+End")
    lab.page.keyboard.type("0")
    expect(lab.panel.get_by_label("n int")).to_have_value("30")
    lab.button("Run here").click()
    assert lab.wait_for(lambda: states(lab) == ["succeeded"] * 3)
    lab.node("show").click()
    expect(lab.panel.locator(".nb2p-Outputs")).to_contain_text("total 435")


# --- running


def states(lab):
    return lab.page.eval_on_selector_all(
        ".nb2p-Node", "nodes => nodes.map(node => node.dataset.status)"
    )


def go(lab):
    (lab.folder / "go").touch()


def test_run_here_watch_it_and_open_the_executed_notebook(lab):
    lab.open(*SLOW)
    lab.show_panel()
    lab.button("Run here").click()
    assert lab.wait_for(lambda: states(lab) == ["succeeded", "running", "waiting"])
    go(lab)
    assert lab.wait_for(lambda: states(lab) == ["succeeded"] * 3)
    lab.node("show").click()
    expect(lab.panel.locator(".nb2p-Outputs")).to_contain_text("y is 1")
    lab.button("Executed notebook").click()
    expect(lab.page.get_by_role("tab", name="train.executed.ipynb")).to_be_visible()
    executed = json.loads((lab.folder / "train.executed.ipynb").read_text())
    assert executed["cells"][2]["outputs"][0]["text"] == "y is 1\n"


def test_output_comes_while_the_step_runs(lab):
    lab.open(("print('soon', flush=True)\n" + WAITS, "step:talk"))
    lab.show_panel()
    lab.button("Run here").click()
    lab.node("talk").click()
    lab.panel.get_by_text("Log", exact=True).click()
    expect(lab.panel.get_by_label("Log of talk")).to_contain_text("soon")
    assert states(lab) == ["running"]
    go(lab)
    assert lab.wait_for(lambda: states(lab) == ["succeeded"])


def test_run_with_other_parameters(lab):
    lab.open(*TRAIN)
    lab.show_panel()
    field = lab.panel.get_by_label("n int")
    field.fill("many")
    expect(lab.panel.get_by_role("alert")).to_have_text("This is no int.")
    expect(lab.button("Run here")).to_be_disabled()
    field.fill("5")
    lab.button("Run here").click()
    assert lab.wait_for(lambda: states(lab) == ["succeeded"] * 3)
    lab.node("show").click()
    expect(lab.panel.locator(".nb2p-Outputs")).to_contain_text("total 10")


def test_cancel_a_run(lab):
    lab.open(*SLOW)
    lab.show_panel()
    lab.button("Run here").click()
    assert lab.wait_for(lambda: states(lab) == ["succeeded", "running", "waiting"])
    lab.button("Cancel run").click()
    assert lab.wait_for(lambda: states(lab) == ["succeeded", "interrupted", "not run"])
    expect(lab.button("Run here")).to_be_enabled()


def test_a_reload_finds_the_run_again(lab):
    lab.open(*SLOW)
    lab.show_panel()
    lab.button("Run here").click()
    assert lab.wait_for(lambda: states(lab) == ["succeeded", "running", "waiting"])
    lab.visit("train.ipynb")
    lab.show_panel()
    assert lab.wait_for(lambda: states(lab) == ["succeeded", "running", "waiting"])
    go(lab)
    assert lab.wait_for(lambda: states(lab) == ["succeeded"] * 3)


def test_a_failing_step_leads_to_its_cell(lab):
    lab.open(
        ("x = 0", "step:a"),
        *[(f"a{n} = {n}", "step:filler") for n in range(15)],
        ("y = 1\nz = y / x", "step:divide"),
    )
    lab.show_panel()
    lab.button("Run here").click()
    failure = lab.panel.locator('[data-code="NB501"]')
    expect(failure).to_contain_text("ZeroDivisionError")
    failure.get_by_role("button").first.click()
    expect(lab.cell(17).locator(".cm-content")).to_be_focused()
    expect(lab.cell(17)).to_be_in_viewport()
    assert states(lab)[-1] == "failed"


def test_past_runs_and_their_report(lab):
    lab.open(*TRAIN)
    lab.show_panel()
    lab.button("Run here").click()
    assert lab.wait_for(lambda: states(lab) == ["succeeded"] * 3)
    lab.button("Hide").click()
    assert lab.wait_for(lambda: states(lab) == [""] * 3)
    runs = lab.panel.locator(".nb2p-Runs")
    expect(runs.get_by_role("listitem")).to_have_count(1)
    runs.get_by_role("button").first.click()
    assert lab.wait_for(lambda: states(lab) == ["succeeded"] * 3)
    runs.get_by_role("button", name="Report").click()
    report = lab.page.frame_locator("iframe[src*='report']")
    expect(report.get_by_role("heading", name="train.ipynb")).to_be_visible()


# --- Kubeflow


def test_submit_and_be_remembered(lab, kubeflow):
    host = f"http://127.0.0.1:{kubeflow.server_port}"
    lab.open(*TRAIN)
    lab.show_panel()
    lab.panel.get_by_label("n int").fill("7")
    lab.button("Submit…").click()
    dialog = lab.page.get_by_role("dialog")
    dialog.get_by_label("Address of Kubeflow Pipelines").fill(host)
    dialog.get_by_role("button", name="Submit").click()
    link = lab.panel.get_by_role("link")
    expect(link).to_have_attribute("href", re.compile(re.escape(host)))
    expect(lab.panel.locator(".nb2p-Submitted")).to_contain_text("SUCCEEDED")
    assert kubeflow.posted[-1][1]["runtime_config"]["parameters"] == {"n": 7}
    assert host not in json.dumps(lab.saved()), "nothing of it goes into the notebook"
    lab.button("Submit…").click()
    expect(dialog.get_by_label("Address of Kubeflow Pipelines")).to_have_value(host)
    dialog.get_by_role("button", name="Cancel").click()


# --- everywhere


@pytest.mark.parametrize(
    "theme", ["JupyterLab Dark", "JupyterLab Dark High Contrast", "JupyterLab Light"]
)
def test_nothing_of_ours_bars_people(lab, theme, axe):
    lab.open(*TRAIN[:3], ("print('total', total, lost)", "step:show"), "import math")
    lab.show_panel()
    lab.theme(theme)
    lab.panel.get_by_text("Pipeline settings").click()
    lab.node("add").click()
    lab.cell(2).click()
    lab.cell(2).locator(".nb2p-Badge").click()
    lab.page.get_by_text("Options of the step").click()
    assert axe(".nb2p-Panel", ".nb2p-Strip", ".nb2p-StepEditor") == []


def test_the_keyboard_alone_does_it(lab):
    lab.open(*TRAIN[:3], "print('total', total)")
    lab.show_panel()
    lab.button("Convert").focus()
    for name in ("Run here", "Submit…", "Suggest steps"):
        lab.page.keyboard.press("Tab")
        expect(lab.button(name)).to_be_focused()
    lab.node("load").focus()
    lab.page.keyboard.press("ArrowDown")
    expect(lab.node("add")).to_be_focused()
    lab.page.keyboard.press("Enter")
    expect(lab.panel.get_by_role("region", name="Step add")).to_be_visible()
    lab.command("Edit Step of Cell")
    step = lab.page.locator(".nb2p-StepEditor").get_by_label("Step", exact=True)
    expect(step).to_be_focused()
    lab.page.keyboard.press("Control+a")
    lab.page.keyboard.type("sum")
    lab.page.keyboard.press("Enter")
    assert lab.wait_for(lambda: lab.steps() == ["load", "sum"])
    lab.command("Edit Step of Cell")
    expect(step).to_be_focused()
    lab.page.keyboard.press("Escape")
    expect(lab.page.locator(".nb2p-StepEditor")).to_have_count(0)
    expect(lab.cell(3).locator(".nb2p-Badge")).to_be_focused()


def test_a_notebook_of_300_cells_stays_responsive(lab):
    cells = [(f"v{n} = {f'v{n - 1} + 1' if n else 0}", f"step:s{n // 10}") for n in range(300)]
    lab.open(*cells)
    lab.show_panel()
    assert lab.wait_for(lambda: len(lab.steps()) == 30)
    lab.cell(1).locator(".cm-content").click()
    lab.page.keyboard.press("Control+End")
    lab.page.keyboard.type("\nlost")
    expect(lab.cell(1).locator(".cm-lintRange-error")).to_have_text("lost")
    longest = lab.page.evaluate(
        """() => new Promise(done => {
            let longest = 0, last = performance.now(), frames = 0;
            const tick = now => {
                longest = Math.max(longest, now - last);
                last = now;
                frames++ < 60 ? requestAnimationFrame(tick) : done(longest);
            };
            requestAnimationFrame(tick);
        })"""
    )
    print("longest frame while nothing happens:", longest)
    lab.node("s29").focus()
    expect(lab.node("s29")).to_be_in_viewport()
    active = lab.page.locator(".jp-Cell.jp-mod-active")
    # On a slow machine, JupyterLab may still measure cells, and scrolls back from the one that was shown.
    for timeout in (15_000, 15_000, 60_000):
        lab.node("s29").focus()
        lab.page.keyboard.press("Enter")
        expect(lab.page.locator(".jp-Cell.jp-mod-selected")).to_have_count(10)
        try:
            expect(active).to_be_in_viewport(timeout=timeout)
        except AssertionError:
            continue
        return
    expect(active).to_be_in_viewport()


def test_notebook_7_has_it_too(lab):
    lab.open(*TRAIN, app="notebooks")
    lab.page.get_by_role("button", name="Convert to pipeline").click()
    expect(lab.panel).to_be_visible()
    assert lab.wait_for(lambda: lab.steps() == ["load", "add", "show"])
    expect(lab.page.get_by_text("Wrote train.pipeline.yaml")).to_be_visible()
    assert (lab.folder / "train.pipeline.yaml").is_file()
    lab.edit_cell(4, step="tell")
    assert lab.wait_for(lambda: lab.steps() == ["load", "add", "tell"])
    lab.button("Run here").click()
    assert lab.wait_for(lambda: states(lab) == ["succeeded"] * 3)
    # Notebook 7.6 says these without us, too.
    own = ("reading 'schema'", "filebrowser:open-path")
    lab.problems[:] = [item for item in lab.problems if not any(text in item for text in own)]


def test_the_start_does_not_wait_for_the_server(lab):
    held = []
    lab.page.route("**/nb2pipe/api/schema*", lambda route: held.append(route))  # noqa: PLW0108 -- Playwright wants a function
    lab.write(*TRAIN)
    lab.page.goto(f"{lab.address}/lab/tree/{lab.folder.name}/train.ipynb?reset&token={lab.token}")
    expect(lab.page.locator(".jp-Notebook .jp-Cell").first).to_be_visible()
    assert held, "the page has asked, and JupyterLab was there without the answer"
    held[0].continue_()
    expect(lab.cell(2).locator(".nb2p-Badge")).to_be_visible()


def test_a_server_that_fails_is_said(lab):
    lab.open(*TRAIN)
    lab.show_panel()
    lab.page.route(
        "**/nb2pipe/api/analyse*",
        lambda route: route.fulfill(status=500, json={"message": "the disk is full"}),
    )
    lab.edit_cell(4, step="other")
    expect(lab.panel.get_by_role("status").first).to_contain_text("the disk is full")
    lab.problems[:] = [item for item in lab.problems if "500" not in item]
