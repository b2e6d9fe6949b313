"""A real JupyterLab with the built extension, and a real browser that uses it.

The browser is the distribution's Chromium, which is installed when it is absent. Every page is held to
three rules: no errors in its console, no request that leaves the server, no message box left open.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.browser.lab import Lab

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "nb2pipe" / "labextension"
TOKEN = "token-of-the-tests"
PATIENCE = 60_000  # milliseconds; machines that run tests may be busy
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium():
    """Return the path of the distribution's Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(
            ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium"], check=True
        )
        found = shutil.which("chromium")
    assert found, "install Chromium from the distribution's packages"
    return found


@pytest.fixture(scope="session")
def browser(chromium):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """Start JupyterLab; return its address and the folder that it serves."""
    assert (BUILT / "package.json").is_file(), "the extension is not built: `make labextension`"
    home = tmp_path_factory.mktemp("jupyter")
    extensions = home / "labextensions"
    extensions.mkdir()
    (extensions / "nb2pipe").symlink_to(BUILT)
    settings = home / "settings" / "@jupyterlab" / "apputils-extension"
    settings.mkdir(parents=True)
    (settings / "notification.jupyterlab-settings").write_text(
        '{"fetchNews": "false", "checkForUpdates": false}'
    )
    root = home / "root"
    root.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (home / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "jupyterlab",
                "--no-browser",
                "--allow-root",
                "--expose-app-in-browser",
                f"--ServerApp.root_dir={root}",
                f"--ServerApp.port={port}",
                "--ServerApp.port_retries=0",
                f"--IdentityProvider.token={TOKEN}",
                f"--LabServerApp.extra_labextensions_path={extensions}",
                f"--LabApp.extra_labextensions_path={extensions}",
            ],
            env={
                **os.environ,
                "JUPYTER_CONFIG_DIR": str(home / "config"),
                "JUPYTER_DATA_DIR": str(home / "data"),
                "JUPYTER_RUNTIME_DIR": str(home / "runtime"),
                "JUPYTERLAB_SETTINGS_DIR": str(home / "settings"),
                "JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"),
            },
            cwd=root,
            stdout=log,
            stderr=log,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_until_it_answers(address, process, home / "log.txt")
        yield address, root
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_it_answers(address, process, log):
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=5).close()
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text())


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
