"""Run the examples of rule files for real: what does the last statement of each change?

Usage: python run_examples.py RESULTS < examples.json, in a folder with the files that they read.
"""

import ast
import contextlib
import io
import json
import random
import shutil
import sys
import tempfile
import traceback
import types
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

from fingerprint import fingerprint  # noqa: E402 -- it lies beside the benchmarks


def main() -> None:
    files = Path.cwd()
    results = []
    for code in json.load(sys.stdin):
        with tempfile.TemporaryDirectory() as scratch, contextlib.chdir(scratch):
            shutil.copytree(files, scratch, dirs_exist_ok=True)
            results.append(run(code))
    Path(sys.argv[1]).write_text(json.dumps(results), encoding="utf-8")


def run(code: str) -> dict[str, Any]:
    """Return the names that the last statement changed, those that cannot tell, or the error."""
    *body, last = ast.parse(code).body
    module = types.ModuleType("__main__")
    sys.modules["__main__"] = module
    namespace = vars(module)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            exec(compile(ast.Module(body, []), "example", "exec"), namespace)  # noqa: S102
            before = take(namespace)
            kept = dict(namespace)
            exec(compile(ast.Module([last], []), "example", "exec"), namespace)  # noqa: S102
    except Exception as error:  # noqa: BLE001 -- whatever an example raises is its result
        return {"error": f"{type(error).__name__}: {error}", "trace": traceback.format_exc()}
    after = take(namespace)
    # A name that the last statement binds anew: what it was bound to before is the question.
    for name, value in kept.items():
        if name in before and namespace.get(name) is not value:
            after[name] = fingerprint(value)
    return {
        "changed": [name for name, old in before.items() if old.content != after[name].content],
        "unclear": [name for name, old in before.items() if old.drawing or old.opaque],
    }


def take(namespace: dict[str, Any]) -> dict[str, Any]:
    """Return the fingerprints of all variables and of the global generators."""
    prints = {name: fingerprint(value) for name, value in namespace.items() if name[:2] != "__"}
    prints["<random>"] = fingerprint(random.getstate())
    if "numpy" in sys.modules:
        prints["<numpy.random>"] = fingerprint([*sys.modules["numpy"].random.get_state()])
    return prints


if __name__ == "__main__":
    main()
