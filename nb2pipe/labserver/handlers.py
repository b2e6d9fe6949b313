"""The routes below `nb2pipe/api/`. Each reads a request, asks, and answers with JSON.

The page sends the notebook itself, with edits that are not saved, and calls it by its path below the server's
root. Whoever may use the server may use these, nobody else: Jupyter's own checks (login, authorizer, XSRF,
origin) stand before every one of them.
"""

import asyncio
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from jupyter_server.utils import url_path_join
from tornado import web

from nb2pipe.api import report_page, write_output
from nb2pipe.backends.registry import backend_names
from nb2pipe.diagnostics import CompileError
from nb2pipe.engine.history import PastRun, list_runs, read_run, runs_folder
from nb2pipe.engine.past_step import step_document
from nb2pipe.labserver import answers
from nb2pipe.labserver.compiling import CompilerProcess, Work
from nb2pipe.labserver.places import api_path, notebook_path
from nb2pipe.labserver.runs import Runs
from nb2pipe.labserver.submitting import SubmitError, submit, submitted_state

RESOURCE: Final = "nb2pipe"
MOST_BYTES: Final = 32 * 2**20
"""How large a request may be; notebooks come without their outputs."""

_LOG_LINES: Final = 500
_LISTED_RUNS: Final = 50


class _Shared:
    """What the handlers have in common; mixed into Jupyter's own."""

    auth_resource = RESOURCE
    settings: dict[str, Any]

    @property
    def root(self) -> str:
        """The folder that the server serves."""
        return str(self.settings["contents_manager"].root_dir)

    @property
    def runs(self) -> Runs:
        """The runs that go on."""
        runs: Runs = self.settings["nb2pipe_runs"]
        return runs

    async def ask(self, work: Work, folder: Path, *arguments: Any) -> dict[str, Any]:
        """Have the compiler's process do `work`."""
        compiler: CompilerProcess = self.settings["nb2pipe_compiler"]
        return await compiler.ask(work, folder, *arguments)

    def find(self, notebook: Path, run: str) -> PastRun:
        """Return a run that is kept beside the notebook.

        Raises:
            HTTPError: 404, there is none.
        """
        folder = runs_folder(notebook.parent) / run
        if not (folder / "pipeline.json").is_file():
            raise web.HTTPError(404, f"there is no run `{run}`")
        return read_run(folder)


@web.stream_request_body
class _Posted(_Shared, APIHandler):
    """A request with a body, which is read only once its sender is known to be allowed, and bounded."""

    async def prepare(self) -> None:  # type: ignore[override]  # as `APIHandler` has it
        """Check who asks and how much comes."""
        await super().prepare()
        self._body = bytearray()
        if int(self.request.headers.get("Content-Length", 0)) > MOST_BYTES:
            raise web.HTTPError(413, "the notebook is too large")

    def data_received(self, chunk: bytes) -> None:
        """Collect the body."""
        self._body += chunk
        if len(self._body) > MOST_BYTES:
            raise web.HTTPError(413, "the notebook is too large")

    def order(self) -> Mapping[str, Any]:
        """Return the body, a JSON object.

        Raises:
            HTTPError: 400, it is none.
        """
        try:
            order = json.loads(self._body)
        except ValueError as error:
            raise web.HTTPError(400, "the request is not JSON") from error
        if not isinstance(order, dict):
            raise web.HTTPError(400, "the request is no JSON object")
        return order

    def notebook(self, order: Mapping[str, Any]) -> tuple[Path, Mapping[str, Any]]:
        """Return where the notebook of an order is, and its document.

        Raises:
            HTTPError: it has none, or it is outside the server's root.
        """
        document = order.get("notebook")
        if not isinstance(document, dict) or not isinstance(document.get("cells"), list):
            raise web.HTTPError(400, "the request holds no notebook")
        return notebook_path(self.root, order.get("path")), document


class AnalyseHandler(_Posted):
    """POST `path`, `notebook`: what the notebook is as a pipeline."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Analyse; see `answers.analyse`."""
        path, document = self.notebook(self.order())
        self.finish(await self.ask(answers.analyse, path.parent, document, path.name))


class SuggestHandler(_Posted):
    """POST `path`, `notebook`: steps that it could have."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Suggest; see `answers.suggest`."""
        path, document = self.notebook(self.order())
        self.finish(await self.ask(answers.suggest, path.parent, document, path.name))


class CompileHandler(_Posted):
    """POST `path`, `notebook`, `target`: write the pipeline beside the notebook."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Compile; `written` are the paths of the files."""
        order = self.order()
        path, document = self.notebook(order)
        target = str(order.get("target") or "kfp")
        answer = await self.ask(answers.compile_to, path.parent, document, path.name, target)
        written = [api_path(self.root, path.parent / name) for name in answer["written"]]
        self.finish({**answer, "written": written})


class SchemaHandler(_Shared, APIHandler):
    """GET: the schema of the forms, and the targets that are installed."""

    @web.authenticated
    @authorized
    def get(self) -> None:
        """Answer with `schema` and `targets`."""
        source = files("nb2pipe.labserver").joinpath("options.schema.json")
        schema = json.loads(source.read_text(encoding="utf-8"))
        self.finish({"schema": schema, "targets": list(backend_names())})


class RunsHandler(_Posted):
    """GET `path`: the runs of a notebook. POST `path`, `notebook`, `parameters`: run it here."""

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """List the newest runs, the newest first."""
        path = notebook_path(self.root, self.get_argument("path"))
        kept = await asyncio.to_thread(list_runs, path.parent, path.name)
        self.finish({"runs": [self.runs.state(run) for run in kept[:_LISTED_RUNS]]})

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Start a run; answer with its id as `run`, or with `diagnostics`."""
        order = self.order()
        path, document = self.notebook(order)
        self.finish(
            await self.runs.start(
                path.parent,
                {
                    "document": document,
                    "name": path.name,
                    "parameters": order.get("parameters") or {},
                    "python": self._python(document),
                },
            )
        )

    def _python(self, document: Mapping[str, Any]) -> str | None:
        """Return the Python of the notebook's kernel, which has the notebook's libraries."""
        name = ((document.get("metadata") or {}).get("kernelspec") or {}).get("name", "")
        try:
            python = Path(self.kernel_spec_manager.get_kernel_spec(name).argv[0])
        except (KeyError, IndexError, TypeError, ValueError):  # no such kernel
            return None
        is_python = python.is_absolute() and python.is_file() and python.name.startswith("python")
        return str(python) if is_python else None


class RunHandler(_Shared, APIHandler):
    """GET `path`: the state of a run. DELETE `path`: cancel it."""

    @web.authenticated
    @authorized
    async def get(self, run: str) -> None:
        """Answer with the run's document."""
        found = self.find(notebook_path(self.root, self.get_argument("path")), run)
        self.finish(self.runs.state(found))

    @web.authenticated
    @authorized
    async def delete(self, run: str) -> None:
        """Cancel; say whether it was running."""
        found = self.find(notebook_path(self.root, self.get_argument("path")), run)
        self.finish({"cancelled": self.runs.cancel(found)})


class RunStepHandler(_Shared, APIHandler):
    """GET `path`, `step`: the cells of a step with what they displayed so far, and its log."""

    @web.authenticated
    @authorized
    async def get(self, run: str) -> None:
        """Answer with what `step_document` tells."""
        found = self.find(notebook_path(self.root, self.get_argument("path")), run)
        try:
            document = await asyncio.to_thread(
                step_document, found, self.get_argument("step"), lines=_LOG_LINES
            )
        except CompileError as error:
            raise web.HTTPError(404, str(error)) from error
        self.finish(document)


class RunNotebookHandler(_Posted):
    """POST `path`: write the executed notebook of a run beside the notebook."""

    @web.authenticated
    @authorized
    async def post(self, run: str) -> None:
        """Answer with the `path` of what was written."""
        path = notebook_path(self.root, self.order().get("path"))
        executed = self.find(path, run).executed_notebook()
        if executed is None:
            raise web.HTTPError(404, f"run `{run}` has no executed notebook yet")
        output = path.with_name(f"{path.stem}.executed.ipynb")
        text = json.dumps(executed, indent=1, ensure_ascii=False) + "\n"
        try:
            write_output(output, text, notebook=path)
        except CompileError as error:
            raise web.HTTPError(409, str(error)) from error
        self.finish({"path": api_path(self.root, output)})


class RunReportHandler(_Shared, JupyterHandler):
    """GET `path`: a run as one page, which may load and run nothing."""

    @property
    def content_security_policy(self) -> str:
        """Forbid whatever an output of the notebook could try."""
        return (
            "sandbox; default-src 'none'; img-src data:; style-src 'unsafe-inline'; font-src data:"
        )

    @web.authenticated
    @authorized
    async def get(self, run: str) -> None:
        """Answer with the page."""
        found = self.find(notebook_path(self.root, self.get_argument("path")), run)
        try:
            page = await asyncio.to_thread(report_page, found)
        except CompileError as error:
            raise web.HTTPError(404, str(error)) from error
        self.finish(page)


class SubmitHandler(_Posted):
    """POST `path`, `notebook`, `host`, `namespace`, `parameters`: run it in Kubeflow."""

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Answer with the run's `id` and `url`, or with `diagnostics`."""
        order = self.order()
        path, document = self.notebook(order)
        package = await self.ask(answers.package, path.parent, document, path.name, "kfp")
        if package["text"] is None:
            self.finish({"diagnostics": package["diagnostics"]})
            return
        try:
            answer = await asyncio.to_thread(
                submit,
                package["text"],
                host=str(order.get("host") or ""),
                namespace=order.get("namespace") or None,
                name=package["pipeline"],
                experiment=package["experiment"] or package["pipeline"],
                parameters=order.get("parameters") or {},
            )
        except SubmitError as error:
            raise web.HTTPError(502, str(error)) from error
        self.finish(answer)


class SubmittedHandler(_Shared, APIHandler):
    """GET `host`, `namespace`: the state of a run in Kubeflow."""

    @web.authenticated
    @authorized
    async def get(self, run: str) -> None:
        """Answer with its `state`."""
        try:
            answer = await asyncio.to_thread(
                submitted_state,
                run,
                host=self.get_argument("host", ""),
                namespace=self.get_argument("namespace", "") or None,
            )
        except SubmitError as error:
            raise web.HTTPError(502, str(error)) from error
        self.finish(answer)


_RUN: Final = r"runs/([\w-]+)"

ROUTES: Final[list[tuple[str, type[JupyterHandler]]]] = [
    (url_path_join("nb2pipe", "api", route), handler)
    for route, handler in (
        ("analyse", AnalyseHandler),
        ("suggest", SuggestHandler),
        ("compile", CompileHandler),
        ("schema", SchemaHandler),
        ("runs", RunsHandler),
        (_RUN, RunHandler),
        (f"{_RUN}/step", RunStepHandler),
        (f"{_RUN}/notebook", RunNotebookHandler),
        (f"{_RUN}/report", RunReportHandler),
        ("submit", SubmitHandler),
        (r"submitted/([\w-]+)", SubmittedHandler),
    )
]
