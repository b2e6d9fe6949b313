"""What it costs to store a value and to have it back, with other ways to do that beside it.

See README.md in this folder. Every measurement is a process of its own (`store_worker.py`), in an environment
with the libraries, which this one has not. All medians; ratios are of one run.
"""

import argparse
import json
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from section import write_section
from targets import Target

_FOLDER = Path(__file__).parent
_RESULTS = _FOLDER / "results" / "store.json"
_PAGE = _FOLDER.parent / "docs" / "performance.md"
_WORKER = _FOLDER / "store_worker.py"
_ENVIRONMENT = _FOLDER / ".store"
_LIBRARIES = "numpy", "pandas", "pyarrow", "scikit-learn", "joblib", "dill", "cloudpickle", "xxhash"

_PLAIN, _OURS, _PICKLE = "plain write", "nb2pipe", "pickle 5"
_USUAL = (_PLAIN, _OURS, "nb2pipe, no xxhash", _PICKLE, "cloudpickle", "joblib", "dill")
_LARGE = (*_USUAL, "joblib, mapped")
# Each value with the formats that can hold it.
_VALUES = {
    "array": _LARGE,
    "numeric frame": (*_LARGE, "parquet"),
    "mixed frame": (*_LARGE, "parquet"),
    "small objects": _USUAL,
    "records": _USUAL,
    "small arrays": _USUAL,
    "forest": _LARGE,
}
_TITLES = {
    "array": "An array of 125 million float64",
    "numeric frame": "A frame of 10 columns of 12.5 million float64",
    "mixed frame": "A frame of 18 million rows: floats, integers, times, categories, strings",
    "small objects": "2.5 million dictionaries with an integer, a float and a text each",
    "records": "A million objects of a class of the notebook",
    "small arrays": "100,000 arrays of five floats",
    "forest": "A random forest of 200 trees",
}
# Of a disk, the page cache makes figures that differ by three from run to run, whoever writes.
_MEMORY = Path("/dev/shm")  # noqa: S108 -- it is a folder in memory that is wanted
_LEAST_RUNS = 5
_NOISE = 1.1
_COLUMNS = ("", "write, s", "÷ pickle 5", "read, s", "use, s", "÷ pickle 5", "MB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one format costs for one value: medians of `runs`, seconds of wall time and of CPU.

    `use` is a small computation on what was read; `settle` the wait for the digest after that.
    """

    value: str
    format: str
    runs: int
    bytes: int
    write: float
    write_cpu: float
    read: float
    read_cpu: float
    use: float
    settle: float
    use_cpu: float
    memcpy: float | None

    @property
    def whole_read_cpu(self) -> float:
        """What reading and using take together: a mapped file is read when it is used."""
        return self.read_cpu + self.use_cpu


def main() -> int:
    """Measure, print, and keep what was asked for; return 1 when a target is missed."""
    given = _arguments()
    python = _python(given.python)
    rows: list[Row] = []
    for name in given.values:
        rows += _measure_value(python, name, given)
    if given.keep:
        rows = _with_kept(rows)
    targets = list(_targets(rows))
    document = {
        "python": platform.python_version(),
        "libraries": _versions(python),
        "rows": [asdict(row) for row in rows],
        "targets": [asdict(target) | {"met": target.met} for target in targets],
    }
    page = _page(rows, targets, document["libraries"])
    print(page)
    if given.keep:
        _RESULTS.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
        write_section(_PAGE, "store.py", page)
    return 0 if all(target.met for target in targets) else 1


def _with_kept(rows: list[Row]) -> list[Row]:
    """Return `rows` with what was kept of the values that were not measured now."""
    measured = {row.value for row in rows}
    kept = json.loads(_RESULTS.read_text(encoding="utf-8"))["rows"] if _RESULTS.exists() else []
    others = [Row(**row) for row in kept if row["value"] not in measured]
    return sorted([*rows, *others], key=lambda row: [*_VALUES].index(row.value))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=_LEAST_RUNS)
    parser.add_argument(
        "--python", type=Path, help="has the libraries  [default: one that is made]"
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=_MEMORY if _MEMORY.exists() else None,
        help="where to write  [default: in memory, else the temporary one]",
    )
    parser.add_argument(
        "--scale", type=float, default=1.0, help="the part of each value that is made, to try this"
    )
    parser.add_argument("--keep", action="store_true", help="write the results and the page")
    parser.add_argument("values", nargs="*", default=[*_VALUES], help=f"of {', '.join(_VALUES)}")
    given = parser.parse_args()
    if unknown := set(given.values) - set(_VALUES):
        parser.error(f"no such value: {', '.join(sorted(unknown))}")
    if given.keep and (given.scale != 1 or given.runs < _LEAST_RUNS):
        parser.error(f"what is kept has whole values and {_LEAST_RUNS} runs")
    return given


def _python(choice: Path | None) -> Path:
    """Return a Python that has the libraries, made when none is named."""
    if choice:
        return choice.absolute()
    python = _ENVIRONMENT / "bin" / "python"
    if not python.exists():
        venv.create(_ENVIRONMENT, with_pip=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *_LIBRARIES], check=True)
    return python


# --- measuring


def _measure_value(python: Path, name: str, given: argparse.Namespace) -> list[Row]:
    """Measure all formats of a value, in turn, so that a busy minute does not count for one alone."""
    with tempfile.TemporaryDirectory(prefix="nb2pipe-", dir=given.folder) as folder:
        source, artifact, target = (f"{folder}/{part}" for part in ("source", "artifact", "target"))
        _work(python, "make", "-", name, str(given.scale), source)
        _work(python, "write", _OURS, name, source, artifact)
        measured: dict[str, list[dict[str, Any]]] = {form: [] for form in _VALUES[name]}
        for _ in range(given.runs):
            for form, found in measured.items():
                print(f"{name}: {form} …", file=sys.stderr, flush=True)
                origin = artifact if form == _PLAIN else source
                written = _work(python, "write", form, name, origin, target)
                found.append(written | _work(python, "read", form, name, "-", target))
                _remove(Path(target))
    _check_results(measured)
    return [_row(name, form, found) for form, found in measured.items()]


def _work(python: Path, *words: str) -> dict[str, Any]:
    done = subprocess.run([python, _WORKER, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{words}: {done.stderr[-2000:]}")
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _check_results(measured: dict[str, list[dict[str, Any]]]) -> None:
    """Make sure that everybody computed the same with what was read.

    Raises:
        RuntimeError: the value did not come back.
    """
    results = {one["result"] for found in measured.values() for one in found if "result" in one}
    if len(results) > 1:
        raise RuntimeError(f"different results: {results}")


def _row(name: str, form: str, found: list[dict[str, Any]]) -> Row:
    def median(part: str, unit: str) -> float:
        return round(statistics.median(one.get(part, {}).get(unit, 0.0) for one in found), 4)

    return Row(
        value=name,
        format=form,
        runs=len(found),
        bytes=found[0]["bytes"],
        write=median("write", "wall"),
        write_cpu=median("write", "cpu"),
        read=median("read", "wall"),
        read_cpu=median("read", "cpu"),
        use=median("use", "wall"),
        settle=median("settle", "wall"),
        use_cpu=round(median("use", "cpu") + median("settle", "cpu"), 4),
        memcpy=median("memcpy", "cpu") if form == _PLAIN else None,
    )


def _targets(rows: list[Row]) -> Iterable[Target]:
    """Yield the targets of the values that were measured.

    CPU seconds are compared: they are the same on a busy machine, and what our threads do side by side counts in full.
    """
    known = {(row.value, row.format): row for row in rows}
    for value in dict.fromkeys(row.value for row in rows):
        ours, plain, pickle = (known[value, form] for form in (_OURS, _PLAIN, _PICKLE))
        if value in {"array", "numeric frame"}:
            yield _ratio(f"{value}: write ÷ plain write", ours.write_cpu, plain.write_cpu, 1.25)
        if value == "array":
            yield Target(name=f"{value}: read", value=ours.read * 1000, limit=10, unit="ms")
        yield _ratio(f"{value}: write ÷ pickle 5", ours.write_cpu, pickle.write_cpu, _NOISE)
        together = ours.whole_read_cpu, pickle.whole_read_cpu
        yield _ratio(f"{value}: read and use ÷ pickle 5", *together, _NOISE)


def _ratio(name: str, ours: float, theirs: float, limit: float) -> Target:
    return Target(name=name, value=round(ours / max(theirs, 1e-4), 3), limit=limit, unit="times")


def _versions(python: Path) -> dict[str, str]:
    code = (
        "import json, sys, importlib.metadata as m\n"
        "print(json.dumps({name: m.version(name) for name in sys.argv[1:]}))"
    )
    found: dict[str, str] = json.loads(
        subprocess.check_output([python, "-c", code, *_LIBRARIES], text=True)
    )
    return found


# --- the page


def _page(rows: list[Row], targets: list[Target], versions: dict[str, str]) -> str:
    parts = []
    for value in dict.fromkeys(row.value for row in rows):
        own = [row for row in rows if row.value == value]
        parts += [
            f"**{_TITLES[value]}**",
            _table(_COLUMNS, map(_line, own, [own] * len(own))),
        ]
    lines = [
        [
            t.name,
            f"{t.value:.2f} {t.unit}",
            f"{t.limit:.4g} {t.unit}",
            "met" if t.met else "missed",
        ]
        for t in targets
    ]
    parts.append(_table(("target", "value", "limit", ""), lines))
    parts.append(", ".join(f"{name} {version}" for name, version in versions.items()) + ".")
    return "\n\n".join(parts)


def _line(row: Row, own: list[Row]) -> list[str]:
    pickle = next(other for other in own if other.format == _PICKLE)
    if row.format == _PLAIN:
        copied = f"{_PLAIN} of the artifact's bytes (a copy in memory: {row.memcpy:.3f} s)"
        write = f"{row.write_cpu / pickle.write_cpu:.2f}"
        size = f"{row.bytes / 1e6:.0f}"
        return [copied, _seconds(row.write_cpu), write, _seconds(row.read_cpu), "", "", size]
    return [
        row.format,
        _seconds(row.write_cpu),
        f"{row.write_cpu / pickle.write_cpu:.2f}",
        _seconds(row.read_cpu),
        _seconds(row.use_cpu),
        f"{row.whole_read_cpu / pickle.whole_read_cpu:.2f}",
        f"{row.bytes / 1e6:.0f}",
    ]


def _seconds(seconds: float) -> str:
    return f"{seconds:.3f}"


def _table(columns: tuple[str, ...], lines: Iterable[list[str]]) -> str:
    rule = ("---", *["--:"] * (len(columns) - 1))
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (columns, rule, *lines))


if __name__ == "__main__":
    sys.exit(main())
