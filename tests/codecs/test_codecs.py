"""Every codec gives back what it says that it gives back."""

import subprocess
import sys
from pathlib import Path

ROUND_TRIPS = Path(__file__).with_name("round_trips.py")


def test_round_trips(with_arrow):
    # Threads of pyarrow may abort a process that ends in the ordinary way.
    code = "import os, sys, pytest\nstatus = pytest.main(sys.argv[1:])\nsys.stdout.flush()\nos._exit(status)"
    command = [sys.executable, "-c", code, "-q", "-p", "no:cacheprovider", str(ROUND_TRIPS)]
    done = subprocess.run(command, env=with_arrow, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
