"""Where diagnostics are in files: paths as a repository has them, lines as a file has them."""

import os
from collections.abc import Callable
from pathlib import Path

from nb2pipe.diagnostics import Span
from nb2pipe.reporting.file_lines import FileLines, Region, lines_of_json, lines_of_text
from nb2pipe.reporting.text import Sources

_JSON = ".ipynb"
_SETTINGS = ".toml"
_TABLE = "[tool.nb2pipe"


class Locations:
    """Knows the file and the region of each span; a file is read only when it is asked about."""

    def __init__(self, root: Path, sources: Sources, read: Callable[[str], str | None]) -> None:
        """Make locations.

        Args:
            root: the folder that paths are relative to.
            sources: the cells, which say where those of text notebooks are.
            read: returns the text of a file, None when it cannot be read.
        """
        self._root = root
        self._sources = sources
        self._read = read
        self._lines: dict[str, FileLines] = {}

    def path(self, notebook: str) -> str:
        """Return the path of a file from the root, with slashes; the whole path if it is outside."""
        absolute = Path(os.path.normpath(Path.cwd() / notebook))
        if absolute.is_relative_to(self._root):
            return absolute.relative_to(self._root).as_posix()
        return absolute.as_posix()

    def region(self, span: Span) -> Region:
        """Return what `span` covers of its file."""
        if span.notebook not in self._lines:
            text = self._read(span.notebook)
            self._lines[span.notebook] = (
                FileLines() if text is None else self._find_lines(span.notebook, text)
            )
        return self._lines[span.notebook].region(span)

    def _find_lines(self, path: str, text: str) -> FileLines:
        suffix = Path(path).suffix
        if suffix == _JSON:
            return lines_of_json(text)
        if suffix == _SETTINGS:
            before, found, _ = text.partition(_TABLE)
            return FileLines(first=before.count("\n") + 1 if found else 1)
        sources = {cell: source for (file, cell), source in self._sources.items() if file == path}
        return lines_of_text(text, sources)
