"""One trial: a run is killed at a random moment, perhaps another one, and the last one goes on to the end."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psutil

from tests.conftest import notebook_document
from tests.faults.checks import orphans, processes_with, torn_files, unreadable_runs

NOTEBOOK = "notebook.ipynb"
_CRASH = Path(__file__).with_name("crash")
_TRIES = 12
_UNHEARD = 2  # steps that may have ended without the engine knowing it yet: as many as run at once
_MOST_OPERATIONS = {"engine": 130, "step": 14}
# A chain and two steps side by side: a large artifact, a file that travels, drawn numbers, a child process.
_SOURCES = {
    "load": """\
random.seed(n)
big = np.arange(3_000_000) * n
open("log.txt", "w").write("one\\n")
time.sleep(0.04)""",
    "pick": """\
picked = [random.random() for _ in range(5)]
time.sleep(0.04)
print(picked)""",
    "total": """\
total = int(big.sum())
time.sleep(0.04)
print(total)
big[:3]""",
    "half": """\
subprocess.run(["sleep", "0.1"])
open("log.txt", "a").write("two\\n")
half = big[::2].copy()
time.sleep(0.04)
print(len(half))""",
    "end": """\
open("out.txt", "w").write(f"{total} {picked} {half.sum()}")
time.sleep(0.04)
print(open("log.txt").read(), random.random())""",
}
CELLS = [
    ("import random, subprocess, time\nimport numpy as np\nn = 3", "pipeline-parameters"),
    *((source, f"step:{name}") for name, source in _SOURCES.items()),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a trial was and what it showed: `killed` says what.

    Of the steps that had `finished` in a run that was killed, so many were `reused` by the last one.
    """

    killed: str
    finished: int
    reused: int
    problems: tuple[str, ...]


def run_trial(seed: int) -> Outcome:
    """Kill one or two runs, then run to the end; return everything that is not as it must be."""
    chance = random.Random(seed)
    with TemporaryDirectory(prefix="nb2pipe-kill-") as name:
        directory = Path(name)
        write_notebook(directory)
        killed, problems = [], []
        for _ in range(chance.choice([1, 1, 2])):
            killed.append(_kill_a_run(directory, chance, f"{seed}-{len(killed)}", problems))
        finished = _finished_steps(directory)
        reused = _go_on(directory, chance, problems)
        if len(finished - reused) > _UNHEARD:
            problems.append(f"of the finished {sorted(finished)} only {sorted(reused)} were reused")
    return Outcome(
        killed=" + ".join(killed),
        finished=len(finished),
        reused=len(finished & reused),
        problems=tuple(problems),
    )


def write_notebook(directory: Path) -> None:
    """Write the notebook of all trials."""
    (directory / NOTEBOOK).write_text(json.dumps(notebook_document(*CELLS)), encoding="utf-8")


def start(directory: Path, *options: str, **environment: str) -> subprocess.Popen[str]:
    """Start to run the notebook, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "nb2pipe", "run", NOTEBOOK, "--workers", "2", *options],
        cwd=directory,
        env={**os.environ, "PYTHONPATH": str(_CRASH), **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def results_of(directory: Path) -> dict[str, Any]:
    """Return all that the last run in a folder yielded: what cells displayed, and files."""
    folder = max((directory / ".nb2pipe" / "runs").iterdir())
    notebook = json.loads((folder / "executed.ipynb").read_text(encoding="utf-8"))
    return {
        "cells": [(cell["execution_count"], cell["outputs"]) for cell in notebook["cells"]],
        "files": {
            path.name: path.read_bytes()
            for path in directory.iterdir()
            if path.is_file() and path.name != NOTEBOOK
        },
    }


@cache
def expected(options: tuple[str, ...]) -> tuple[Mapping[str, Any], float]:
    """Return what an undisturbed run yields, and how many seconds it takes."""
    with TemporaryDirectory(prefix="nb2pipe-kill-") as name:
        write_notebook(Path(name))
        begin = time.monotonic()
        process = start(Path(name), *options)
        _, said = process.communicate()
        assert process.returncode == 0, said
        return results_of(Path(name)), time.monotonic() - begin


# --- the run that is killed


def _kill_a_run(directory: Path, chance: random.Random, name: str, problems: list[str]) -> str:
    """Start runs until one was killed before it ended; return what was killed."""
    options = chance.choice([(), (), ("--isolated",)])
    _, seconds = expected(options)
    for again in range(_TRIES):
        marker = f"NB2PIPE_TRIAL={name}-{again}-{os.getpid()}"
        environment = dict([marker.split("=")])
        if chance.random() < 0.3:
            who = chance.choice(["engine", "step"])
            victim = who if who == "engine" else f"step:{chance.choice([*_SOURCES])}"
            at = chance.randint(1, _MOST_OPERATIONS[who])
            process = start(directory, *options, **environment, NB2PIPE_CRASH=f"{victim} {at}")
            killed = f"{who} at a file operation"
        else:
            process = start(directory, *options, **environment)
            time.sleep(chance.uniform(0.05, seconds))
            killed = _kill(process, marker, chance)
        _, said = process.communicate(timeout=120)
        problems += [f"left over: {line}" for line in orphans(marker)]
        problems += [f"torn: {line}" for line in torn_files(directory)]
        problems += [f"unreadable: {line}" for line in unreadable_runs(directory)]
        if process.returncode not in {0, 1, -signal.SIGKILL} or "Traceback" in said:
            problems.append(f"the killed run said: {said}")
        if process.returncode != 0:
            return killed + " ".join(("", *options))
        # It was too late: from the beginning.
        shutil.rmtree(directory / ".nb2pipe")
    problems.append("no run was killed in time")
    return "nothing"


def _kill(process: subprocess.Popen[str], marker: str, chance: random.Random) -> str:
    who = chance.choice(["engine", "engine's group", "process"])
    if who == "engine":
        process.kill()
    elif who == "engine's group":
        os.killpg(process.pid, signal.SIGKILL)
    else:
        others = [p for p in processes_with(marker) if p.pid != process.pid]
        if not others:
            process.kill()
            return "engine"
        try:
            victim = chance.choice(others)
            who = _role(victim, process.pid)
            victim.kill()
        except psutil.NoSuchProcess:
            pass
    return who


def _role(victim: psutil.Process, engine: int) -> str:
    command = " ".join(victim.cmdline())
    if "watcher.py" in command:
        return "watcher"
    if victim.ppid() == engine:
        return "warm parent" if "fork_spare" in command else "step"
    return "fork of the warm parent" if "fork_spare" in command else "child of a step"


# --- the run that goes on


def _finished_steps(directory: Path) -> set[str]:
    """Return the steps that succeeded in any run so far."""
    runs = (directory / ".nb2pipe" / "runs").glob("*")
    results = [path for run in runs for path in run.glob("steps/*/result.json")]
    return {
        path.parent.name
        for path in results
        if json.loads(path.read_text(encoding="utf-8"))["status"] == "succeeded"
    }


def _go_on(directory: Path, chance: random.Random, problems: list[str]) -> set[str]:
    options = chance.choice([(), ("--isolated",)])
    process = start(directory, *options)
    _, said = process.communicate(timeout=120)
    if process.returncode != 0:
        problems.append(f"the next run said: {said}")
        return set()
    wanted, _ = expected(())
    found = results_of(directory)
    problems += [
        f"{part} differ: {found[part]} instead of {wanted[part]}"
        for part in wanted
        if found[part] != wanted[part]
    ]
    problems += [f"torn in the end: {line}" for line in torn_files(directory)]
    result = max((directory / ".nb2pipe" / "runs").iterdir()) / "result.json"
    steps = json.loads(result.read_text(encoding="utf-8"))["steps"]
    return {step["name"] for step in steps if step["reused"] is not None}
