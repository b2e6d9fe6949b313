"""Artifacts: versions that are stored together, because somebody loads them together."""

from collections.abc import Iterable
from dataclasses import dataclass

from nb2pipe.analysis.versions import Version


@dataclass(eq=False, slots=True)
class Group:
    """Versions that a step loads together, because they share objects; `latest` decides who supplies."""

    versions: tuple[Version, ...]

    @property
    def latest(self) -> Version:
        """The version made last: after its cell, its step holds all of the group."""
        return max(self.versions, key=lambda version: version.order)


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """An artifact: the versions that `step` stores together after `cell`."""

    step: str
    cell: int
    versions: tuple[Version, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in the order in which they were made."""
        ordered = sorted(self.versions, key=lambda version: version.order)
        return tuple(dict.fromkeys(version.name for version in ordered))


def merge_groups(groups: Iterable[tuple[str | None, Group]]) -> tuple[Supply, ...]:
    """Return what every step stores: groups that overlap at the same place become one artifact.

    Args:
        groups: what each load asks for, with the step that supplies it.
    """
    merged: dict[tuple[str, int], list[set[Version]]] = {}
    for step, group in groups:
        if step is None:
            continue
        versions = set(group.versions)
        parts = merged.setdefault((step, group.latest.cell), [])
        apart = [part for part in parts if part.isdisjoint(versions)]
        together = versions.union(*(part for part in parts if not part.isdisjoint(versions)))
        merged[step, group.latest.cell] = [*apart, together]
    return tuple(
        Supply(step=step, cell=cell, versions=tuple(sorted(part, key=lambda v: (v.order, v.name))))
        for (step, cell), parts in sorted(merged.items(), key=lambda item: item[0][1])
        for part in sorted(parts, key=lambda part: min((v.order, v.name) for v in part))
    )
