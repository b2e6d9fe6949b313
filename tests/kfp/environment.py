"""A Python for steps: the project's own packages, without nb2pipe."""

import os
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

_TOOL = "nb2pipe"
_ARITHMETIC = ("MKL_", "OMP_", "OPENBLAS_")


def make_environment(folder: Path, *, packages: bool = True) -> Path:
    """Make a virtual environment in `folder`; return the folder in which its `python3` is.

    It sees every package of the running environment but nb2pipe (links, nothing is copied or
    downloaded), or no package at all.
    """
    venv.create(folder, with_pip=False, symlinks=True)
    bin_folder = folder / "bin"
    if packages:
        _link_packages(Path(sysconfig.get_path("purelib")), _site_packages(bin_folder))
    _refuse_nb2pipe(bin_folder)
    return bin_folder


def arithmetic() -> dict[str, str]:
    """Return the variables that choose how a machine's libraries calculate, to the last bit."""
    return {name: value for name, value in os.environ.items() if name.startswith(_ARITHMETIC)}


def _site_packages(bin_folder: Path) -> Path:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    return Path(_python(bin_folder, code).stdout.strip())


def _link_packages(source: Path, target: Path) -> None:
    for entry in source.iterdir():
        if _TOOL not in entry.name and entry.name != "__pycache__":
            (target / entry.name).symlink_to(entry)


def _refuse_nb2pipe(bin_folder: Path) -> None:
    found = _python(bin_folder, f"import {_TOOL}", check=False)
    assert "ModuleNotFoundError" in found.stderr, f"a step could import {_TOOL}"


def _python(bin_folder: Path, code: str, *, check: bool = True) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.defpath, "HOME": str(bin_folder)}
    return subprocess.run(
        [bin_folder / "python3", "-c", code],
        cwd=bin_folder,
        env=environment,
        capture_output=True,
        text=True,
        check=check,
    )


assert sys.prefix != sys.base_prefix, "the tests run in a virtual environment"
