"""The wheel, installed into an empty environment as a user would."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = ROOT / ".venv-uv" / "bin" / "uv"
MOST_BYTES = 1_000_000  # that the page's files may have, compressed

pytestmark = pytest.mark.wheel


def run(*command, **options):
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dist")
    run(UV, "build", "--wheel", "--out-dir", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


def files_of(environment):
    return {
        path.relative_to(environment).as_posix()
        for path in environment.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_page_is_small(wheel):
    with zipfile.ZipFile(wheel) as archive:
        sizes = {
            item.filename: item.compress_size
            for item in archive.infolist()
            if "/labextensions/" in item.filename
        }
    assert any("remoteEntry" in name for name in sizes)
    assert sum(sizes.values()) < MOST_BYTES, sizes


def test_installing_enables_both_halves_and_uninstalling_leaves_nothing(wheel, tmp_path):
    environment = tmp_path / "environment"
    run(UV, "venv", "--python", sys.executable, environment)
    python = environment / "bin" / "python"
    settings = {
        **os.environ,
        "VIRTUAL_ENV": str(environment),
        "JUPYTER_CONFIG_DIR": str(tmp_path / "config"),
        "JUPYTER_DATA_DIR": str(tmp_path / "data"),
        "JUPYTER_PREFER_ENV_PATH": "1",
    }
    settings.pop("SKIP_JUPYTER_BUILDER", None)
    run(UV, "pip", "install", "--python", python, f"{wheel}[lab]")
    run(UV, "pip", "uninstall", "--python", python, "nb2pipe")
    before = files_of(environment)
    run(UV, "pip", "install", "--python", python, f"{wheel}[lab]")
    pages = run(environment / "bin" / "jupyter-labextension", "list", env=settings)
    (line,) = [line for line in pages.splitlines() if " nb2pipe v" in line]
    assert "enabled" in line
    assert "OK" in line
    servers = run(environment / "bin" / "jupyter-server", "extension", "list", env=settings)
    assert "nb2pipe.labserver" in servers
    assert "X is nb2pipe" not in servers
    after = servers.split("nb2pipe.labserver", 1)[1]
    assert "enabled" in after.splitlines()[0]
    assert "OK" in after.split("- Validating", 2)[1]
    run(UV, "pip", "uninstall", "--python", python, "nb2pipe")
    assert files_of(environment) == before
