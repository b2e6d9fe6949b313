"""The target `kfp`: a compiled file for Kubeflow Pipelines v2."""

from nb2pipe.backends.kfp.backend import KfpBackend

__all__ = ["KfpBackend"]
