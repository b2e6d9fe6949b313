"""A real JupyterLab with the built extension, and the browser that is there to use it."""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

BUILT = Path(__file__).parents[2] / "nb2pipe" / "labextension"
# Has the JupyterLab and the nb2pipe that are used; `make oldest` takes another.
PYTHON = os.environ.get("JUPYTERLAB_PYTHON", sys.executable)
TOKEN = "token-of-the-tests"
CHROMIUM_OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]


def find_chromium() -> str:
    """Return the path of the distribution's Chromium, which is installed when it is absent."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None and shutil.which("apt-get") and os.geteuid() == 0:
        subprocess.run(["apt-get", "update", "-qq"], check=True)
        subprocess.run(
            ["apt-get", "install", "-qq", "-y", "--no-install-recommends", "chromium"], check=True
        )
        found = shutil.which("chromium")
    assert found, "install Chromium from the distribution's packages"
    return found


@contextlib.contextmanager
def jupyterlab(home: Path, python: str, *, is_extended: bool = True) -> Iterator[tuple[str, Path]]:
    """Run JupyterLab with a home of its own; yield its address and the folder that it serves.

    Without `is_extended` it does not know of nb2pipe, unless `python` has the page installed.
    """
    assert (BUILT / "package.json").is_file(), "the extension is not built: `make labextension`"
    extensions = home / "labextensions"
    extensions.mkdir()
    if is_extended:
        (extensions / "nb2pipe").symlink_to(BUILT)
    else:
        enabled = {"jpserver_extensions": {"nb2pipe.labserver": False}}
        _write(home / "config/jupyter_server_config.json", {"ServerApp": enabled})
    _write(
        home / "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings",
        {"fetchNews": "false", "checkForUpdates": False},
    )
    root = home / "root"
    root.mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (home / "log.txt").open("wb") as log:
        process = subprocess.Popen(
            [
                python,
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


def _write(path: Path, content: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content))


def _wait_until_it_answers(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=5).close()
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text())
