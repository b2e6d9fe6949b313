"""Say what a cell changed, where it most likely did, and which tag tells the compiler."""

import re
from typing import Any, Optional

from nb2pipe.runtime.store import StepError


def changed_error(name: str, cells: list[Any], sources: list[str], part: Optional[str]) -> Any:
    """Return the error for `name`, which one of `cells` changed; None as `part`: bound anew.

    `name` is a variable, hidden state in `<>`, of which `part` is changed, or shared memory, which begins with a blank.
    """
    code, tag, what = "NB508", f"mutates:{name}", f"`{name}`"
    verb = "changed" if part is not None else "bound anew"
    if part is None:
        tag = f"writes:{name}"
    elif name[0] == "<":
        state = name[1:-1]
        changed = part.strip("<>")
        code, what = "NB509", f"`{changed}`"
        tag = "mutates:" + (state if state[:5] == "file:" else "state:" + state).replace(":", "=")
        if state[:5] == "file:":
            what = f"the file `{state[5:]}`"
    elif part != name and "._" not in part and len(part) < 60:  # noqa: PLR2004
        what = f"`{name}` (at `{part}`)"
    words = [name]
    if name[0] == " ":
        word, _, other, _, _ = name.split()
        words = [word, other]
        code, what = "NB213", f"memory that `{word}` shares with `{other}`"
    cell, line, text = _suspect(words, cells, sources)
    number = cell["number"]
    place = f"cell {number}"
    if len(cells) > 1:
        first = cells[0]["number"]
        last = cells[-1]["number"]
        place = f"one of the cells {first} to {last}, most likely {number},"
    message = f"{what} was {verb} in {place} and nothing there shows it, while other steps use it as it was"
    hint = f"tag cell {number} `{tag}`, or change a copy"
    if code == "NB213":
        message = f"{what} was changed in {place}, but each is stored apart, so the change stays in one of them"
        hint = f"copy `{words[0]}` or `{words[1]}` where it is made, or use both in one step only"
    return StepError(code, message, number, line, text, hint)


def _suspect(words: list[str], cells: list[Any], sources: list[str]) -> tuple[Any, int, str]:
    """Return the last cell and line that mention one of `words`, else the last cell."""
    pattern = "|".join(rf"\b{word}\b" for word in words if word.isidentifier())
    for cell in reversed(cells):
        lines = sources[cell["source"]].split("\n")
        found = [line for line, text in enumerate(lines) if pattern and re.search(pattern, text)]
        if found:
            return cell, found[-1] + 1, lines[found[-1]]
    return cells[-1], 1, sources[cells[-1]["source"]].split("\n")[0]
