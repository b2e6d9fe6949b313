"""A run that is killed at any moment can be gone on with, and gives the same results."""

import pytest

from tests.faults.kills import run_trial


@pytest.mark.parametrize("seed", range(8))
def test_a_killed_run_is_gone_on_with(seed: int):
    assert run_trial(seed).problems == ()
