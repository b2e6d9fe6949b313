"""What the interpretation of the cells finds, before steps are looked at."""

from random import Random

from nb2pipe.analysis.interpret import interpret
from nb2pipe.analysis.syntax import parse_cells
from tests.analysis.cells import laid

_METHODS = "".join(
    f"    def m{number}(self, other):\n        other.m{(number + 1) % 8}(self)\n"
    "        self.items.append(other)\n        return [self, other]\n"
    for number in range(8)
)
_CLASSES = "".join(
    f"class C{number}:\n    def __init__(self):\n        self.items = []\n{_METHODS}c{number} = C{number}()\n"
    for number in range(12)
)
_THINGS = ", ".join(f"c{number}" for number in range(12))


def test_the_cause_of_a_change_is_the_same_each_time():
    cells, _ = parse_cells([laid(_CLASSES), laid(f"import lib\nlib.run([{_THINGS}])", number=2)])
    found, memory = set(), []
    for seed in range(6):
        # Objects of the analysis get other addresses, and sets of them another order.
        memory.append([object() for _ in range(20_000)])
        Random(seed).shuffle(memory[-1])
        del memory[-1][::2]
        (*_, run) = interpret(cells).cells[1].statements
        assert "c3" in run.writes
        found.add(tuple((name, write.node.lineno) for name, write in sorted(run.writes.items())))
    assert len(found) == 1
