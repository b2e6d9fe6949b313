"""Where settings come from, weakest first: Kale's metadata, ours, `pyproject.toml`, the caller."""

from pathlib import Path

from nb2pipe.diagnostics import Code, Diagnostic, Span
from nb2pipe.frontend.kale_settings import kale_settings
from nb2pipe.frontend.notebook import Notebook
from nb2pipe.frontend.settings import Settings, merge_settings, parse_settings

_FILE = "pyproject.toml"
_TOOL = "nb2pipe"


def resolve_settings(
    notebook: Notebook, overrides: Settings
) -> tuple[Settings, tuple[Diagnostic, ...]]:
    """Return the settings that hold for `notebook`; `overrides` (the command line's) win."""
    own, own_diagnostics = notebook_settings(notebook)
    project, project_diagnostics = project_settings(Path(notebook.path).parent)
    return merge_settings(own, project, overrides), (*own_diagnostics, *project_diagnostics)


def notebook_settings(notebook: Notebook) -> tuple[Settings, tuple[Diagnostic, ...]]:
    """Return the settings in the notebook's own metadata."""
    kale, kale_diagnostics = kale_settings(notebook.metadata, notebook.span())
    if _TOOL not in notebook.metadata:
        return kale, kale_diagnostics
    table = notebook.metadata[_TOOL]
    if isinstance(table, dict):
        # What a run has noted in the executed notebook is no setting.
        table = {key: value for key, value in table.items() if key != "run"}
    place = "the notebook's metadata `nb2pipe`"
    ours, diagnostics = parse_settings(table, notebook.span(), place, Path(notebook.path).parent)
    return merge_settings(kale, ours), (*kale_diagnostics, *diagnostics)


def project_settings(folder: Path) -> tuple[Settings, tuple[Diagnostic, ...]]:
    """Return `[tool.nb2pipe]` of the nearest `pyproject.toml` that has it, from `folder` upward."""
    for path in _project_files(folder):
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            continue
        if _TOOL in text:  # most projects have none: do not even import the parser
            found = _from_toml(text, path)
            if found is not None:
                return found
    return Settings(), ()


def _project_files(folder: Path) -> list[Path]:
    try:
        absolute = folder.resolve()
    except OSError:
        return []
    return [parent / _FILE for parent in (absolute, *absolute.parents)]


def _from_toml(text: str, path: Path) -> tuple[Settings, tuple[Diagnostic, ...]] | None:
    import tomllib  # noqa: PLC0415 -- hardly ever needed, and start-up time counts

    span = Span(notebook=str(path))
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        return Settings(), (
            Diagnostic(
                code=Code.BAD_SETTING,
                span=span,
                message=f"`{_FILE}` is not valid TOML: {str(error).lower()}",
            ),
        )
    tool = document.get("tool")
    if not isinstance(tool, dict) or _TOOL not in tool:
        return None
    return parse_settings(tool[_TOOL], span, "`[tool.nb2pipe]`", path.parent)
