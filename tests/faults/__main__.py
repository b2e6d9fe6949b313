"""Kill many runs and count: `python -m tests.faults [--count N] [--seed FIRST]`."""

import argparse
import sys
from collections import Counter

from tests.faults.kills import run_trial


def main() -> int:
    """Print every trial in which something was not as it must be, and counts; return 1 if there was one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    killed, wrong, finished, reused = Counter[str](), 0, 0, 0
    for seed in range(given.seed, given.seed + given.count):
        outcome = run_trial(seed)
        killed.update(outcome.killed.split(" + "))
        finished += outcome.finished
        reused += outcome.reused
        wrong += bool(outcome.problems)
        for problem in outcome.problems:
            print(f"seed {seed}, killed: {outcome.killed}: {problem}", flush=True)
    print(f"{given.count} trials, {wrong} of them with a problem; {killed.total()} runs killed:")
    for name, count in killed.most_common():
        print(f"  {count} {name}")
    print(f"{finished} steps had finished before the last run, {reused} of them did not run again")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
