"""Options of steps as entries: what merging them and finding contradictions rest on."""

from dataclasses import fields
from typing import Any

from nb2pipe.ir import StepOptions

Entries = dict[tuple[str, str], Any]
"""What options ask for, each under its field and, in a field that maps, its key."""

# The fields that map a key to a value, and what the key of an item is.
_KEYS = {
    "limits": lambda item: item[0],
    "requests": lambda item: item[0],
    "labels": lambda item: item[0],
    "annotations": lambda item: item[0],
    "env": lambda item: item[0],
    "secrets": lambda item: item.variable,
    "volumes": lambda item: item.mount_path,
}


def entries(options: StepOptions) -> Entries:
    """Return what `options` ask for, one entry per wish."""
    found: Entries = {}
    for field in fields(options):
        value = getattr(options, field.name)
        if field.name in _KEYS:
            found.update({(field.name, _KEYS[field.name](item)): item for item in value})
        elif value is not None:
            found[field.name, ""] = value
    return found


def from_entries(wishes: Entries) -> StepOptions:
    """Return the options that `entries` made `wishes` of."""
    values: dict[str, Any] = {}
    for (field, _), value in wishes.items():
        values[field] = (*values.get(field, ()), value) if field in _KEYS else value
    return StepOptions(**values)


def merge(*options: StepOptions) -> StepOptions:
    """Return all `options` as one: later ones win, maps merge by key."""
    merged: Entries = {}
    for item in options:
        merged.update(entries(item))
    return from_entries(merged)
