"""What people are told when the cluster is not reached, or is none."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socket import socket
from threading import Thread

import pytest
import yaml

from tests.unit.cli.kubectl_mc.conftest import Run

LOGIN = b"<html>Log in</html>"


def kubeconfig(server: str) -> str:
    """Write a kubeconfig with two contexts of this server, and return how to name it."""
    written = {
        "clusters": [{"name": "here", "cluster": {"server": server}}],
        "users": [{"name": "me", "user": {}}],
        "contexts": [
            {"name": name, "context": {"cluster": "here", "user": "me"}} for name in ("a", "b")
        ],
        "current-context": "a",
    }
    Path("kubeconfig").write_text(yaml.safe_dump(written))
    return "kubeconfig"


class Page(BaseHTTPRequestHandler):
    """Answers every question with what its server holds."""

    def do_GET(self) -> None:
        """Answer."""
        status, body = self.server.page  # type: ignore[attr-defined]  # it is put there below
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *said: object) -> None:
        """Say nothing."""


@pytest.fixture
def web() -> Iterator[HTTPServer]:
    """A web server that is no API server."""
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        Thread(target=server.serve_forever, args=(0.01,)).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        pytest.param(200, LOGIN, "did not answer in JSON; is it an API server?", id="a login page"),
        pytest.param(200, b"\xff", "did not answer in JSON; is it an API server?", id="bytes"),
        pytest.param(200, b"[]", "did not answer with an object", id="JSON, and no object"),
        pytest.param(200, b'{"a": 1}', "did not answer with a list", id="another object"),
        pytest.param(502, b"\xff", "Bad Gateway", id="a proxy's own error"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "diff", "plan", "status"])
def test_a_server_that_is_no_api_server_is_told_as_such(  # noqa: PLR0913 - the cases' own
    mc: Run, web: HTTPServer, command: str, status: int, body: bytes, said: str
) -> None:
    web.page = (status, body)  # type: ignore[attr-defined]  # the handler finds it there
    address = f"http://127.0.0.1:{web.server_port}"

    ended = mc(command, "--kubeconfig", kubeconfig(address))

    assert (ended.code, ended.stdout) == (2, "")
    assert ended.stderr.startswith("error: the cluster could not be asked: ")
    assert said in ended.stderr
    assert (address in ended.stderr) == (status == 200)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_is_down_is_told_in_plain_words(mc: Run, scheme: str) -> None:
    with socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"{scheme}://127.0.0.1:{unused.getsockname()[1]}"

        ended = mc("validate", "--kubeconfig", kubeconfig(address))

    assert ended.code == 2
    assert f"the API server at {address} did not answer: connection refused\n" in ended.stderr


def test_a_server_without_tls_is_told(mc: Run, web: HTTPServer) -> None:
    address = f"https://127.0.0.1:{web.server_port}"

    ended = mc("validate", "--kubeconfig", kubeconfig(address))

    assert ended.code == 2
    assert f"the API server at {address} did not answer: " in ended.stderr


def test_a_context_that_is_not_there_is_told_with_those_that_are(mc: Run) -> None:
    file = kubeconfig("https://127.0.0.1:1")

    ended = mc("validate", "--kubeconfig", file, "--context", "nope")

    assert ended.code == 2
    assert ended.stderr == (
        "error: no context nope in kubeconfig; there are a, b\n"
        "  `kubectl config get-contexts` shows them\n"
    )


def test_a_folder_is_no_kubeconfig(mc: Run) -> None:
    Path("folder").mkdir()

    ended = mc("validate", "--kubeconfig", "folder")

    assert ended.code == 2
    assert "folder cannot be read: is a directory\n" in ended.stderr
