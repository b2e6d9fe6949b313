"""The backend itself: what it can express, and its file."""

from collections.abc import Mapping

from nb2pipe.backends.base import ALL_OPTIONS, Capabilities, output_stem
from nb2pipe.backends.kfp.budget import check_parameters, check_size, is_too_large
from nb2pipe.backends.kfp.document import render
from nb2pipe.backends.kfp.graph import check_spec
from nb2pipe.backends.kfp.handing import RECEIVE, hand_on
from nb2pipe.backends.kfp.kubernetes import platform_document
from nb2pipe.backends.kfp.names import Names, name_pipeline
from nb2pipe.backends.kfp.spec import spec_document
from nb2pipe.bundle import BOOTSTRAP, runtime_blob
from nb2pipe.diagnostics import Diagnostic, Span
from nb2pipe.ir import Pipeline

_COMPUTE = frozenset({"cpu", "memory"})


class KfpBackend:
    """Emits one YAML file: the pipeline and, where steps ask for them, settings of Kubernetes."""

    name = "kfp"
    capabilities = Capabilities(
        options=ALL_OPTIONS,
        requests=_COMPUTE,
        limits=_COMPUTE,
        accelerators=1,
        read_only_volumes=False,
    )

    def check(
        self, pipeline: Pipeline, files: Mapping[str, str], spans: Mapping[str, Span]
    ) -> tuple[Diagnostic, ...]:
        """Return what Kubeflow has no room for: NB112, NB401 and NB405."""
        del spans
        sizes = [problem for text in files.values() for problem in check_size(text, pipeline)]
        return (*check_parameters(pipeline), *sizes)

    def emit(self, pipeline: Pipeline) -> Mapping[str, str]:
        """Return one file, `NOTEBOOK.pipeline.yaml`."""
        named, names = name_pipeline(pipeline)
        text = _text(named, names)
        if is_too_large(text):
            text = _text(named, hand_on(named, names))
        return {f"{output_stem(pipeline)}.pipeline.yaml": text}


def _text(pipeline: Pipeline, names: Names) -> str:
    spec = spec_document(pipeline, names)
    problems = check_spec(spec)
    assert not problems, "\n".join(problems)  # noqa: S101 -- ours, not the user's
    platform = platform_document(pipeline, names.steps)
    return render(
        [spec] if platform is None else [spec, platform],
        shared=(BOOTSTRAP, RECEIVE, runtime_blob()),
        comment=f"Kubeflow pipeline `{pipeline.name}`, compiled from {pipeline.notebook}",
    )
