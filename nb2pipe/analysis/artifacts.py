"""How artifacts are called, and what they are shown as."""

from collections.abc import Iterable

from nb2pipe.analysis.heap import NOTHING
from nb2pipe.analysis.link import Linker
from nb2pipe.analysis.supply import Supply
from nb2pipe.ir import ArtifactKind, ArtifactType

_DATASETS = ("pandas.", "polars.", "numpy.ndarray", "xarray.", "pyarrow.")
_MODELS = ("sklearn.", "torch.nn", "xgboost.", "lightgbm.", "statsmodels.", "keras.", "tensorflow.")


def output_keys(supplies: Iterable[Supply]) -> dict[Supply, str]:
    """Name every artifact after its variables; an earlier version of the same name gets a number."""
    keys: dict[Supply, str] = {}
    used: set[tuple[str, str]] = set()
    for supply in sorted(supplies, key=lambda item: -item.cell):
        base = "_".join(shown_name(name) for name in supply.names)[:60]
        key, number = base, 1
        while (supply.step, key) in used:
            number += 1
            key = f"{base}_{number}"
        used.add((supply.step, key))
        keys[supply] = key
    return keys


def shown_name(name: str) -> str:
    """Return how a variable, file or generator is called in artifacts and edges."""
    return name.removeprefix("<file:").removeprefix("<").removesuffix(">")


def artifact_kind(name: str) -> ArtifactKind:
    """Return what an artifact of the name holds."""
    if name.startswith("<file:"):
        return ArtifactKind.FILES
    return ArtifactKind.STATE if name.startswith("<") else ArtifactKind.VARIABLES


def artifact_type(linker: Linker, supply: Supply) -> ArtifactType:
    """Return what an artifact is shown as: a data set or a model, when all that it may be is one."""
    if len(supply.names) > 1:
        return ArtifactType.ARTIFACT
    sites = linker.interpretation.cells[supply.cell].after.get(supply.names[0], NOTHING)
    types = [site.type or "" for site in sites]
    if types and all(type_.startswith(_DATASETS) for type_ in types):
        return ArtifactType.DATASET
    if types and all(type_.startswith(_MODELS) for type_ in types):
        return ArtifactType.MODEL
    return ArtifactType.ARTIFACT
