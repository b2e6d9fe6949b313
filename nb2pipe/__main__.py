"""`python -m nb2pipe` is the same as the command `nb2pipe`."""

from nb2pipe.cli import main

main()
