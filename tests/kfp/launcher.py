"""Plays the Kubeflow backend for a compiled file: driver, kubelet and launcher, without a cluster.

Each task's own command and arguments run as a process in an empty folder with a bare environment.
What the real ones do to arguments on their way is done here too:

* Argo expands `{{…}}` in templates: anything but `{{$}}` is refused (argoproj/argo-workflows).
* The kubelet expands `$(NAME)` and halves `$$` (kubernetes, third_party/forked/golang/expansion).
* The launcher replaces `{{$}}` and its relatives (kubeflow/pipelines,
  backend/src/v2/component/launcher_v2.go).
* Parameters are doubles, and Go writes the double 3.0 as `3`.
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from nb2pipe.backends.kfp.graph import check_spec, task_order
from tests.kfp.environment import arithmetic

_RESULT = re.compile(
    r'<script type="application/json" id="nb2pipe-result">(.*?)</script>', re.DOTALL
)
_REFERENCE = re.compile(r"\$(?:\$|\(([^)]*)\))")


class LaunchError(AssertionError):
    """The compiled file could not be run the way Kubeflow would."""


@dataclass(frozen=True, kw_only=True)
class TaskRun:
    """What a task left behind; `result` is the JSON in its report, None without one."""

    task: str
    returncode: int
    log: str
    executor_input: Mapping[str, Any]
    executor_output: Mapping[str, Any]
    artifacts: Mapping[str, Path]
    folder: Path
    result: Mapping[str, Any] | None

    @property
    def metrics(self) -> dict[str, Any]:
        """Everything that the task wrote into its Metrics artifacts."""
        found: dict[str, Any] = {}
        outputs = self.executor_input["outputs"]["artifacts"]
        for name, listed in self.executor_output.get("artifacts", {}).items():
            if outputs[name]["artifacts"][0]["type"]["schemaTitle"] == "system.Metrics":
                found |= listed["artifacts"][0].get("metadata", {})
        return found


@dataclass(frozen=True, kw_only=True)
class PipelineRun:
    """The tasks of a run, in the order in which they ran; tasks after a failed one are absent."""

    tasks: Mapping[str, TaskRun]

    @property
    def failed(self) -> tuple[TaskRun, ...]:
        return tuple(task for task in self.tasks.values() if task.returncode != 0)

    @property
    def cells(self) -> list[Mapping[str, Any]]:
        """The executed cells of all reports, by their position in the notebook."""
        found = [
            cell for task in self.tasks.values() for cell in (task.result or {}).get("cells", ())
        ]
        return sorted(found, key=lambda cell: cell["cell"])


@dataclass(frozen=True, kw_only=True)
class Launcher:
    """Runs compiled files.

    `path` is the folder where `python3` is found first, `files` a folder that is copied into every task's
    working directory, `environment` what is set besides PATH, HOME and what chooses the arithmetic.
    """

    path: Path
    files: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    timeout: float = 300

    def run(
        self, text: str, root: Path, parameters: Mapping[str, Any] | None = None
    ) -> PipelineRun:
        """Run the tasks of the compiled file `text`; everything is written under `root`.

        Raises:
            LaunchError: the graph is broken, a placeholder is unknown, an artifact is missing.
        """
        spec, platform = _documents(text)
        problems = check_spec(spec)
        if problems:
            raise LaunchError("\n".join(problems))
        values = _pipeline_parameters(spec, parameters or {})
        finished: dict[str, TaskRun] = {}
        for task in task_order(spec):
            dependencies = spec["root"]["dag"]["tasks"][task].get("dependentTasks", ())
            if all(name in finished and finished[name].returncode == 0 for name in dependencies):
                job = _Job(spec, platform, task, root / task, values, finished)
                finished[task] = self._run_task(job)
        return PipelineRun(tasks=finished)

    def _run_task(self, job: "_Job") -> TaskRun:
        executor_input = job.executor_input()
        container = job.container()
        # Behind `python3` there is what every image has: a shell, `cat` and their kin.
        places = {"PATH": f"{self.path}{os.pathsep}{os.defpath}", "HOME": str(job.home)}
        environment = {**places, **arithmetic(), **self.environment}
        own: dict[str, str] = {}
        for entry in container.get("env", ()):
            own[entry["name"]] = _expand(entry["value"], own)
        command = [
            _substitute(_expand(_refuse_templates(text), own), executor_input)
            for text in (*container["command"], *container["args"])
        ]
        job.prepare(executor_input, self.files)
        done = subprocess.run(
            [shutil.which(command[0], path=str(self.path)) or command[0], *command[1:]],
            cwd=job.home,
            env=environment | own,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=self.timeout,
            check=False,
        )
        return job.collect(executor_input, done.returncode, done.stdout.decode(errors="replace"))


class _Job:
    """One task: its part of the specification and its folders."""

    def __init__(self, spec, platform, task, folder, values, finished):
        self.task_spec = spec["root"]["dag"]["tasks"][task]
        self.component = spec["components"][self.task_spec["componentRef"]["name"]]
        self.executors = spec["deploymentSpec"]["executors"]
        self.task = task
        self.folder = folder
        self.home = folder / "work"
        self.values = values
        self.finished = finished

    def container(self) -> dict[str, Any]:
        return self.executors[self.component["executorLabel"]]["container"]

    def executor_input(self) -> dict[str, Any]:
        outputs = self.component.get("outputDefinitions", {}).get("artifacts", {})
        return {
            "inputs": {"parameterValues": self._parameters(), "artifacts": self._artifacts()},
            "outputs": {
                "artifacts": {
                    name: {"artifacts": [self._output(name, declared["artifactType"])]}
                    for name, declared in outputs.items()
                },
                "outputFile": str(self.folder / "executor_output.json"),
            },
        }

    def _parameters(self) -> dict[str, Any]:
        given = self.task_spec.get("inputs", {}).get("parameters", {})
        return {
            name: self.values[source["componentInputParameter"]] for name, source in given.items()
        }

    def _artifacts(self) -> dict[str, Any]:
        given = self.task_spec.get("inputs", {}).get("artifacts", {})
        return {
            name: {"artifacts": [self._input(number, source["taskOutputArtifact"])]}
            for number, (name, source) in enumerate(given.items(), start=1)
        }

    def _input(self, number: int, source: Mapping[str, str]) -> dict[str, Any]:
        """What the driver reads back from its database: the name is a number there."""
        producer = self.finished[source["producerTask"]]
        key = source["outputArtifactKey"]
        made = producer.executor_input["outputs"]["artifacts"][key]["artifacts"][0]
        if not Path(made["uri"]).exists():
            raise LaunchError(f"task {producer.task} did not write its artifact {key}")
        return {**made, "name": str(number)}

    def _output(self, name: str, kind: Mapping[str, str]) -> dict[str, Any]:
        return {
            "name": name,
            "type": kind,
            "uri": str(self.folder / "artifacts" / name),
            "metadata": {},
        }

    def prepare(self, executor_input: Mapping[str, Any], files: Path | None) -> None:
        if files is None:
            self.home.mkdir(parents=True)
        else:
            shutil.copytree(files, self.home)
        for listed in executor_input["outputs"]["artifacts"].values():
            Path(listed["artifacts"][0]["uri"]).parent.mkdir(parents=True, exist_ok=True)

    def collect(self, executor_input, returncode: int, log: str) -> TaskRun:
        written = Path(executor_input["outputs"]["outputFile"])
        places = {
            name: Path(listed["artifacts"][0]["uri"])
            for name, listed in executor_input["outputs"]["artifacts"].items()
        }
        return TaskRun(
            task=self.task,
            returncode=returncode,
            log=log,
            executor_input=executor_input,
            executor_output=json.loads(written.read_text()) if written.exists() else {},
            artifacts=places,
            folder=self.home,
            result=self._result(places),
        )

    def _result(self, places: Mapping[str, Path]) -> dict[str, Any] | None:
        outputs = self.component.get("outputDefinitions", {}).get("artifacts", {})
        for name, path in places.items():
            if outputs[name]["artifactType"]["schemaTitle"] == "system.HTML" and path.exists():
                return read_report(path)
        return None


def read_report(path: Path) -> dict[str, Any]:
    """Return the result that a step's report holds.

    Raises:
        LaunchError: the page holds none.
    """
    match = _RESULT.search(path.read_text(encoding="utf-8"))
    if match is None:
        raise LaunchError(f"{path} holds no result")
    return json.loads(match[1])


def _documents(text: str) -> tuple[dict[str, Any], dict[str, Any]]:
    spec, *platforms = yaml.safe_load_all(text)
    return spec, platforms[0] if platforms else {}


def _pipeline_parameters(spec: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    declared = spec["root"].get("inputDefinitions", {}).get("parameters", {})
    unknown = set(given) - set(declared)
    if unknown:
        raise LaunchError(f"there is no parameter {sorted(unknown)}")
    defaults = {name: parameter["defaultValue"] for name, parameter in declared.items()}
    return {name: as_go_writes(value) for name, value in {**defaults, **given}.items()}


def as_go_writes(value: Any) -> Any:
    """Return `value` as it arrives after having been a double in a Go program."""
    match value:
        case bool():
            return value
        case int() | float():
            double = float(value)
            return int(double) if double.is_integer() and abs(double) < 1e21 else double
        case list():
            return [as_go_writes(item) for item in value]
        case dict():
            return {key: as_go_writes(item) for key, item in value.items()}
        case _:
            return value


def _refuse_templates(text: str) -> str:
    if "{{" in text and text != "{{$}}":
        at = text.index("{{")
        raise LaunchError(f"Argo would expand {text[at : at + 40]!r}")
    return text


def _expand(text: str, environment: Mapping[str, str]) -> str:
    """What the kubelet does to each argument."""

    def replace(match: re.Match[str]) -> str:
        return "$" if match[0] == "$$" else environment.get(match[1], match[0])

    return _REFERENCE.sub(replace, text)


def _substitute(text: str, executor_input: Mapping[str, Any]) -> str:
    return text.replace("{{$}}", json.dumps(executor_input, ensure_ascii=False))
