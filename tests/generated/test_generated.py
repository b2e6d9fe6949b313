"""Generated notebooks: however they are split, a pipeline shows what the notebook shows, or is refused."""

import os
import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.generated.execute import compare, refusals
from tests.generated.grammar import STATEMENTS, write_notebook

GIVEN = os.environ.get("GENERATED")
SAMPLE = range(300)


@pytest.mark.notebooks
@settings(
    max_examples=int(GIVEN or 150),
    derandomize=GIVEN is None,
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
@given(st.randoms(use_true_random=False))
def test_a_pipeline_shows_what_the_notebook_shows(choices):
    notebook = write_notebook(choices)
    outcome = compare(notebook.cells)
    event(outcome.kind)
    assert outcome.kind in {"equal", "refused", "stopped"}, f"\n{notebook}\n{outcome.difference}"


@pytest.fixture(scope="module")
def sample():
    return [write_notebook(random.Random(seed)) for seed in SAMPLE]


def test_the_grammar_reaches_every_feature_often(sample):
    features = Counter(feature for notebook in sample for feature in notebook.features)
    assert features.keys() == STATEMENTS.keys()
    assert min(count for name, count in features.items() if name != "frames") > len(sample) / 20


def test_refusing_is_no_way_out(sample):
    refused = [notebook for notebook in sample if refusals(notebook.cells)]
    assert len(refused) < len(sample) * 0.35
    # Without interleaved cells there is no cycle, and little else that cannot be done.
    cut = [notebook for notebook in sample if not notebook.interleaved]
    assert len([notebook for notebook in refused if not notebook.interleaved]) < len(cut) * 0.1
