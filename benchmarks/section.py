"""The part of a page that a benchmark writes: between two marks that name its script."""

from pathlib import Path


def write_section(page: Path, script: str, content: str) -> None:
    """Put Markdown between the marks of `script` in a page; what is around them stays.

    Raises:
        ValueError: the page has no such marks.
    """
    begin, end = (f"<!-- benchmarks/{script}: {mark} -->" for mark in ("begin", "end"))
    text = page.read_text(encoding="utf-8")
    if begin not in text or end not in text:
        raise ValueError(f"{page} has no marks")
    before, rest = text.split(begin, 1)
    after = rest.split(end, 1)[1]
    page.write_text(f"{before}{begin}\n\n{content}\n\n{end}{after}", encoding="utf-8")
