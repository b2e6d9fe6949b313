"""One measurement of `store.py`, in a process of its own: make, write or read a value.

Runs in the environment that `store.py` makes; prints seconds and what was computed as JSON.
"""

import importlib
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from nb2pipe.runtime import store

SEED = 1


class Record:
    """An object of a class that the notebook defines."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.score = number / 7
        self.name = f"n{number}"


# --- values: what makes them, what they need to be read, and a small computation on what was read


def make_array(scale: float) -> Any:
    import numpy as np

    return np.random.default_rng(SEED).random(int(125_000_000 * scale))


def make_numeric_frame(scale: float) -> Any:
    import numpy as np
    import pandas as pd

    rows, generator = int(12_500_000 * scale), np.random.default_rng(SEED)
    return pd.DataFrame({f"x{number}": generator.random(rows) for number in range(10)})


def make_mixed_frame(scale: float) -> Any:
    import numpy as np
    import pandas as pd

    rows, generator = int(18_000_000 * scale), np.random.default_rng(SEED)
    names = np.array([f"customer number {number:06d}" for number in range(100_000)], dtype=object)
    kinds = [f"kind {number}" for number in range(50)]
    seconds = pd.to_timedelta(generator.integers(0, 10**9, rows), unit="s")
    return pd.DataFrame(
        {
            "amount": generator.random(rows),
            "count": generator.integers(0, 1000, rows),
            "when": pd.Timestamp("2024-01-01") + seconds,
            "kind": pd.Categorical.from_codes(generator.integers(0, 50, rows), kinds),
            "name": pd.Series(names[generator.integers(0, len(names), rows)], dtype="str"),
        }
    )


def make_small_objects(scale: float) -> Any:
    return [
        {"number": number, "score": number / 7, "name": f"n{number}"}
        for number in range(int(2_500_000 * scale))
    ]


def make_records(scale: float) -> Any:
    return [Record(number) for number in range(int(1_000_000 * scale))]


def make_small_arrays(scale: float) -> Any:
    import numpy as np

    return [np.arange(5.0) + number for number in range(int(100_000 * scale))]


def make_forest(scale: float) -> Any:
    import numpy as np
    from sklearn.ensemble import RandomForestRegressor

    generator = np.random.default_rng(SEED)
    features = generator.random((20_000, 10))
    target = features[:, 0] + generator.random(len(features))
    return RandomForestRegressor(int(200 * scale), n_jobs=1, random_state=SEED).fit(
        features, target
    )


def use_mixed_frame(frame: Any) -> float:
    lengths = frame["name"].str.len().sum()
    return float(frame["amount"].sum() + frame["kind"].value_counts().max() + lengths)


def use_forest(forest: Any) -> float:
    import numpy as np

    return float(forest.predict(np.random.default_rng(SEED).random((1000, 10))).sum())


VALUES: dict[str, tuple[Callable[[float], Any], str, Callable[[Any], float]]] = {
    "array": (make_array, "numpy", lambda array: float(array.sum())),
    "numeric frame": (make_numeric_frame, "pandas", lambda frame: float(frame.sum().sum())),
    "mixed frame": (make_mixed_frame, "pandas", use_mixed_frame),
    "small objects": (make_small_objects, "", lambda items: sum(item["score"] for item in items)),
    "records": (make_records, "", lambda records: sum(record.score for record in records)),
    "small arrays": (make_small_arrays, "numpy", lambda arrays: float(sum(a[0] for a in arrays))),
    "forest": (make_forest, "sklearn.ensemble", use_forest),
}

# --- formats: the library that they need, and what writes and reads them


def _dump(module: str, protocol: int = 5) -> Callable[[Any, str], Any]:
    def dump(value: Any, path: str) -> None:
        with Path(path).open("wb") as file:
            importlib.import_module(module).dump(value, file, protocol=protocol)

    return dump


def _load(module: str) -> Callable[[str], Any]:
    def load(path: str) -> Any:
        with Path(path).open("rb") as file:
            return importlib.import_module(module).load(file)

    return load


def _joblib(path: str, mode: str | None = None) -> Any:
    return importlib.import_module("joblib").load(path, mmap_mode=mode)


def _write_plainly(content: bytes, path: str) -> None:
    with Path(path).open("wb") as file:
        file.write(content)


def _artifact(*, fast: bool) -> Callable[[Any, str], Any]:
    return lambda value, path: store.write_artifact(path, {"value": value}, {}, fast=fast)


def _read_artifact(path: str) -> Any:
    return store.read_artifact(path)["value"]


FORMATS: dict[str, tuple[str, Callable[[Any, str], Any], Callable[[str], Any]]] = {
    "plain write": ("", _write_plainly, lambda path: Path(path).read_bytes()),
    "nb2pipe": ("xxhash", _artifact(fast=True), _read_artifact),
    "nb2pipe, no xxhash": ("", _artifact(fast=False), _read_artifact),
    "pickle 5": ("pickle", _dump("pickle"), _load("pickle")),
    "cloudpickle": ("cloudpickle", _dump("cloudpickle"), _load("cloudpickle")),
    "dill": ("dill", _dump("dill"), _load("dill")),
    "joblib": (
        "joblib",
        lambda value, path: importlib.import_module("joblib").dump(value, path),
        _joblib,
    ),
    "joblib, mapped": (
        "joblib",
        lambda value, path: importlib.import_module("joblib").dump(value, path),
        lambda path: _joblib(path, "c"),
    ),
    "parquet": (
        "pyarrow.parquet",
        lambda frame, path: frame.to_parquet(path),
        lambda path: importlib.import_module("pandas").read_parquet(path),
    ),
}


def main(action: str, kind: str, name: str, source: str, path: str) -> dict[str, Any]:
    """Do one of `make`, `write` and `read`; `source` is a pickle, an artifact, or how much to make."""
    make, needed, use = VALUES[name]
    if action == "make":
        # Arrays that come from protocol 5 do not own their memory, as those of a notebook do.
        _dump("pickle", 4)(make(float(source)), path)
        return {}
    library, write, read = FORMATS[kind]
    for module in filter(None, (needed, library)):
        importlib.import_module(module)
    if action == "write":
        plain = kind == "plain write"
        value = Path(source).read_bytes() if plain else _load("pickle")(source)
        _, cost = measure(write, value, path)
        found = {"write": cost, "bytes": Path(path).stat().st_size}
        if plain:
            target = bytearray(value)
            _, found["memcpy"] = measure(target.__setitem__, slice(None), memoryview(value))
        return found
    value, cost = measure(read, path)
    found = {"read": cost}
    if kind != "plain write":
        found["result"], found["use"] = measure(use, value)
        _, found["settle"] = measure(store.settle)
    return found


def measure(act: Callable[..., Any], *arguments: Any) -> tuple[Any, dict[str, float]]:
    """Return what `act` returned, and what it took: seconds, those of CPU, and page faults."""
    before = resource.getrusage(resource.RUSAGE_SELF)
    start = time.perf_counter()
    result = act(*arguments)
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return result, {"wall": seconds, "cpu": cpu, "faults": after.ru_minflt - before.ru_minflt}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
