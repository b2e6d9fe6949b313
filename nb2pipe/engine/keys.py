"""What a step's results depend on, as digests: two steps with the same key do the same."""

import ast
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from nb2pipe.bundle import module_texts
from nb2pipe.ir import Json, Pipeline, Step

# What an operation says about places in the notebook, which does not change what it does.
_PLACES = frozenset(
    {"cell", "number", "count", "id", "line", "notebook", "source", "substitutions"}
)
# What machines with the same packages may differ in.
_SYSTEM = (
    "import codecs, locale, platform as p, time\n"
    "print(p.python_implementation(), p.python_version(), p.system(), p.machine(), *p.libc_ver())\n"
    "print(time.tzname, codecs.lookup(locale.getpreferredencoding()).name)"
)
ENVIRONMENT = "the environment"
"""What the part of a key is called that tells the Python and its packages."""


def step_parts(  # noqa: PLR0913 -- all but what describes the step by name
    pipeline: Pipeline,
    step: Step,
    manifest: Mapping[str, Any],
    sources: Sequence[str],
    *,
    values: Mapping[str, Json],
    inputs: Mapping[str, str],
    python: str,
) -> dict[str, str]:
    """Return digests of all that the results of `step` depend on, besides files, by what they are called.

    Code counts as Python understands it, without comments and layout; where it stands in the notebook does
    not count. `inputs` are the digests of the artifacts that it gets, by key.
    """
    parts = {
        "the runtime": _runtime(),
        ENVIRONMENT: environment(python),
        "what its tags set in the environment": digest(list(step.options.env)),
    }
    for name in step.parameters:
        parts[f"parameter `{name}`"] = digest(values[name])
    for port in step.inputs:
        parts[f"input `{port.output}` from `{port.step}`"] = digest([port.kind, inputs[port.key]])
    ids = {cell.position: cell.id for cell in pipeline.cells}
    for number, operation in enumerate(manifest["program"]):
        content = {key: value for key, value in operation.items() if key not in _PLACES}
        content["apart"] = [item[:2] for item in operation.get("apart", ())]
        if "source" in operation:
            content["code"] = code_of(sources[operation["source"]])
            content["places"] = [item["name"] for item in operation.get("substitutions", ())]
        run = operation["op"] == "run"
        name = f"cell {ids[operation['cell']]}" if run else f"operation {number}"
        parts[name] = digest(content)
    outputs = {key: {**port, "made": None} for key, port in manifest["outputs"].items()}
    more = [manifest["metrics"], manifest.get("states"), manifest.get("modules")]
    parts["what it hands on"] = digest([outputs, *more])
    return parts


def key_of(parts: Mapping[str, str]) -> str:
    """Return the key of a step with these parts: their digests, in order, without what they are called."""
    return digest(list(parts.values()))


def digest(content: Any) -> str:
    """Return the digest of a JSON value."""
    text = json.dumps(content, sort_keys=True, ensure_ascii=True)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@cache
def code_of(source: str) -> str:
    """Return code without comments and layout; text that is not plain Python as it is."""
    try:
        return ast.dump(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source


@cache
def _runtime() -> str:
    return digest(module_texts())


@cache
def environment(python: str) -> str:
    """Return a digest of the Python that runs the steps, and of the packages that are installed for it.

    It is found without starting that Python: installed packages have a folder with name and version.
    """
    found = Path(shutil.which(python) or python)
    try:
        real = found.resolve(strict=True)
        stamp = [str(real), real.stat().st_size, real.stat().st_mtime_ns]
    except OSError:
        return digest([python])
    packages = sorted(map(str, _packages(python, found, real)))
    return digest([stamp, packages, os.environ.get("PYTHONPATH", "")])


@cache
def shared_environment(python: str) -> str:
    """Return a digest that is the same on all machines where `environment` tells of equal things.

    That is the version of Python, the kind of system, its time zone and encoding, and the code of every package
    as its list of files (`RECORD`) has it. Packages without such a list are known by their place and age alone.
    """
    found = Path(shutil.which(python) or python)
    try:
        done = subprocess.run(  # noqa: S603 -- it runs the steps
            [python, "-I", "-S", "-c", _SYSTEM], capture_output=True, text=True, check=True
        )
        packages = sorted(_content_of(entry) for entry in _packages(python, found, found.resolve()))
    except (OSError, subprocess.CalledProcessError):
        return environment(python)
    return digest([done.stdout, packages, os.environ.get("PYTHONPATH", "")])


def _packages(python: str, found: Path, real: Path) -> set[Path]:
    """Return what stands for the packages that are installed for a Python."""
    places = [*_site_folders(found.parent.parent), *_site_folders(real.parent.parent)]
    if python == sys.executable:
        places += [Path(entry) for entry in sys.path if entry]
    return {
        entry
        for place in dict.fromkeys(places)
        if place.is_dir()
        for entry in place.iterdir()
        if entry.suffix in {".dist-info", ".egg-info", ".pth", ".egg-link"}
    }


def _content_of(entry: Path) -> list[str]:
    """Return what a package is made of, wherever it is.

    Scripts begin with the path of their Python, and what is noted about the installation tells of it, too.
    """
    if entry.suffix == ".pth":  # a module that it leads to is a file that the step reads
        return [entry.name, hashlib.blake2b(entry.read_bytes(), digest_size=16).hexdigest()]
    try:
        lines = (entry / "RECORD").read_text("utf-8").splitlines()
    except OSError:
        return [str(entry), str(entry.stat().st_mtime_ns)]
    code = [line for line in lines if ",sha256=" in line]
    return [entry.name, *(line for line in code if not line.startswith(("..", entry.name)))]


def _site_folders(prefix: Path) -> Iterator[Path]:
    for pattern in ("lib/python3*/site-packages", "lib/python3*/dist-packages"):
        yield from sorted(prefix.glob(pattern))
