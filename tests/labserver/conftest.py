"""A real Jupyter server in the test's process, with our extension."""

import json

import pytest
from pytest_jupyter.jupyter_core import *  # noqa: F403 -- fixtures and hooks, for these tests only
from pytest_jupyter.jupyter_server import *  # noqa: F403 -- as above
from tornado.httpclient import HTTPClientError


@pytest.fixture
def jp_server_config():
    return {"ServerApp": {"jpserver_extensions": {"nb2pipe.labserver": True}}}


@pytest.fixture
def ask(jp_fetch):
    """Ask the extension as the page does: the status and the answer, JSON if it is."""

    async def ask(method, *route, order=None, **query):
        body = None if order is None else json.dumps(order)
        try:
            answer = await jp_fetch(
                "nb2pipe", "api", *route, method=method, body=body, params=query
            )
        except HTTPClientError as error:
            answer = error.response
        text = answer.body.decode()
        return answer.code, json.loads(text) if text.startswith("{") else text

    return ask


@pytest.fixture
def lab_folder(jp_root_dir):
    """A folder below the server's root, as most notebooks are in one."""
    folder = jp_root_dir / "work"
    folder.mkdir()
    return folder
