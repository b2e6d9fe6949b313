"""What a front end does for a notebook that runs whole."""

from typing import Any

from nbclient import NotebookClient
from nbclient.jsonutil import json_clean
from nbclient.output_widget import OutputWidget


class Client(NotebookClient):  # type: ignore[misc] # it has no types
    """nbclient, with widgets that show what is displayed inside of them without losing the kernel's reply."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.widget_registry = {"@jupyter-widgets/output": {"OutputModel": _Output}}


class _Output(OutputWidget):  # type: ignore[misc] # nor has it
    def send(
        self,
        data: dict[str, Any] | None = None,
        metadata: dict[str, Any] | None = None,
        buffers: list[Any] | None = None,
    ) -> None:
        """Send a message to the kernel, through the very socket on which its reply is awaited.

        jupyter_client's session sends through another one in its place: the one that waits is not told of what has
        arrived in the meantime, and would wait for ever.
        """
        session: Any = self.kernel_client.session
        content = json_clean({"data": data or {}, "comm_id": self.comm_id})
        message = session.msg(
            "comm_msg", content=content, parent=self.parent_header, metadata=metadata
        )
        parts = [*session.serialize(message), *(buffers or ())]
        self.kernel_client.shell_channel.socket.send_multipart(parts)
