"""The Jupyter server extension: what the page in JupyterLab and Notebook asks for.

It calls the same functions as the command line. Installing `nb2pipe` beside a Jupyter server enables it.
"""

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from nb2pipe.labserver.extension import LabServer  # noqa: PLC0415 -- only a server needs Jupyter

    return [{"module": "nb2pipe.labserver", "app": LabServer}]
