"""The notebook metadata that Kale writes (`kubeflow_notebook`, or `kale`), as settings."""

import re
from collections.abc import Mapping
from typing import Any

from nb2pipe.diagnostics import Code, Diagnostic, Span
from nb2pipe.frontend.cell_tags import read_tag
from nb2pipe.frontend.options import merge
from nb2pipe.frontend.settings import Settings
from nb2pipe.frontend.tags import OptionTag
from nb2pipe.ir import StepOptions, Volume

SECTIONS = ("kubeflow_notebook", "kale")

_NAMES = {
    "pipeline_name": "name",
    "pipeline_description": "description",
    "experiment_name": "experiment",
    "base_image": "image",
    "docker_image": "image",
}
_STEPS_DEFAULTS = {"limits": "limit", "labels": "label", "annotations": "annotation"}


def kale_settings(
    metadata: Mapping[str, Any], span: Span
) -> tuple[Settings, tuple[Diagnostic, ...]]:
    """Return the settings in a notebook's Kale metadata.

    What has no meaning here, or a value that Kale would not take either, is named in one hint.
    """
    reader = _Reader(span)
    found: dict[str, Any] = {}
    for section in SECTIONS:
        table = metadata.get(section)
        if isinstance(table, Mapping):
            found.update(reader.read(table))
    return Settings(**found), tuple(reader.diagnostics())


class _Reader:
    def __init__(self, span: Span) -> None:
        self.span = span
        self.meaningless: list[str] = []
        self.wrong: list[Diagnostic] = []

    def diagnostics(self) -> list[Diagnostic]:
        if not self.meaningless:
            return self.wrong
        names = ", ".join(sorted(dict.fromkeys(self.meaningless)))
        hint = Diagnostic(
            code=Code.KALE_SETTING,
            span=self.span,
            message=f"these settings of Kale have no meaning here and are ignored: {names}",
        )
        return [*self.wrong, hint]

    def read(self, table: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        options = [StepOptions()]
        for key, value in table.items():
            if value is None or value in ("", [], {}):
                continue  # how Kale's panel writes that nothing is set
            if key in _NAMES and isinstance(value, str):
                found[_NAMES[key]] = value.strip() or None
            elif key == "volumes" and isinstance(value, list):
                found["volumes"] = self._volumes(value, options)
            elif (option := self._option(key, value)) is not None:
                options.append(option)
            elif value is not False:
                self.meaningless.append(f"`{key}`")
        experiment = table.get("experiment")
        if isinstance(experiment, Mapping):
            self._experiment(experiment, found)
        return {**found, "defaults": merge(*options)}

    def _experiment(self, experiment: Mapping[str, Any], found: dict[str, Any]) -> None:
        """Take the name from where the panel keeps the chosen experiment, if nowhere else."""
        name = experiment.get("name")
        if isinstance(name, str) and name and "experiment" not in found:
            found["experiment"] = name
        if "`experiment`" in self.meaningless:
            self.meaningless.remove("`experiment`")

    def _option(self, key: str, value: object) -> StepOptions | None:
        if key == "enable_caching" and isinstance(value, bool):
            return StepOptions(cache=value)
        if key == "timeout" and isinstance(value, int) and not isinstance(value, bool):
            return StepOptions(timeout=value) if value > 0 else None
        if key == "steps_defaults" and isinstance(value, list):
            return self._tags([tag for tag in value if isinstance(tag, str)])
        if key == "steps_defaults" and isinstance(value, Mapping):
            return self._tags(_as_tags(value))
        return None

    def _tags(self, tags: list[str]) -> StepOptions:
        options = [StepOptions()]
        for text in tags:
            tag, diagnostics = read_tag(text, self.span)
            self.wrong.extend(diagnostics)
            if not isinstance(tag, OptionTag):
                if not diagnostics:
                    self.meaningless.append(f"`steps_defaults` `{text}`")
                continue
            options.append(tag.options())
        return merge(*options)

    def _volumes(self, volumes: list[Any], options: list[StepOptions]) -> tuple[Volume, ...]:
        found = []
        for volume in volumes:
            kind = volume.get("type") if isinstance(volume, Mapping) else None
            name, path = (volume.get("name"), volume.get("mount_point")) if kind else (None, None)
            if kind != "pvc" or not isinstance(name, str) or not isinstance(path, str):
                self.meaningless.append(f"`volumes` of type `{kind}`" if kind else "`volumes`")
                continue
            found.append(Volume(name=name, mount_path=path))
            if volume.get("expose_as_env_var"):
                variable = "KALE_VOLUME_" + re.sub(r"[^A-Z0-9]", "_", name.upper())
                options.append(StepOptions(env=((variable, path),)))
        return tuple(found)


def _as_tags(defaults: Mapping[str, Any]) -> list[str]:
    """Return the tags that a table of defaults, which Kale takes as well, stands for."""
    return [
        f"{_STEPS_DEFAULTS.get(kind, kind)}:{key}:{value}"
        for kind, table in defaults.items()
        if isinstance(table, Mapping)
        for key, value in table.items()
    ]
