"""The target `json`: the pipeline itself, as JSON."""

import json
from collections.abc import Mapping

from nb2pipe.backends.base import Capabilities, output_stem
from nb2pipe.diagnostics import Diagnostic, Span
from nb2pipe.ir import Pipeline


class JsonBackend:
    """Emits the intermediate representation; `nb2pipe.ir.pipeline_from_json` reads it back."""

    name = "json"
    capabilities = Capabilities()

    def check(
        self, pipeline: Pipeline, files: Mapping[str, str], spans: Mapping[str, Span]
    ) -> tuple[Diagnostic, ...]:
        """Return nothing: JSON holds every pipeline."""
        del pipeline, files, spans
        return ()

    def emit(self, pipeline: Pipeline) -> Mapping[str, str]:
        """Return one file, `NOTEBOOK.pipeline.json`."""
        text = json.dumps(pipeline.to_json(), ensure_ascii=False, indent=2)
        return {f"{output_stem(pipeline)}.pipeline.json": text + "\n"}
