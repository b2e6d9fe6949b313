"""A lightweight Python component for each step, which Kubeflow's SDK runs in a process."""

from kfp import dsl, local  # noqa: TID253 -- what this is for
from step import COUNT


@dsl.component(install_kfp_package=False)
def begin() -> int:
    import pandas as pd  # noqa: F401, PLC0415 -- a component is a text of its own
    import sklearn.linear_model  # noqa: F401, PLC0415 -- as above

    return 1


@dsl.component(install_kfp_package=False)
def add(x: int) -> int:
    import pandas as pd  # noqa: F401, PLC0415 -- as above
    import sklearn.linear_model  # noqa: F401, PLC0415 -- as above

    return x + 1


@dsl.pipeline
def chain() -> int:
    task = begin()
    for _ in range(1, COUNT):
        task = add(x=task.output)
    return task.output


local.init(local.SubprocessRunner(use_venv=False), pipeline_root="outputs")
if chain().output != COUNT:
    raise RuntimeError("the last step has another value")
