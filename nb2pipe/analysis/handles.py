"""Which open files may go from step to step: to be opened again there, at the same position.

What is not written yet is written when a handle is stored. That is earlier than in the notebook, so nobody
else may use the file while the handle is open; then nobody can tell.
"""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from nb2pipe.analysis.file_names import may_write, path_of
from nb2pipe.analysis.heap import NOTHING, Site, Sites
from nb2pipe.analysis.open_files import FileUse, Handle, OpenFiles
from nb2pipe.analysis.supply import Supply

if TYPE_CHECKING:
    from nb2pipe.analysis.link import Linker


def portable(files: OpenFiles) -> Sites:
    """Return the handles that can be opened again, as far as the notebook's code shows."""
    return frozenset(
        site
        for site, handle in files.handles.items()
        if handle.single and site not in files.spoiled and disturbance(files, site) is None
    )


def disturbance(files: OpenFiles, site: Site) -> FileUse | None:
    """Return the first use of a handle's file by others, while it is open, that could tell a difference."""
    handle = files.handles[site]
    found = (
        use
        for use in files.foreign_uses(site)
        if (use.writes or handle.opening.writes) and may_write([use.file], handle.file)
    )
    return min(found, key=lambda use: use.order, default=None)


def handles_in(linker: "Linker", supply: Supply) -> Sites:
    """Return the handles that an artifact holds."""
    stored = linker.interpretation.cells[supply.cell].after
    heap, files = linker.interpretation.heap, linker.interpretation.files
    names = (name for name in supply.names if not name.startswith("<"))
    sites = heap.reach(NOTHING.union(*(stored.get(name, NOTHING) for name in names)))
    return sites & files.handles.keys()


def carried_handles(linker: "Linker") -> Mapping[str, str | None]:
    """Return the paths of the files on which handles may go from step to step, with how their lines end.

    A step cannot tell handles on one file apart, so either all may go, or none.
    """
    files, may_go = linker.interpretation.files, linker.portable
    crossing = NOTHING.union(*(handles_in(linker, supply) for supply in linker.supplies))
    others = [files.handles[site].file for site in crossing - may_go]
    going = [files.handles[site] for site in crossing & may_go]
    return {
        path_of(handle.file): handle.opening.newline
        for handle in sorted(going, key=lambda handle: handle.order)
        if not may_write(others, handle.file) and _agree(handle, going)
    }


def _agree(handle: Handle, others: Iterable[Handle]) -> bool:
    return all(
        other.opening.newline == handle.opening.newline
        for other in others
        if other.file == handle.file
    )
