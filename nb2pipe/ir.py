"""The intermediate representation: a pipeline as frozen values, with a JSON form.

Backends, the local engine and every viewer read this and nothing else. `Pipeline.to_json` and
`pipeline_from_json` are inverse to each other; `SCHEMA_VERSION` grows with every change of the form.

A step is a straight-line *program*: which statements to replay, which artifacts to load, which
cells to run and what to store, in this order. That makes a version of a variable (its value after
a given cell) nothing special: it is a `Store` that stands between two `Run` operations.
"""

import types
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

SCHEMA_VERSION = 2

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


class ParameterType(StrEnum):
    """The type of a pipeline parameter; the values are the Python type names."""

    INT = "int"
    FLOAT = "float"
    STR = "str"
    BOOL = "bool"
    LIST = "list"
    DICT = "dict"


class ArtifactType(StrEnum):
    """What an artifact is shown as; the storage format is the same for all."""

    ARTIFACT = "Artifact"
    DATASET = "Dataset"
    MODEL = "Model"
    METRICS = "Metrics"
    HTML = "HTML"


class ArtifactKind(StrEnum):
    """What an artifact holds: variables, hidden process state (random generators), or files."""

    VARIABLES = "variables"
    STATE = "state"
    FILES = "files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A pipeline parameter; `default` is a JSON value of its type. `cell` is its cell's position."""

    name: str
    type: ParameterType
    default: Json
    cell: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A key of a Kubernetes secret, given to a step as an environment variable."""

    secret: str
    key: str
    variable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A volume that every step sees: `kind` is `pvc` (an existing claim) and `name` the claim's."""

    name: str
    mount_path: str
    kind: str = "pvc"
    read_only: bool = False
    sub_path: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StepOptions:
    """What a step asks of the place where it runs.

    `limits` and `requests` map a resource (`cpu`, `memory`, `nvidia.com/gpu`, …) to a Kubernetes
    quantity. `timeout` is in seconds. None means: not asked for.
    """

    image: str | None = None
    limits: tuple[tuple[str, str], ...] = ()
    requests: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    annotations: tuple[tuple[str, str], ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    secrets: tuple[Secret, ...] = ()
    volumes: tuple[Volume, ...] = ()
    cache: bool | None = None
    retry: int | None = None
    timeout: int | None = None
    report: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A code cell of the pipeline.

    `position` counts the code cells of the whole pipeline from 0 and is unique, also when notebooks
    are included in each other; `number` counts all cells of the cell's own notebook from 1.
    `source` is the source as the notebook has it. `step` is the step that runs it, None when skipped.
    """

    position: int
    number: int
    id: str
    notebook: str
    source: str
    step: str | None = None
    tags: tuple[str, ...] = ()


# --- a step's program


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """Run a statement of another step again, silently: an import, a definition, a setting.

    `line` is where `source` starts in its cell, counted from 1.
    """

    cell: int
    line: int
    source: str
    op: Literal["replay"] = "replay"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """Bind the pipeline parameter `name` to its value of this run."""

    name: str
    op: Literal["bind"] = "bind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Load the input artifact `input` and bind `names`, a part of what it holds."""

    input: str
    names: tuple[str, ...]
    op: Literal["load"] = "load"


@dataclass(frozen=True, slots=True, kw_only=True)
class Substitution:
    """Where a parameter's literal default stands in a cell: lines from 1, columns from 0, in characters."""

    name: str
    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Run a cell of this step and keep what it displays.

    `count` is the execution count that the cell has when the notebook runs from top to bottom.
    Parameters that this run gives another value replace their literals first.

    `keeps` are variables of the step that the cell is believed to leave as they are, and which are used
    later elsewhere; so are `spares`, which the step does not have in the version that is used. Hidden
    state stands among them in `<>`.

    `modules` may be submodules that the cell reaches through their package: they are imported before,
    where they exist. When the cell `may_raise`, the step goes on after an exception. `history` are the
    displayed values (`_`, `_3`) that it goes on from.
    """

    cell: int
    count: int
    substitutions: tuple[Substitution, ...] = ()
    keeps: tuple[str, ...] = ()
    spares: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    may_raise: bool = False
    history: tuple[str, ...] = ()
    op: Literal["run"] = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbind:
    """Remove `names` from the namespace, because they are unbound here when the notebook runs whole."""

    names: tuple[str, ...]
    op: Literal["unbind"] = "unbind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Another step changes `name` in place; `other` is used as it was, up to the cell `until`.

    They are believed to share nothing.
    """

    name: str
    other: str
    until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tied:
    """Another step changes `other` in place, in the cell `cell`; `name` is used after that, as if it had not.

    They are believed to share nothing. `labels`: the cell may give a name to labels of frames, which these share.
    """

    name: str
    other: str
    cell: int
    labels: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """Store the output artifact `output` as it is now.

    `apart` are names whose changes others must not see, `ties` those that must not share what others change.
    """

    output: str
    apart: tuple[Apart, ...] = ()
    ties: tuple[Tied, ...] = ()
    op: Literal["store"] = "store"


Operation = Replay | Bind | Load | Run | Unbind | Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A line, from 1, of a cell, by its position."""

    cell: int
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """An artifact that a step makes.

    `key` is unique in the step. `names` are the variables that it holds, stored together because
    they may share state; `optional` names may be unbound when it is stored. `definitions` are
    functions and classes that loaders replay, so that only their state (defaults, attributes) is
    stored. `ordered` are names of, or with, sets that later cells walk: they are stored so that they are
    walked in the same order. For `kind` STATE the names are generators (`random`, `numpy.random`, `torch`), for FILES
    paths. `made` tells where each name got its value, in the names' order.
    """

    key: str
    names: tuple[str, ...]
    optional: tuple[str, ...] = ()
    definitions: tuple[str, ...] = ()
    ordered: tuple[str, ...] = ()
    kind: ArtifactKind = ArtifactKind.VARIABLES
    type: ArtifactType = ArtifactType.ARTIFACT
    made: tuple[Place, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """An artifact that a step needs: output `output` of step `step`, known here as `key`."""

    key: str
    step: str
    output: str
    kind: ArtifactKind = ArtifactKind.VARIABLES
    type: ArtifactType = ArtifactType.ARTIFACT


@dataclass(frozen=True, slots=True, kw_only=True)
class Handle:
    """A file on which artifacts may have handles, and `newline` of the call that opens it."""

    path: str
    newline: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step: what it runs (`program`), what it needs and makes, and what it asks for.

    `cells` are positions, ascending. `parameters` are the pipeline parameters that it needs.
    `metrics` are the names whose numbers become the step's metrics. `after` are declared
    predecessors (`prev:`). `handles` are the files of which it stores or loads open handles. `extras` are parts of the
    runtime that only some notebooks need: `widgets`, `databases`, `documents`.
    """

    name: str
    cells: tuple[int, ...]
    program: tuple[Operation, ...]
    inputs: tuple[Input, ...] = ()
    outputs: tuple[Output, ...] = ()
    parameters: tuple[str, ...] = ()
    metrics: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    options: StepOptions = StepOptions()
    handles: tuple[Handle, ...] = ()
    extras: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """An edge of the DAG: the variables that flow (none for a purely declared edge)."""

    source: str
    target: str
    variables: tuple[str, ...] = ()
    declared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A compiled notebook.

    `steps` are in execution order: topological, ties in notebook order. `cells` are all code cells
    in notebook order, skipped ones included. `defaults` are the options of steps that say nothing.
    """

    name: str
    notebook: str
    steps: tuple[Step, ...]
    edges: tuple[Edge, ...]
    cells: tuple[Cell, ...]
    parameters: tuple[Parameter, ...] = ()
    description: str = ""
    experiment: str | None = None
    image: str = "python:3.11"
    python: str = "python3"
    schema_version: int = SCHEMA_VERSION

    def step(self, name: str) -> Step:
        """Return the step called `name`.

        Raises:
            KeyError: there is none.
        """
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    def to_json(self) -> dict[str, Any]:
        """Return the pipeline as plain JSON values."""
        encoded = _encode(self)
        assert isinstance(encoded, dict)  # noqa: S101 -- a dataclass encodes to an object
        return encoded


def pipeline_from_json(document: dict[str, Any]) -> Pipeline:
    """Return the pipeline that `Pipeline.to_json` made `document` of.

    Raises:
        ValueError: the document is of another schema version.
    """
    version = document.get("schema_version")
    if version != SCHEMA_VERSION:
        raise ValueError(f"pipeline schema {version!r} is not {SCHEMA_VERSION}")
    pipeline = _decode(Pipeline, document)
    assert isinstance(pipeline, Pipeline)  # noqa: S101 -- asked for by its type
    return pipeline


def _encode(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: _encode(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, (tuple, list)):
        return [_encode(item) for item in value]
    if isinstance(value, dict):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, StrEnum):
        return value.value
    return value


def _decode(kind: Any, value: Any) -> Any:
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        return kind(**{key: _decode(hints[key], item) for key, item in value.items()})  # type: ignore[operator]
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is tuple:
        kinds = arguments[:1] * len(value) if Ellipsis in arguments else arguments
        return tuple(_decode(kind_, item) for kind_, item in zip(kinds, value, strict=True))
    if origin in {Union, types.UnionType}:
        return _decode_union(arguments, value)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(value)
    return value


def _decode_union(kinds: tuple[Any, ...], value: Any) -> Any:
    """Decode an optional value, or an operation by its `op`."""
    if isinstance(value, dict):
        for kind in kinds:
            if is_dataclass(kind) and value.get("op") == _operation(kind):
                return _decode(kind, value)
    return value


def _operation(kind: Any) -> str | None:
    """Return the `op` of an operation's class, None when it is none."""
    return next((str(field.default) for field in fields(kind) if field.name == "op"), None)
