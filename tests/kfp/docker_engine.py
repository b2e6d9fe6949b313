"""A Docker daemon of our own, and an image made of this machine's Python, without a registry."""

import io
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

import docker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

IMAGE = "nb2pipe-steps:test"
_ROOT = Path(__file__).parents[2]
_PREFIX = "/usr/local"
_COMMANDS = ("sh", "ls", "cat", "echo", "pwd", "date", "hostname", "head", "wc", "uname")
_START_SECONDS = 60


@contextmanager
def docker_daemon(folder: Path) -> Iterator[str]:
    """Run a daemon that keeps everything in `folder`; yield the address of its socket."""
    if shutil.which("dockerd") is None:
        _install()
    folder.mkdir(parents=True, exist_ok=True)
    address = f"unix://{folder}/docker.sock"
    command = [
        "dockerd",
        *("--data-root", folder / "root", "--exec-root", folder / "exec"),
        *("-H", address, "-p", folder / "docker.pid"),
        *("--iptables=false", "--ip6tables=false", "--bridge=none"),
        *("--default-ulimit", "nofile=20000:20000"),
    ]
    with (folder / "log").open("wb") as log:
        daemon = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        _wait(daemon, address, folder / "log")
        yield address
    finally:
        daemon.terminate()
        daemon.wait(timeout=_START_SECONDS)


def import_image(address: str, archive: Path) -> None:
    """Make `IMAGE` of this Python, the packages that notebooks need, and a shell."""
    with tarfile.open(archive, "w") as tar:
        _add_python(tar)
        packages = _add_packages(tar)
        commands = [Path(found) for name in _COMMANDS if (found := shutil.which(name))]
        for path in commands:
            tar.add(path.resolve(), f"/bin/{path.name}")
        extensions = [path for path in packages if ".so" in path.name]
        _add_libraries(tar, [Path(sys.executable).resolve(), *commands, *extensions])
        _add_folder(tar, "/tmp", mode=0o1777)  # noqa: S108 -- in the image
        _add_file(tar, "/etc/passwd", b"root:x:0:0:root:/root:/bin/sh\n")
    client = docker.DockerClient(base_url=address)
    repository, tag = IMAGE.split(":")
    client.api.import_image(src=str(archive), repository=repository, tag=tag)
    client.close()
    archive.unlink()


def _install() -> None:
    subprocess.run(["apt-get", "update", "-q"], check=True, stdout=subprocess.DEVNULL)
    packages = ["docker.io", "containerd", "runc"]
    subprocess.run(
        ["apt-get", "install", "-q", "-y", "--no-install-recommends", *packages],
        check=True,
        stdout=subprocess.DEVNULL,
        env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
    )


def _wait(daemon: subprocess.Popen[bytes], address: str, log: Path) -> None:
    socket = Path(address.removeprefix("unix://"))
    deadline = time.monotonic() + _START_SECONDS
    while not socket.exists():
        if daemon.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"dockerd does not start:\n{log.read_text()}")
        time.sleep(0.1)


def _add_python(tar: tarfile.TarFile) -> None:
    library = Path(sysconfig.get_path("stdlib"))
    tar.add(Path(sys.executable).resolve(), f"{_PREFIX}/bin/python3")

    def without_packages(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
        return (
            None if re.search(r"/(site-packages|test|ensurepip|idlelib)$", member.name) else member
        )

    tar.add(library, f"{_PREFIX}/lib/{library.name}", filter=without_packages)


def _add_packages(tar: tarfile.TarFile) -> list[Path]:
    library = Path(sysconfig.get_path("stdlib"))
    target = f"{_PREFIX}/lib/{library.name}/site-packages"
    added = list((library / "lib-dynload").iterdir())
    for package in _notebook_packages():
        for file in package.files or ():
            path = Path(str(package.locate_file(file)))
            if ".." not in file.parts and path.is_file():
                tar.add(path, f"{target}/{file}")
                added.append(path)
    return added


def _notebook_packages() -> list[Distribution]:
    """The packages of the dependency group `notebooks` and all that they need."""
    project = tomllib.loads((_ROOT / "pyproject.toml").read_text())
    waiting = [Requirement(line) for line in project["dependency-groups"]["notebooks"]]
    found: dict[str, Distribution] = {}
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)  # some write `typing_extensions`
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        try:
            package = found[name] = distribution(name)
        except PackageNotFoundError:
            continue
        waiting += [Requirement(line) for line in package.requires or ()]
    return list(found.values())


def _add_libraries(tar: tarfile.TarFile, binaries: list[Path]) -> None:
    listed = subprocess.run(["ldd", *binaries], capture_output=True, text=True, check=False).stdout
    for name in sorted(set(re.findall(r"(?:=> |^\s+)(/\S+) \(0x", listed, re.MULTILINE))):
        if "site-packages" not in name:
            tar.add(Path(name).resolve(), name)


def _add_folder(tar: tarfile.TarFile, name: str, *, mode: int) -> None:
    member = tarfile.TarInfo(name)
    member.type, member.mode = tarfile.DIRTYPE, mode
    tar.addfile(member)


def _add_file(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    member = tarfile.TarInfo(name)
    member.size = len(content)
    tar.addfile(member, io.BytesIO(content))
