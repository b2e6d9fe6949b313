"""Run a notebook whole, from top to bottom in one kernel, as its author does."""

import asyncio
import json
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat  # noqa: TID253 -- this module is only imported to run notebooks
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient.exceptions import CellExecutionError, DeadKernelError

from nb2pipe.verify.front_end import Client


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeRun:
    """The executed notebook; `failed` is the index of the cell that raised, None when none did."""

    document: Mapping[str, Any]
    failed: int | None
    error: str = ""


def execute_whole(
    document: Mapping[str, Any], folder: Path, python: str, environment: Mapping[str, str]
) -> WholeRun:
    """Run a notebook in `folder`, up to the first cell that raises without the tag `raises-exception`.

    Args:
        document: the notebook as nbformat 4 has it.
        folder: the working directory.
        python: the Python whose kernel runs it; it must have ipykernel.
        environment: the kernel's environment variables.

    Raises:
        RuntimeError: the kernel does not start, or dies.
    """
    notebook = nbformat.from_dict(json.loads(json.dumps(document)))
    with tempfile.TemporaryDirectory(prefix="nb2pipe-") as sockets:
        client = Client(
            notebook,
            timeout=None,
            startup_timeout=300,
            resources={"metadata": {"path": str(folder)}},
            kernel_manager_class=_kernel_manager(python, f"{sockets}/kernel"),
        )
        failed, error = None, ""
        try:
            # What C code and other processes print is in the notebook; the kernel would repeat it here.
            run = client.async_execute(env=dict(environment), stdout=subprocess.DEVNULL)
            asyncio.run(run)
        except CellExecutionError as raised:
            failed = _last_executed(notebook)
            error = f"{raised.ename}: {raised.evalue}"
        except DeadKernelError as died:
            raise RuntimeError(str(died)) from died
    return WholeRun(document=json.loads(nbformat.writes(notebook)), failed=failed, error=error)


def _kernel_manager(python: str, address: str) -> Any:
    """Return the class of a manager whose kernel is `python`'s.

    Files serve as its sockets: free ports are found by trying, and two kernels that start at once may
    find the same one.
    """
    command = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = KernelSpec(argv=command, display_name="Python 3", language="python")

    class Specs(KernelSpecManager):
        def get_kernel_spec(self, _name: str) -> KernelSpec:
            return spec

    class Manager(AsyncKernelManager):
        def __init__(self, **arguments: Any) -> None:
            super().__init__(**arguments, kernel_spec_manager=Specs(), transport="ipc", ip=address)

    return Manager


def _last_executed(notebook: Any) -> int:
    ran = [at for at, cell in enumerate(notebook.cells) if cell.get("execution_count")]
    return ran[-1] if ran else 0
