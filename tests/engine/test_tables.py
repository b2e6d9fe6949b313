"""Tables of xgboost go from step to step, but not where it would matter when their weights were set."""

import pytest

import nb2pipe

pytest.importorskip("xgboost", reason="xgboost is not installed: it takes hundreds of megabytes")

MAKE = """\
import numpy as np
import xgboost as xgb
rng = np.random.default_rng(0)
data = xgb.DMatrix(rng.random((200, 3)), label=rng.integers(0, 2, 200), feature_names=['a', 'b', 'c'])
options = {'objective': 'binary:logistic', 'subsample': 0.7, 'seed': 3}"""
TRAIN = "model = xgb.train(options, data, 5)"
SHOW = "print(model.predict(data).tolist(), data.feature_names, model.get_score())"


def printed(result):
    return [output["text"] for cell in result.notebook["cells"] for output in cell["outputs"]]


def test_training_in_another_step_gives_the_same(nb):
    whole = nb2pipe.run(nb((f"{MAKE}\n{TRAIN}\n{SHOW}", "step:all"), name="whole.ipynb"))
    parts = nb2pipe.run(nb((MAKE, "step:make"), (TRAIN, "step:train"), (SHOW, "step:show")))
    assert [*whole.diagnostics, *parts.diagnostics] == []
    assert printed(parts) == printed(whole)


def test_weights_that_may_have_been_set_late(nb):
    weights = f"{TRAIN}\ndata.set_weight(np.arange(200.0))"
    result = nb2pipe.run(
        nb((MAKE, "step:make"), (weights, "step:train"), (f"{TRAIN}\n{SHOW}", "step:show"))
    )
    (found,) = [item for item in result.diagnostics if item.is_error]
    assert found.code.number == "NB504"
    assert "`data" in found.message
    assert "weights" in found.message
