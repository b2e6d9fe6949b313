"""What a solver keeps, and nobody can store, is missed by whoever asks for it, however often the problem was stored."""

from types import SimpleNamespace

import pytest

from nb2pipe.runtime.optimisation import reduce_problem


def stored(cache):
    """Store the cache of a problem, and return the one that a loaded problem has."""
    _, _, state = reduce_problem(SimpleNamespace(_solver_cache=cache))
    return state["_solver_cache"]


def test_what_was_lost_stays_lost_while_other_solvers_go_on():
    once = stored({"OSQP": object(), "SCS": {"x": 1}, "CLARABEL": object()})
    twice = stored(once)

    for cache in (once, twice):
        assert cache["SCS"] == {"x": 1}
        assert "CLARABEL" not in cache  # which never looks
        with pytest.raises(RuntimeError, match="OSQP"):
            "OSQP" in cache  # noqa: B015 -- asking is what fails


def test_what_a_solver_has_kept_anew_is_there():
    cache = stored({"SCS": {"x": 1}, "OSQP": object()})
    cache["OSQP"] = {"x": 2}

    assert "OSQP" in stored(cache)
