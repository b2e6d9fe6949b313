"""Tensors of torch go from step to step with their gradients, or not at all."""

import pytest

import nb2pipe
from nb2pipe.diagnostics import Code

pytest.importorskip("torch", reason="torch is not installed: it takes gigabytes")

WEIGHT = "import torch\nw = torch.ones(2, requires_grad=True)"
TRAINING = """\
import torch
torch.manual_seed(0)
model = torch.nn.Linear(2, 1)
optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
X = torch.ones(3, 2)"""


def shown(result):
    assert [str(item) for item in result.diagnostics] == []
    cells = [cell for step in result.steps for cell in step.cells]
    return "".join(output["text"] for cell in cells for output in cell.outputs if "text" in output)


@pytest.mark.parametrize(
    "cells",
    [
        ["loss = (w * 3).sum()\nloss.backward()", "print(w.grad)"],
        ["(w * 3).sum().backward()", "w.grad.zero_()", "print(w.grad, w.is_leaf)"],
        ["v = w.detach()[1:]", "v.fill_(7)", "print(w)"],
        ["a = w.detach().numpy()", "a[0] = 7", "print(w)"],
        ["import numpy as np\na = np.zeros(3)\nt = torch.from_numpy(a)", "t.fill_(7)", "print(a)"],
    ],
)
def test_gradients_and_shared_memory(nb, cells):
    whole = nb2pipe.run(nb(*((cell, "step:one") for cell in [WEIGHT, *cells])))
    parts = [(cell, f"step:s{at}") for at, cell in enumerate([WEIGHT, *cells])]
    assert shown(nb2pipe.run(nb(*parts))) == shown(whole)


def test_training_goes_on_in_another_step(nb):
    cells = [
        TRAINING,
        "loss = model(X).sum()\nloss.backward()",
        "optimizer.step()\noptimizer.zero_grad()",
        "model(X).sum().backward()\noptimizer.step()\nprint(model.weight, model.bias.grad)",
    ]
    whole = nb2pipe.run(nb(*((cell, "step:one") for cell in cells)))
    parts = [(cell, f"step:s{at}") for at, cell in enumerate(cells)]
    assert shown(nb2pipe.run(nb(*parts))) == shown(whole)


def test_a_computation_that_gradients_are_to_go_back_through_is_refused(nb):
    result = nb2pipe.run(
        nb((WEIGHT + "\nloss = (w * 3).sum()", "step:a"), ("loss.backward()", "step:b"))
    )
    (found,) = result.diagnostics
    assert found.code is Code.CANNOT_STORE
    assert "`loss`" in found.message
    assert "`.detach()`" in found.message
