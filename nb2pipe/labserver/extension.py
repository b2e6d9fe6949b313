"""The extension as Jupyter's server starts and stops it."""

from jupyter_server.extension.application import ExtensionApp

from nb2pipe.labserver.compiling import CompilerProcess
from nb2pipe.labserver.handlers import ROUTES
from nb2pipe.labserver.runs import Runs


class LabServer(ExtensionApp):
    """Serves `nb2pipe/api/…`; holds the process that compiles, and the runs that go on."""

    name = "nb2pipe"

    def initialize_settings(self) -> None:
        """Make what the handlers share."""
        self.settings["nb2pipe_compiler"] = CompilerProcess()
        self.settings["nb2pipe_runs"] = Runs()

    def initialize_handlers(self) -> None:
        """Register the routes."""
        self.handlers.extend(ROUTES)

    async def stop_extension(self) -> None:
        """Cancel the runs that go on, as kernels are stopped too."""
        await self.settings["nb2pipe_runs"].stop()
        self.settings["nb2pipe_compiler"].close()
