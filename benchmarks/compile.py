"""Measure `nb2pipe check` and `nb2pipe compile`, and Kale beside them, as whole processes.

See README.md in this folder. Nothing large is imported before the measurements: `measure` says why.
"""

import argparse
import json
import platform
import subprocess
import sys
import tempfile
import venv
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from generate import Notebook, one_line_steps, realistic, write
from measure import CommandFailedError, Cost, measure

_FOLDER = Path(__file__).parent
_RESULTS = _FOLDER / "results" / "compile.json"
_PAGE = _FOLDER.parent / "docs" / "performance.md"
_KALE_FOLDER = _FOLDER / ".kale"
_KALE_STEPS = 200  # its time grows with the square of the steps: 1,000 would take half an hour

# Notebooks by name, with the number of their steps.
_NOTEBOOKS: dict[str, tuple[int, Callable[[], Notebook]]] = {
    "10 steps": (10, partial(one_line_steps, 10)),
    "50 steps": (50, partial(one_line_steps, 50)),
    "200 steps": (200, partial(one_line_steps, 200)),
    "1000 steps": (1000, partial(one_line_steps, 1000)),
    "50 cells, realistic": (13, partial(realistic, regions=11, cells_per_step=4)),
    "30 steps, realistic": (30, partial(realistic, regions=7, cells_per_step=1)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one notebook costs; sizes in bytes, of the YAML and with its aliases written out."""

    notebook: str
    steps: int
    check: Cost
    compile: Cost
    yaml_bytes: int
    expanded_bytes: int
    kale: Cost | None = None
    kale_yaml_bytes: int | None = None
    kale_error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A figure that must stay below a limit."""

    name: str
    value: float
    limit: float
    unit: str

    @property
    def met(self) -> bool:
        """Tell whether the figure is below its limit."""
        return self.value < self.limit


def main() -> int:
    """Measure, print, and keep the results; return 1 when a target is missed."""
    arguments = _arguments()
    kale = _kale_python(arguments.kale)
    with tempfile.TemporaryDirectory() as scratch:
        rows = [
            _measure_row(name, Path(scratch), arguments.runs, kale) for name in arguments.notebooks
        ]
        baselines = {
            "python": measure(
                [sys.executable, "-c", "pass"], cwd=Path(scratch), runs=arguments.runs
            ),
            "import kfp": measure(
                [sys.executable, "-c", "import kfp"], cwd=Path(scratch), runs=arguments.runs
            ),
        }
    targets = _targets({row.notebook: row for row in rows})
    document = {
        "python": platform.python_version(),
        "nb2pipe": _version(Path(sys.executable), "nb2pipe"),
        "kale": _version(kale, "kubeflow-kale") if kale else None,
        "baselines": {name: asdict(cost) for name, cost in baselines.items()},
        "rows": [asdict(row) for row in rows],
        "targets": [asdict(target) | {"met": target.met} for target in targets],
    }

    from report import print_tables, write_section  # noqa: PLC0415 -- large, so after the measurements

    print_tables(document)
    if not kale:
        print("Kale was not measured: pass --kale to install and measure its newest release.")
    if arguments.keep:
        _RESULTS.parent.mkdir(exist_ok=True)
        _RESULTS.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
        write_section(_PAGE, document)
    return 0 if all(target.met for target in targets) else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--runs", type=int, default=5, help="runs of each command; the median counts"
    )
    parser.add_argument(
        "--kale",
        nargs="?",
        const="",
        metavar="PYTHON",
        help="measure Kale too: with this Python, or in an environment made in benchmarks/.kale",
    )
    parser.add_argument(
        "--keep", action="store_true", help="write results/compile.json and docs/performance.md"
    )
    parser.add_argument(
        "notebooks", nargs="*", default=list(_NOTEBOOKS), help=f"some of: {', '.join(_NOTEBOOKS)}"
    )
    arguments = parser.parse_args()
    unknown = set(arguments.notebooks) - set(_NOTEBOOKS)
    if unknown:
        parser.error(f"no such notebook: {', '.join(sorted(unknown))}")
    return arguments


def _kale_python(choice: str | None) -> Path | None:
    """Return the Python that has Kale, made when none is named; None when not asked for."""
    if choice is None:
        return None
    if choice:
        return Path(choice).absolute()
    python = _KALE_FOLDER / "bin" / "python"
    if not python.exists():
        venv.create(_KALE_FOLDER, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "kubeflow-kale"], check=True)
    return python


def _measure_row(name: str, scratch: Path, runs: int, kale: Path | None) -> Row:
    steps, make = _NOTEBOOKS[name]
    folder = scratch / name.replace(" ", "-")
    folder.mkdir()
    notebook = write(make(), folder / "notebook.ipynb")
    output = folder / "notebook.pipeline.yaml"
    print(f"{name} ...", file=sys.stderr, flush=True)
    nb2pipe = [sys.executable, "-m", "nb2pipe"]
    check = measure([*nb2pipe, "check", notebook], cwd=folder, runs=runs)
    compile_ = measure([*nb2pipe, "compile", notebook, "-o", output], cwd=folder, runs=runs)
    row = Row(
        notebook=name,
        steps=steps,
        check=check,
        compile=compile_,
        yaml_bytes=output.stat().st_size,
        expanded_bytes=_expanded_bytes(output),
    )
    if kale is None or steps > _KALE_STEPS:
        return row
    return _with_kale(row, notebook, runs, kale)


def _with_kale(row: Row, notebook: Path, runs: int, kale: Path) -> Row:
    """Return the row with Kale's cost; its large notebooks are run once only, without a warm-up."""
    large = row.steps >= _KALE_STEPS
    command = [kale.with_name("kale"), "--nb", notebook.name]
    try:
        cost = measure(command, cwd=notebook.parent, runs=1 if large else runs, warm_up=not large)
    except CommandFailedError as failure:
        return replace(row, kale_error=str(failure).splitlines()[-1])
    (output,) = (notebook.parent / ".kale").glob("*.yaml")
    return replace(row, kale=cost, kale_yaml_bytes=output.stat().st_size)


def _targets(rows: dict[str, Row]) -> list[Target]:
    """Return the targets whose notebooks were measured."""
    targets = []
    if row := rows.get("50 cells, realistic"):
        targets.append(_cpu("check of 50 cells, realistic", row.check, 0.4))
    if row := rows.get("50 steps"):
        targets.append(_cpu("compile of 50 steps", row.compile, 1.0))
    if row := rows.get("200 steps"):
        targets.append(_cpu("compile of 200 steps", row.compile, 1.6))
        targets.append(_size("YAML of 200 steps", row.yaml_bytes, 1_000_000))
    if row := rows.get("30 steps, realistic"):
        targets.append(_size("YAML of 30 steps, realistic", row.yaml_bytes, 256 * 1024))
        targets.append(
            _size("YAML of 30 steps, realistic, expanded", row.expanded_bytes, 256 * 1024)
        )
    if {"50 steps", "200 steps", "1000 steps"} <= rows.keys():
        targets += [_growth(command, rows) for command in ("check", "compile")]
    return targets


def _cpu(name: str, cost: Cost, limit: float) -> Target:
    return Target(name=name, value=cost.cpu_seconds, limit=limit, unit="s")


def _size(name: str, size: int, limit: int) -> Target:
    return Target(name=name, value=size / 1024, limit=limit / 1024, unit="KiB")


def _growth(command: str, rows: dict[str, Row]) -> Target:
    """Compare the cost of a further step among many with that among few; a fifth is noise."""
    few, some, many = (
        getattr(rows[f"{steps} steps"], command).cpu_seconds for steps in (50, 200, 1000)
    )
    ratio = ((many - some) / 800) / max((some - few) / 150, 1e-6)
    return Target(
        name=f"{command}: cost of a step, from 200 to 1,000 over from 50 to 200",
        value=round(ratio, 2),
        limit=1.2,
        unit="times",
    )


def _expanded_bytes(path: Path) -> int:
    """Return the size of the YAML with its aliases written out; a process of its own reads it."""
    code = (
        "import sys, yaml\n"
        "class Plain(yaml.CSafeDumper):\n"
        "    def ignore_aliases(self, data): return True\n"
        "documents = yaml.load_all(open(sys.argv[1]), yaml.CSafeLoader)\n"
        "print(len(yaml.dump_all(documents, Dumper=Plain, allow_unicode=True).encode()))"
    )
    return int(subprocess.check_output([sys.executable, "-c", code, path]))


def _version(python: Path, distribution: str) -> str:
    code = f"from importlib.metadata import version; print(version({distribution!r}))"
    return subprocess.check_output([python, "-c", code], text=True).strip()


if __name__ == "__main__":
    sys.exit(main())
