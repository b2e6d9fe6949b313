"""The `PipelineSpec` message without the rest of kfp.

`import kfp` loads its client and the Kubernetes client, which takes far longer than a compilation;
importing any of its submodules does too. The generated module stands on `google.protobuf` alone,
so it is loaded from its file. Where kfp is imported later in the same process, it finds this one.
"""

import sys
from importlib.machinery import PathFinder
from importlib.util import module_from_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

_MODULE = "kfp.pipeline_spec.pipeline_spec_pb2"


def _load() -> ModuleType:
    loaded = sys.modules.get(_MODULE)
    if loaded is not None:
        return loaded
    folders = [str(Path(entry, "kfp", "pipeline_spec")) for entry in sys.path]
    spec = PathFinder.find_spec(_MODULE, folders)
    if spec is None or spec.loader is None:
        raise ModuleNotFoundError(f"no module named {_MODULE!r}", name=_MODULE)
    module = module_from_spec(spec)
    sys.modules[_MODULE] = module
    spec.loader.exec_module(module)
    return module


if TYPE_CHECKING:
    from kfp.pipeline_spec import pipeline_spec_pb2 as pipeline_spec_pb2  # noqa: PLC0414
else:
    pipeline_spec_pb2 = _load()
