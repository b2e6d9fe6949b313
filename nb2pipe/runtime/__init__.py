"""What runs a step where the step runs: standard library only, Python 3.9 to 3.14.

`nb2pipe.bundle` packs these modules into one and gives all names one or two letters; the result
stands in every step, so each statement counts. Therefore a module-level name is unique among all
modules, a parameter is not passed by keyword, and no quotes stand inside an f-string's braces.
`docs/manifest.md` is the contract.
"""
