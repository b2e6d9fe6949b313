"""What a shell command line does, as far as its words tell."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from nb2pipe.analysis.magics import Row, command_row, split_arguments

_ASSIGNMENT: Final = re.compile(r"\w+=")
_PREFIXES: Final = frozenset({"sudo", "nohup", "exec", "command", "time"})
_NO_FILE: Final = re.compile(r"-|&?\d|/dev/(null|stdout|stderr)|.*[{}$*?].*")
_UNKNOWN: Final = Row()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShellFacts:
    """What a command line does: nothing lasting, set something up, or read and write files.

    `writes` are the literal paths that it is known to write.
    """

    quiet: bool = False
    setting: bool = False
    writes: tuple[str, ...] = ()


def shell_facts(script: str) -> ShellFacts:
    """Return what `script`, the text of one or more command lines, does."""
    rows: list[Row] = []
    writes: list[str] = []
    redirects = False
    try:
        for words, targets in _commands(script):
            name, *arguments = words or ["true"]
            row = command_row(name, " ".join(arguments)) or _UNKNOWN
            rows.append(row)
            # What is installed may say so in a file.
            redirects = redirects or (bool(targets) and row.effect != "setting")
            given = split_arguments(shlex.join(arguments), row, permute=True)
            writes += [*given.select(row.writes), *targets]
    except ValueError:  # quotes that are open at the end of a line
        return ShellFacts()
    effects = {row.effect for row in rows}
    setting = "setting" in effects and effects <= {"quiet", "setting"} and not redirects
    return ShellFacts(
        quiet=effects <= {"quiet"} and not redirects,
        setting=setting,
        # What is run again in each step that needs it, such as `mkdir -p`, does not travel.
        writes=()
        if setting
        else tuple(dict.fromkeys(p for p in writes if not _NO_FILE.fullmatch(p))),
    )


def _commands(script: str) -> Iterator[tuple[list[str], list[str]]]:
    """Yield the words of each simple command, and the files that its output goes to."""
    for line in script.replace("\\\n", " ").splitlines():
        words: list[str] = []
        targets: list[str] = []
        tokens = shlex.shlex(line, posix=True, punctuation_chars=True)
        tokens.whitespace_split = True
        operator = ""
        for token in tokens:
            if not set(token) - set("();<>|&"):
                if words and words[-1].isdigit() and token.startswith(">"):
                    words.pop()  # the number of the stream in `2> log`
                if not set(token) & set("<>"):
                    yield _command(words), targets
                    words, targets = [], []
                operator = token
            elif ">" in operator:
                if not (operator.endswith("&") and token.isdigit()):
                    targets += [] if _NO_FILE.match(token) and "/dev/" in token else [token]
                operator = ""
            else:
                words += [token] if operator != "<" else []
                operator = ""
        yield _command(words), targets


def _command(words: list[str]) -> list[str]:
    """Return the command's own words; its name without its folder."""
    while words and (_ASSIGNMENT.match(words[0]) or words[0] in _PREFIXES):
        words = words[1:]
    if not words:
        return []
    name = "python" if "sys.executable" in words[0] else words[0].rpartition("/")[2]
    return [name, *words[1:]]
