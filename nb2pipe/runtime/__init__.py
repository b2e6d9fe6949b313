"""What runs a step where the step runs: standard library only, Python 3.9 to 3.14.

`nb2pipe.bundle` packs these modules into one, so a module-level name is unique among them all, and
counts their bytes: the packed runtime stands in every step. `docs/manifest.md` is the contract.
"""
