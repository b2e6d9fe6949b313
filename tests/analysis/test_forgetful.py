"""Objects of which a stored one goes on in another way: others may look at them, but not work on."""

MAKE = "from iminuit import Minuit\ndef f(a):\n    return a**2\nm = Minuit(f, a=1)"


def codes(analysis, *cells):
    return [d.code.number for d in analysis(*cells).diagnostics if d.is_error]


def test_a_fit_goes_on_in_its_own_step_only(analysis):
    fit, again = "m.migrad()", "m.hesse()"
    assert codes(analysis, ("a", MAKE), ("a", fit), ("b", again)) == ["NB206"]
    assert codes(analysis, ("a", MAKE), ("a", fit), ("b", "m.errordef = 1\nm.migrad()")) == [
        "NB206"
    ]
    assert codes(analysis, ("a", MAKE), ("a", fit), ("a", again), ("b", "print(m)")) == []


def test_other_steps_may_look_at_it_and_begin_it(analysis):
    assert codes(analysis, ("a", MAKE), ("b", "m.migrad()"), ("c", "print(m.fval, m.values)")) == []
    assert codes(analysis, ("a", MAKE), ("a", "m.migrad()"), ("b", "m.reset()\nm.migrad()")) == []
