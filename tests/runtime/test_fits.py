"""A fit of iminuit goes on in another step exactly as it would have gone on where it was."""

import pytest

from nb2pipe.bundle.runtime import extra_source
from tests.runtime.conftest import texts

MORE = {"modules": {"nb2pipe_fits": [None, extra_source("fits")]}}

COST = """from iminuit import Minuit
def cost(x, y, z):
    return (x - 1) ** 2 + (y - 2) ** 4 + x * y * 0.1 + z * z * (1 + x * x) - z
"""
MAKE = "m = Minuit(cost, x=0, y=0, z=0.5)\n"
SHOW = """
print(m)
print([*m.values], [*m.errors], m.fval, m.nfcn, m.fmin and m.fmin.edm, [*m.merrors.items()], m.covariance)
print(m.init_params)
"""
BEFORE = {
    "nothing": "",
    "migrad": "m.migrad()",
    "simplex": "m.simplex()",
    "hesse": "m.hesse()",
    "migrad and minos": "m.migrad()\nm.minos()",
    "a fixed parameter": "m.migrad()\nm.fixed['x'] = True",
    "another start": "m.migrad()\nm.values['x'] = 0.7",
    "limits": "m.limits['x'] = (0, 5)\nm.simplex()\nm.migrad()",
    "another precision": "m.strategy = 2\nm.tol = 1e-4\nm.errordef = 0.5\nm.migrad()",
}
AFTER = {
    "shown": "",
    "migrad": "m.migrad()",
    "simplex": "m.simplex()",
    "hesse": "m.hesse()",
    "minos": "try:\n    m.minos()\nexcept RuntimeError as error:\n    print(str(error)[:30])",
    "reset": "m.reset()\nm.migrad()",
    "contour": (
        "try:\n    print(m.mncontour('x', 'z', size=5))\nexcept (RuntimeError, ValueError) as error:\n"
        "    print(str(error)[:30])"
    ),
    "profile": "print(m.mnprofile('y', size=4))",
}


@pytest.mark.parametrize("before", BEFORE)
def test_it_goes_on_as_it_was(notebook_image, before):
    # Each way to go on has a fit of its own; all of them are stored together.
    begun = "import warnings\nwarnings.simplefilter('ignore')\nfits = []\n" + "".join(
        f"{MAKE}{BEFORE[before]}\nfits.append(m)\n" for _ in AFTER
    )
    gone_on = "import warnings\nwarnings.simplefilter('ignore')\n" + "".join(
        f"m = fits[{number}]\n{after}{SHOW}" for number, after in enumerate(AFTER.values())
    )

    whole = notebook_image.run(COST, begun, gone_on)
    split = notebook_image.carry(["fits"], begun, gone_on, replay=[COST], **MORE)

    assert (whole["error"], split["error"]) == (None, None)
    assert texts(split) == texts(whole)
