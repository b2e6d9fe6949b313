"""Store problems of cvxpy without what their solvers keep, which nobody can store, and say so to whoever asks for it.

Only steps of notebooks that import `cvxpy` have this module, in their manifest.
"""

import copyreg
from typing import Any

UNREAD = "CLARABEL"  # keeps results that it never looks at


def install(_start: Any, _settings: Any, _reducers: Any, ways: list[Any]) -> None:
    """Add to `ways` what stores problems and solutions."""
    ways += (
        ("cvxpy.problems.problem", "Problem", reduce_problem),
        ("cvxpy.reductions.solution", "Solution", reduce_solution),
    )


def reduce_problem(problem: Any) -> Any:
    """Return what makes a problem again."""
    state = {**vars(problem)}
    kept = state.get("_solver_cache") or {}
    plain = {name: value for name, value in kept.items() if type(value) is dict}
    lost = sorted({*kept, *getattr(kept, "lost", ())} - plain.keys() - {UNREAD})
    if kept:
        state["_solver_cache"] = Kept(plain, lost)
    stats: Any = state.get("_solver_stats")
    if getattr(stats, "extra_stats", None) is not None:
        state["_solver_stats"] = type(stats)(**{**vars(stats), "extra_stats": Lost()})
    return copyreg.__newobj__, (type(problem),), state  # type: ignore[attr-defined] # pickle's own


def reduce_solution(solution: Any) -> Any:
    """Return what makes a solution again."""
    state = {**vars(solution)}
    state["attr"] = {
        name: Lost()
        if "stats" in name and not isinstance(value, (dict, float, int, str))
        else value
        for name, value in state["attr"].items()
    }
    return copyreg.__newobj__, (type(solution),), state  # type: ignore[attr-defined] # pickle's own


def lost_error(name: str) -> RuntimeError:
    """Return the error for who asks for what was not stored."""
    why = f"what the solver {name} keeps of a problem cannot be stored: solve and go on in one step"
    return RuntimeError(why + ", or solve with `warm_start=False`")


class Kept(dict):  # type: ignore[type-arg] # the packed runtime has no `typing`
    """What solvers keep of a problem, but for some of them."""

    def __init__(self, kept: dict[str, Any], lost: list[str]) -> None:
        super().__init__(kept)
        self.lost = lost

    def __contains__(self, name: object) -> bool:
        if name in self.lost and not super().__contains__(name):
            raise lost_error(str(name))
        return super().__contains__(name)

    def __reduce__(self) -> Any:
        return rebuild_kept, ({**self}, self.lost)


def rebuild_kept(kept: dict[str, Any], lost: list[str]) -> Kept:
    """Return what was kept."""
    return Kept(kept, lost)


class Lost:
    """Stands for what a solver tells, which was not stored."""

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        raise lost_error("of this problem")

    def __repr__(self) -> str:
        raise lost_error("of this problem")

    def __reduce__(self) -> Any:
        return rebuild_lost, ()


def rebuild_lost() -> Lost:
    """Return what stands for it."""
    return Lost()
