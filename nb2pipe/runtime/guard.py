"""Watch over what other steps use later: a cell that changes it unnoticed fails its step."""

import os
import sys
import time
from types import BuiltinMethodType, FunctionType, MethodType, ModuleType
from typing import Any, Callable

from nb2pipe.runtime.compare import ATOMS, changed_part
from nb2pipe.runtime.files import LISTED, OUTSIDE, touched_files
from nb2pipe.runtime.pickling import Definition, dump_values
from nb2pipe.runtime.process import changed_process, observe_process
from nb2pipe.runtime.sharing import shared_parts
from nb2pipe.runtime.store import START, STATES, artifact_parts, collect
from nb2pipe.runtime.suspect import changed_error

MISSING = object()
SHARE = 0.04  # of the time that a step takes
GRACE = 1.0  # seconds that what must be compared may take in any step
SLOWEST = 1e-7  # seconds that a byte takes to compare, in a value of many small objects
# A copy would hold the object, as `random.gauss` does its generator.
METHODS = MethodType, BuiltinMethodType
COPIED = 1 << 24  # bytes of a value of which a copy may be kept


class Baseline:
    """How values were: `parts` gives them; `seconds` is what a comparison is likely to take.

    `classes` are those of the notebook by what they were called then, `form` is what `parts` were made with of a value.
    """

    def __init__(
        self,
        parts: Callable[[], list[Any]],
        names: list[str],
        shared: Any,
        seconds: float,
        form: Any = lambda value: value,
    ) -> None:
        scope = vars(sys.modules["__main__"])
        self.classes = {name: part for name, part in scope.items() if isinstance(part, type)}
        self.parts = parts
        self.names = names
        self.shared = shared
        self.seconds = seconds
        self.form = form
        self.cells: list[dict[str, Any]] = []


def timed(method: Any) -> Any:
    """Add what a method of the guard takes to its seconds."""

    def measure(self: Any, *arguments: Any) -> None:
        self.begin = time.perf_counter()
        try:
            method(self, *arguments)
        finally:
            self.seconds += time.perf_counter() - self.begin

    return measure


class Guard:
    """Follows a step: what it loads and stores, and each cell before and after it runs."""

    def __init__(self, scope: dict[str, Any], sources: list[str]) -> None:
        self.scope = scope
        self.sources = sources
        self.start = self.begin = time.perf_counter()
        self.seconds = 0.0
        self.checked = 0
        self.unchecked: dict[str, str] = {}
        self.baselines: dict[str, Baseline] = {}
        self.before: dict[str, Any] = {}
        self.modules = 0
        self.cell = -1
        self.files: dict[str, list[Any]] = {}
        # What was read before belongs to no cell.
        OUTSIDE.update(path for path, _ in touched_files())

    @timed
    def add_shared(self, values: dict[str, Any], apart: list[Any]) -> None:
        """Add to the `values` of an artifact, under names with blanks, what they share with others.

        `apart`: names of the artifact that another step changes, each with a name that is stored apart
        and the cell until which it is used. What was shared when a value was loaded goes on with it.
        """
        for name, other, until in apart:
            if name in values and other in self.scope:
                try:
                    parts = shared_parts(values[name], self.scope[other])
                    dump_values({"": parts})
                except Exception as error:
                    self._give_up([other], repr(error))
                else:
                    if parts:
                        values[f" {name} shares {other} until {until}"] = parts
        for key, baseline in self.baselines.items():
            if key[0] == " " and key.split()[0] in values:
                values.setdefault(key, baseline.shared[key])

    def hold(self, path: str, names: list[str], values: dict[str, Any], start: float) -> None:
        """Take the artifact at `path`, which was loaded or stored since `start`, as how `names` are to stay.

        `values` is all that it holds.
        """
        shared = {name: value for name, value in values.items() if name[0] == " "}
        self.release([*names, *shared])
        # The first load of a kind imports a library, the comparison does not.
        seconds = min(time.perf_counter() - start, os.path.getsize(path) * SLOWEST)
        baseline = Baseline(lambda: artifact_parts(path), [*values], shared, seconds)
        self.baselines.update(dict.fromkeys([*names, *shared], baseline))

    @timed
    def enter(self, operation: dict[str, Any]) -> None:
        """Look at everything before a cell, and let go what may change from here on."""
        kept = operation.get("keeps", ())
        over = []
        for name in self.baselines:
            until = int(name.split()[-1]) if name[0] == " " else -1
            if name not in kept and until < operation["cell"]:
                over.append(name)
        self._let_go(over, self.scope)
        for name in kept:
            if name not in self.baselines:
                self._copy(name)
        watched = (*kept, *operation.get("spares", ()))
        self.before = {name: self._look(name) for name in watched}
        self.modules = len(sys.modules)
        touched_files()
        self.cell = operation["cell"]

    @timed
    def leave(self, operation: dict[str, Any]) -> None:
        """Compare after a cell: names and states always, values when there is time.

        Raises:
            StepError: NB508, NB509 or NB213, the cell changed what it was to leave alone.
        """
        for baseline in {*self.baselines.values()}:
            baseline.cells.append(operation)
        self._compare_files(operation)
        rebound = []
        for name, before in self.before.items():
            if name[:8] == "<process":
                found = changed_process(before, name[1:-1].split(), self.modules)
                if found:
                    state = found.split(".")[0]
                    raise changed_error(f"<{state}>", [operation], self.sources, found)
                continue
            after = self._look(name)
            if name[:7] == "<module":
                self._compare_module(name, before, after, operation)
            elif _differs(before, after):
                if name in self.baselines and name in self.scope:
                    rebound.append(name)
                else:
                    part = name if name[0] == "<" or isinstance(after, dict) else None
                    raise changed_error(name, [operation], self.sources, part)
        self._check(rebound, self.scope, GRACE)
        source = self.sources[operation["source"]]
        self._check(sorted(self.baselines, key=lambda name: name not in source), self.scope, 0)

    def _compare_files(self, operation: dict[str, Any]) -> None:
        for path, writes in self._note_files():
            for name in self.before:
                known = os.path.normpath(name[6:-1])
                if writes and name[:6] == "<file:" and f"{path}/".startswith(known + "/"):
                    raise changed_error(name, [operation], self.sources, name)

    def _compare_module(self, name: str, before: Any, after: Any, operation: Any) -> None:
        found = START["local"][1](before, after, name[1:-1].split()[2:], changed_part)
        self.unchecked.update(START["local"][2])
        if found:
            error = changed_error("<" + found + ">", [operation], self.sources, found)
            module, _, key = found.rpartition(".")
            if isinstance(vars(sys.modules[module]).get(key), (FunctionType, type)):
                hint = "use the module in one step only, or let it keep that in a variable"
                error.args = (*error.args[:-1], hint)
            raise error

    def bindings(self) -> dict[str, Any]:
        """Return what the names that are watched are bound to."""
        return {name: self.scope.get(name, MISSING) for name in self.baselines}

    @timed
    def rebind(self, bindings: dict[str, Any]) -> None:
        """Let go what was bound anew by another operation than a cell since `bindings`."""
        old = [name for name in bindings if self.scope.get(name, MISSING) is not bindings[name]]
        self._let_go(old, bindings)

    @timed
    def release(self, names: list[str]) -> None:
        """Let go `names`, as far as they are watched."""
        self._let_go([name for name in names if name in self.baselines], self.scope)

    @timed
    def finish(self) -> None:
        """Compare what was not compared since a cell ran.

        Raises:
            StepError: as `leave`.
        """
        self._check([*self.baselines], self.scope, GRACE)

    def report(self) -> dict[str, Any]:
        """Return what was done, at what cost, and the last cell that read and wrote each file."""
        self._note_files()
        return {
            "seconds": self.seconds,
            "checked": self.checked,
            "unchecked": self.unchecked,
            "files": {path: cells for path, cells in self.files.items() if path[:2] != ".."},
            "reads": [path for path in OUTSIDE if os.path.isfile(os.path.join(START["cwd"], path))],
            "lists": [*LISTED],
        }

    def _note_files(self) -> list[Any]:
        found = touched_files()
        for path, writes in found if self.cell >= 0 else ():
            self.files.setdefault(path, [None, None])[writes] = self.cell
        return found

    # --- values

    def _let_go(self, names: list[str], scope: dict[str, Any]) -> None:
        """Compare `names`, as they are in `scope`, for the last time."""
        self._check(names, scope, GRACE)
        for name in names:
            del self.baselines[name]

    def _check(self, names: list[str], scope: dict[str, Any], grace: float) -> None:
        """Compare `names` with their baselines, as far as the step's time and `grace` allow."""
        groups: dict[Baseline, list[str]] = {}
        for name in names:
            if self.baselines[name].cells:
                groups.setdefault(self.baselines[name], []).append(name)
        for baseline, group in groups.items():
            start = time.perf_counter()
            spent = self.seconds + start - self.begin
            if spent + baseline.seconds < (start - self.start) * SHARE + grace:
                self._compare(baseline, group, scope)
                baseline.seconds = time.perf_counter() - start
                baseline.cells = []
            elif grace:
                self._give_up(group, "that would take too long")

    def _compare(self, baseline: Baseline, names: list[str], scope: dict[str, Any]) -> None:
        values = {**scope, **baseline.shared}
        chosen = {name: baseline.form(values[name]) for name in baseline.names if name in names}
        classes = baseline.classes
        now = {name: self.scope[name] for name in classes if name in self.scope}
        self.scope.update(classes)
        try:
            part = changed_part(baseline.parts(), baseline.names, chosen)
        except Exception as error:
            return self._give_up(names, repr(error))
        finally:
            for name in classes.keys() - now:
                del self.scope[name]
            self.scope.update(now)
        self.checked += len(names)
        if part:
            name = max((name for name in names if part.startswith(name)), key=len)
            raise changed_error(name, baseline.cells, self.sources, part)
        return None

    def _give_up(self, names: list[str], why: str) -> None:
        self.unchecked.update(dict.fromkeys(names, why))

    def _copy(self, name: str) -> None:
        """Keep a copy of a value that is in no artifact: a constant, a parameter, a function."""
        value = _whole(self.scope.get(name, MISSING))
        if name[0] == "<" or value is MISSING or isinstance(value, (*ATOMS, *METHODS)):
            return None
        start = time.perf_counter()
        try:
            live = dump_values({name: value})
        except Exception as error:
            return self._give_up([name], repr(error))
        if sum(map(len, live)) > COPIED:
            return self._give_up([name], "it is too large for a copy")
        parts = [*map(bytes, live)]
        seconds = time.perf_counter() - start
        self.baselines[name] = Baseline(lambda: parts, [name], {}, seconds, _whole)
        return None

    def _look(self, name: str) -> Any:
        """Return what tells whether a cell changed a name: never the object, for that counts who holds it."""
        if name[0] == "<":
            return _observe(name[1:-1])
        value = self.scope.get(name, MISSING)
        if isinstance(value, (ModuleType, type)):
            # Its functions, libraries may replace themselves: pyplot does when it shows the first figure.
            members = vars(value).items()
            own = vars(value).get("__module__") == "__main__"
            return {k: (own, _token(v)) for k, v in members if k[0] != "_" and type(v) in ATOMS}
        return _token(value)


def _whole(value: Any) -> Any:
    """Return what tells of all parts of a value: a class of the notebook is else known by its name."""
    own = isinstance(value, type) and value.__module__ == "__main__"
    return Definition(value) if own else value


def _token(value: Any) -> Any:
    """Return what is the same for an object, and for what is equal to it and cannot change."""
    kind = type(value)
    # The hash of -1 is that of -2.
    return (kind, hash(value), value == -1) if kind in ATOMS else id(value)


def _observe(state: str) -> Any:
    """Return how hidden state is: a generator, or the process."""
    if state[:7] == "process":
        return observe_process(state.split())
    if state[:7] == "module ":
        return START["local"][0](state.split()[1], dump_values)
    loaded = state in STATES and STATES[state][0] in sys.modules
    return loaded and [*map(bytes, dump_values({"": collect("state", state, {})}))]


def _differs(before: Any, after: Any) -> Any:
    """Whether what was looked at is no longer the same; what a library got since, or has for None, is no change."""
    if isinstance(before, dict) and isinstance(after, dict):
        return any(before[key] != after.get(key, (False, _token(None))) for key in before)
    return before is not False and before != after
