"""Settings of a whole pipeline, and reading them from a table (notebook metadata or TOML)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from nb2pipe.diagnostics import Code, Diagnostic, Severity, Span
from nb2pipe.diagnostics.policy import Selection, Verdict, similar_code
from nb2pipe.frontend import values
from nb2pipe.frontend.options import merge
from nb2pipe.frontend.values import WrongValueError
from nb2pipe.ir import StepOptions, Volume


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What is set for a pipeline; None and empty mean: not set here.

    `defaults` are the options of steps that do not say otherwise; `volumes` are for every step;
    `rules` are folders with knowledge about libraries, of which later ones win; `store` is the URL of a store
    that several machines share.
    `verdicts` say which diagnostics are ignored or have another severity.
    """

    name: str | None = None
    description: str | None = None
    image: str | None = None
    experiment: str | None = None
    store: str | None = None
    defaults: StepOptions = StepOptions()
    volumes: tuple[Volume, ...] = ()
    rules: tuple[Path, ...] = ()
    verdicts: tuple[Verdict, ...] = ()

    def step_options(self) -> StepOptions:
        """Return the options that every step starts with, volumes included."""
        return merge(StepOptions(volumes=self.volumes), self.defaults)


def merge_settings(*settings: Settings) -> Settings:
    """Return all `settings` as one: later ones win, maps merge by key, volumes by mount path, rules add up.

    Verdicts follow each other, as the last one wins.
    """
    merged = Settings()
    for item in settings:
        given = {
            field.name: value
            for field in fields(item)
            if (value := getattr(item, field.name)) is not None
        }
        given["defaults"] = merge(merged.defaults, item.defaults)
        given["volumes"] = merge(
            StepOptions(volumes=merged.volumes), StepOptions(volumes=item.volumes)
        ).volumes
        given["rules"] = tuple(dict.fromkeys((*merged.rules, *item.rules)))
        given["verdicts"] = (*merged.verdicts, *item.verdicts)
        merged = replace(merged, **given)
    return merged


def parse_settings(
    table: object, span: Span, place: str, folder: Path | None = None
) -> tuple[Settings, tuple[Diagnostic, ...]]:
    """Return the settings in `table`, and what is wrong with it.

    `place` is how the user knows the table (`[tool.nb2pipe]`), for messages; `folder` is where
    relative paths in it start.
    """
    reader = _Reader(span, place, folder or Path())
    if not isinstance(table, Mapping):
        reader.wrong(None, "it must be a table of settings")
        return Settings(), tuple(reader.diagnostics)
    return reader.read_settings(table), tuple(reader.diagnostics)


# --- reading one value


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise WrongValueError("it must be text")
    return value


def _named(value: object) -> str | None:
    return _text(value) or None


def _image(value: object) -> str | None:
    # An empty image is how forms write that none is set.
    return values.image(value) if _text(value) and isinstance(value, str) else None


def _word(value: object) -> str:
    """Return a text or a number as it would be typed in a tag."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise WrongValueError("it must be text or a number")
    return str(value)


def _cache(value: object) -> bool:
    return value if isinstance(value, bool) else values.switch(_word(value))


def _quantities(value: object) -> tuple[tuple[str, str], ...]:
    return tuple(
        (values.resource(name), values.quantity(_word(quantity), name))
        for name, quantity in _table(value).items()
    )


def _labels(value: object) -> tuple[tuple[str, str], ...]:
    return tuple((values.label_key(key), _word(item)) for key, item in _table(value).items())


def _environment(value: object) -> tuple[tuple[str, str], ...]:
    return tuple((values.environment_name(key), _word(item)) for key, item in _table(value).items())


def _table(value: object) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise WrongValueError("it must be a table")
    return value


_SETTINGS: dict[str, Callable[[Any], Any]] = {
    "name": _named,
    "description": _text,
    "image": _image,
    "experiment": _named,
    "store": _named,
}
_DEFAULTS: dict[str, Callable[[Any], Any]] = {
    "image": _image,
    "limits": _quantities,
    "requests": _quantities,
    "labels": _labels,
    "annotations": _labels,
    "env": _environment,
    "cache": _cache,
    "retry": lambda value: values.count(_word(value)),
    "timeout": lambda value: values.duration(_word(value)),
    "report": _cache,
}
_TABLES = ("defaults", "volumes", "rules", "ignore", "severity")
_VOLUME: dict[str, Callable[[Any], Any]] = {
    "name": lambda value: values.kubernetes_name(_text(value), "volume claim"),
    "mount_path": _text,
    "read_only": _cache,
    "sub_path": _named,
}


class _Reader:
    """Reads the tables of one place and collects what is wrong."""

    def __init__(self, span: Span, place: str, folder: Path) -> None:
        self.span = span
        self.place = place
        self.folder = folder
        self.diagnostics: list[Diagnostic] = []

    def read_settings(self, table: Mapping[str, Any]) -> Settings:
        plain = {key: value for key, value in table.items() if key not in _TABLES}
        found = self._values(plain, _SETTINGS, "", _TABLES)
        if "defaults" in table:
            defaults = self._subtable(table["defaults"], "defaults")
            found["defaults"] = StepOptions(**self._values(defaults, _DEFAULTS, "defaults."))
        if "volumes" in table:
            found["volumes"] = self._volumes(table["volumes"])
        if "rules" in table:
            found["rules"] = self._folders(table["rules"])
        ignored = self._ignored(table.get("ignore", []))
        severities = self._severities(table.get("severity", {}))
        for verdict in severities:
            if verdict.selection in {other.selection for other in ignored}:
                self.wrong(
                    "severity",
                    f"`{verdict.selection.text}` stands in `ignore`, too: keep one of them",
                )
        return Settings(**found, verdicts=(*ignored, *severities))

    def _ignored(self, value: object) -> tuple[Verdict, ...]:
        if not isinstance(value, (list, tuple)):
            self.wrong("ignore", "it must be a list of codes", 'write it as in `["NB110"]`')
            return ()
        return self._verdicts("ignore", ((code, None) for code in value))

    def _severities(self, value: object) -> tuple[Verdict, ...]:
        severities = {severity.value: severity for severity in Severity}
        given: list[tuple[object, Severity]] = []
        for code, name in self._subtable(value, "severity").items():
            if isinstance(name, str) and name in severities:
                given.append((code, severities[name]))
            else:
                names = ", ".join(f"`{known}`" for known in severities)
                self.wrong(f"severity.{code}", f"it must be one of {names}")
        return self._verdicts("severity", given)

    def _verdicts(
        self, key: str, given: Iterable[tuple[object, Severity | None]]
    ) -> tuple[Verdict, ...]:
        verdicts = []
        for text, severity in given:
            try:
                selection = Selection.of(_text(text))
            except WrongValueError as error:
                self.wrong(key, str(error))
            except KeyError:
                self.wrong(key, f"`{text}` is no code of a diagnostic", similar_code(str(text)))
            else:
                verdicts.append(Verdict(selection=selection, span=self.span, severity=severity))
        return tuple(verdicts)

    def _values(
        self,
        table: Mapping[str, Any],
        known: Mapping[str, Callable[[Any], Any]],
        prefix: str,
        also: tuple[str, ...] = (),
    ) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in table.items():
            if key not in known:
                self._unknown(prefix + key, values.did_you_mean(key, (*known, *also)))
                continue
            try:
                found[key] = known[key](value)
            except WrongValueError as error:
                self.wrong(prefix + key, str(error), error.hint)
        return found

    def _subtable(self, value: object, key: str) -> Mapping[str, Any]:
        if isinstance(value, Mapping):
            return value
        self.wrong(key, "it must be a table")
        return {}

    def _volumes(self, value: object) -> tuple[Volume, ...]:
        if not isinstance(value, (list, tuple)):
            self.wrong("volumes", "it must be a list of tables")
            return ()
        found = []
        for number, item in enumerate(value, 1):
            prefix = f"volumes[{number}]."
            volume = self._values(self._subtable(item, prefix[:-1]), _VOLUME, prefix)
            missing = [key for key in ("name", "mount_path") if not volume.get(key)]
            if missing and isinstance(item, Mapping):
                self.wrong(prefix + missing[0], "it must be set")
            elif not missing:
                found.append(Volume(**volume))
        return tuple(found)

    def _folders(self, value: object) -> tuple[Path, ...]:
        """Return the folders of a list of paths, which start where the settings stand."""
        if not isinstance(value, (list, tuple)) or not all(isinstance(item, str) for item in value):
            self.wrong("rules", "it must be a list of folders", 'write `rules = ["nb2pipe-rules"]`')
            return ()
        folders = [self.folder / item for item in value]
        for name, folder in zip(value, folders, strict=True):
            if not folder.is_dir():
                self.wrong("rules", f"there is no folder `{name}` in `{self.folder}`")
        return tuple(folder for folder in folders if folder.is_dir())

    def wrong(self, key: str | None, message: str, hint: str | None = None) -> None:
        name = f"`{key}` in " if key else ""
        self.diagnostics.append(
            Diagnostic(
                code=Code.BAD_SETTING,
                span=self.span,
                message=f"{name}{self.place}: {message}",
                hint=hint,
            )
        )

    def _unknown(self, key: str, hint: str | None) -> None:
        self.diagnostics.append(
            Diagnostic(
                code=Code.UNKNOWN_SETTING,
                span=self.span,
                message=f"`{key}` in {self.place} is no setting, and is ignored",
                hint=hint,
            )
        )
