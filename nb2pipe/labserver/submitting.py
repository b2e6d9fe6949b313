"""Sending a pipeline to Kubeflow, through its own client and its own ways to find credentials."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nb2pipe.diagnostics import Nb2pipeError


class SubmitError(Nb2pipeError):
    """Kubeflow cannot be reached, or refuses."""


def submit(
    text: str,
    *,
    host: str,
    namespace: str | None,
    name: str,
    experiment: str,
    parameters: Mapping[str, Any],
) -> dict[str, Any]:
    """Start a run of a compiled pipeline; return its `id` and its page's `url`.

    Args:
        text: the pipeline's YAML.
        host: where Kubeflow Pipelines answers; empty for what the client finds by itself.
        namespace: the profile, None where there are none.
        name: what the run is called.
        experiment: the experiment, made when there is none of the name.
        parameters: values of pipeline parameters by name; the others have their defaults.

    Raises:
        SubmitError: it did not work, and why.
    """
    try:
        client = _client(host, namespace)
        with tempfile.TemporaryDirectory() as folder:
            package = Path(folder, "pipeline.yaml")
            package.write_text(text, encoding="utf-8")
            result = client.create_run_from_pipeline_package(
                str(package),
                arguments=dict(parameters),
                run_name=name,
                experiment_name=experiment,
                namespace=namespace,
            )
    except Exception as error:  # the client raises whatever its libraries do
        raise SubmitError(_reason(error, host)) from error
    return {"id": result.run_id, "url": f"{_page(client, host)}/#/runs/details/{result.run_id}"}


def submitted_state(run: str, *, host: str, namespace: str | None) -> dict[str, Any]:
    """Return the `state` of a run that was submitted, as Kubeflow names it.

    Raises:
        SubmitError: Kubeflow does not tell, and why.
    """
    try:
        state = _client(host, namespace).get_run(run).state
    except Exception as error:  # as above
        raise SubmitError(_reason(error, host)) from error
    return {"id": run, "state": str(state or "PENDING")}


def _client(host: str, namespace: str | None) -> Any:
    import kfp  # heavy, and only this needs it

    return kfp.Client(host=host or None, namespace=namespace or "kubeflow")


def _page(client: Any, host: str) -> str:
    return (host or str(client._get_url_prefix())).rstrip("/")  # noqa: SLF001 -- has no public name


def _reason(error: Exception, host: str) -> str:
    where = f"Kubeflow at `{host}`" if host else "Kubeflow"
    body = getattr(error, "body", None)
    said = body if isinstance(body, str) and body else str(error) or type(error).__name__
    return f"{where} cannot be used: {said.strip()[:500]}"
