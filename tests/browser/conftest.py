"""A real JupyterLab with the built extension, and a real browser that uses it.

The browser is the distribution's Chromium, which is installed when it is absent. Every page is held to
three rules: no errors in its console, no request that leaves the server, no message box left open.
"""

from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.lab import Lab
from tests.browser.server import CHROMIUM_OPTIONS, PYTHON, TOKEN, find_chromium, jupyterlab

ROOT = Path(__file__).parents[2]
PATIENCE = 60_000  # milliseconds; machines that run tests may be busy


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium():
    """Return the path of the distribution's Chromium."""
    return find_chromium()


@pytest.fixture(scope="session")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Start JupyterLab; return its address and the folder that it serves."""
    with jupyterlab(tmp_path_factory.mktemp("jupyter"), PYTHON) as started:
        yield started


@pytest.fixture
def folder(server, request):
    """A folder of the test's own below the server's root."""
    path = server[1] / request.node.name.replace("[", "-").replace("]", "")
    path.mkdir()
    return path


@pytest.fixture
def lab(server, folder, browser):
    """JupyterLab in a page of its own: `lab.open(("x = 1", "step:a"), …)` shows a notebook."""
    address, _ = server
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    expect.set_options(timeout=PATIENCE)
    problems = []
    page.on("console", lambda m: m.type == "error" and problems.append(f"console: {m.text}"))
    page.on("pageerror", lambda error: problems.append(f"error: {error}"))
    page.on(
        "request",
        lambda r: (
            r.url.startswith((address, "data:", "blob:", address.replace("http", "ws")))
            or problems.append(f"request: {r.url}")
        ),
    )
    lab = Lab(page, address, TOKEN, folder, problems)
    yield lab
    context.close()
    assert not lab.problems


@pytest.fixture
def axe(lab):
    """Return what axe-core finds serious in parts of the page."""
    source = (ROOT / "labextension" / "node_modules" / "axe-core" / "axe.min.js").read_text()

    def find(*selectors):
        lab.page.evaluate(source)
        found = lab.page.evaluate(
            "selectors => axe.run({include: selectors.map(s => [s])}, {resultTypes: ['violations']})",
            list(selectors),
        )
        return [
            (item["id"], node["html"][:160], node["failureSummary"])
            for item in found["violations"]
            if item["impact"] in {"serious", "critical"}
            for node in item["nodes"]
        ]

    return find
