"""What a user does in JupyterLab, in the words of the tests."""

import contextlib
import json

from playwright.sync_api import TimeoutError as TooLongError

from tests.conftest import notebook_document


class Lab:
    """One page with JupyterLab."""

    def __init__(self, page, address, token, folder, problems):
        self.page = page
        self.address = address
        self.token = token
        self.folder = folder
        self.problems = problems
        self.path = None

    # --- notebooks

    def write(self, *cells, name="train.ipynb", metadata=None):
        """Write a notebook into the test's folder."""
        path = self.folder / name
        path.write_text(json.dumps(notebook_document(*cells, metadata=metadata)))
        return path

    def open(self, *cells, name="train.ipynb", metadata=None, app="lab/tree"):
        """Write a notebook, open it, and show the panel."""
        self.write(*cells, name=name, metadata=metadata)
        self.visit(name, app=app)

    def visit(self, name, app="lab/tree"):
        self.path = self.folder / name
        workspace = "?reset&token=" if app.startswith("lab") else "?token="
        self.page.goto(f"{self.address}/{app}/{self.folder.name}/{name}{workspace}{self.token}")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell")
        self.page.wait_for_selector(".nb2p-Strip .nb2p-Badge", state="attached")

    def show_panel(self):
        if not self.panel.is_visible():
            self.page.locator('[role="tab"][data-id="nb2pipe-panel"]').click()
        self.page.wait_for_selector(".nb2p-Panel h2")

    def saved(self):
        """Save the notebook and return its document."""
        self.page.keyboard.press("Escape")
        before = self.path.stat().st_mtime_ns
        self.page.keyboard.press("Control+s")
        for _ in range(300):
            # Jupyter does not write a file in one go.
            if self.path.stat().st_mtime_ns != before:
                with contextlib.suppress(ValueError):
                    return json.loads(self.path.read_text())
            self.page.wait_for_timeout(100)
        raise AssertionError("the notebook was not saved")

    def tags(self):
        """Save, and return the tags of each cell."""
        return [cell["metadata"].get("tags", []) for cell in self.saved()["cells"]]

    def cell(self, number):
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number - 1)

    def command(self, name):
        """Run a command from the palette."""
        box = self.page.locator(".lm-CommandPalette-input")
        # While JupyterLab starts, it does not hear the keys yet.
        for _ in range(20):
            self.page.keyboard.press("Control+Shift+c")
            with contextlib.suppress(TooLongError):
                box.wait_for(state="visible", timeout=3000)
                break
        box.fill(name)
        self.page.locator(".lm-CommandPalette-item").first.click()

    def theme(self, name):
        """Choose a theme, which holds for the tests that follow, too."""
        self.page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", name
        )
        self.page.wait_for_selector(f'body[data-jp-theme-name="{name}"]', state="attached")

    # --- the panel

    @property
    def panel(self):
        return self.page.locator(".nb2p-Panel")

    def button(self, name):
        return self.panel.get_by_role("button", name=name)

    def steps(self):
        """Return the names of the steps in the graph."""
        return self.page.eval_on_selector_all(
            ".nb2p-Node", "nodes => nodes.map(node => node.dataset.step)"
        )

    def edges(self):
        return self.page.eval_on_selector_all(
            ".nb2p-Edge", "nodes => nodes.map(node => node.dataset.edge)"
        )

    def node(self, step):
        return self.page.locator(f'.nb2p-Node[data-step="{step}"]')

    def wait_for(self, what, seconds=60):
        """Wait until a condition is true, and return what it returned."""
        for _ in range(int(seconds * 10)):
            if found := what():
                return found
            self.page.wait_for_timeout(100)
        return what()

    def edit_cell(self, number, step=None, role=None):
        """Open the editor of a cell, fill it in, and apply."""
        self.cell(number).click()
        self.cell(number).locator(".nb2p-Badge").click()
        form = self.page.locator(".nb2p-StepEditor")
        if step is not None:
            form.get_by_label("Step", exact=True).fill(step)
        if role is not None:
            form.get_by_label("Role").select_option(role)
        form.get_by_role("button", name="Apply").click()
