"""Errors when the cluster is not reached, or is not a Kubernetes API server."""

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from socket import socket
from threading import Thread

import pytest
import yaml

from tests.unit.cli.kubectl_mc.conftest import Run
from tests.unit.cli.kubectl_mc.manifests import machine_config, write

LOGIN = b"<html>Log in</html>"


def kubeconfig(server: str) -> str:
    """Write a kubeconfig with two contexts of this server, and return its path."""
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
    """Answers every request with the page of its server."""

    def do_GET(self) -> None:
        """Answer."""
        status, body = self.server.page  # type: ignore[attr-defined]  # set below
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def web() -> Iterator[HTTPServer]:
    """Return a web server that is not an API server."""
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        Thread(target=server.serve_forever, args=(0.01,)).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        pytest.param(200, LOGIN, "did not answer in JSON; is it an API server?", id="a login page"),
        pytest.param(200, b"\xff", "did not answer in JSON; is it an API server?", id="bytes"),
        pytest.param(200, b"[]", "did not answer with an object", id="JSON, but not an object"),
        pytest.param(200, b'{"a": 1}', "did not answer with a list", id="another object"),
        pytest.param(502, b"\xff", "Bad Gateway", id="a proxy's own error"),
    ],
)
@pytest.mark.parametrize("command", ["validate", "diff", "plan", "status"])
def test_a_server_that_is_not_an_api_server_is_reported(  # noqa: PLR0913 - the cases' own
    mc: Run, web: HTTPServer, command: str, status: int, body: bytes, reason: str
) -> None:
    web.page = (status, body)  # type: ignore[attr-defined]  # read by the handler
    address = f"http://127.0.0.1:{web.server_port}"

    result = mc(command, "--kubeconfig", kubeconfig(address))

    assert (result.code, result.stdout) == (2, "")
    assert result.stderr.startswith("error: the cluster cannot be read: ")
    assert reason in result.stderr
    assert (address in result.stderr) == (status == 200)


@pytest.mark.parametrize("command", [["validate"], ["render", "--pool", "a"], ["cat", "a", "/b"]])
def test_without_a_cluster_the_remedy_is_to_name_files(mc: Run, command: list[str]) -> None:
    assert mc(*command).stderr.endswith("; with -f no cluster is needed\n")


@pytest.mark.parametrize("files", [[], ["-f", "motd.yaml"]])
def test_without_a_cluster_the_remedy_for_diff_is_to_compare_files(
    mc: Run, files: list[str]
) -> None:
    write("motd.yaml", machine_config("50-motd"))

    result = mc("diff", *files)

    assert result.code == 2
    remedy = "check with `kubectl cluster-info`; to compare files only, pass --against PATH"
    assert result.stderr.endswith(f"\n  {remedy}\n")


@pytest.mark.parametrize("command", ["diff", "plan"])
def test_a_broken_file_is_reported_before_the_cluster_is_read(mc: Run, command: str) -> None:
    Path("broken.yaml").write_text("a: [")

    result = mc(command, "-f", "broken.yaml")

    assert result.stderr.startswith("broken.yaml:1: error: ")
    assert "cluster" not in result.stderr


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_is_down_is_reported(mc: Run, scheme: str) -> None:
    with socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"{scheme}://127.0.0.1:{unused.getsockname()[1]}"

        result = mc("validate", "--kubeconfig", kubeconfig(address))

    assert result.code == 2
    assert f"the API server at {address} did not answer: connection refused\n" in result.stderr


def test_a_server_without_tls_is_reported(mc: Run, web: HTTPServer) -> None:
    address = f"https://127.0.0.1:{web.server_port}"

    result = mc("validate", "--kubeconfig", kubeconfig(address))

    assert result.code == 2
    assert f"the API server at {address} did not answer: " in result.stderr


def test_an_unknown_context_is_reported_with_the_existing_ones(mc: Run) -> None:
    file = kubeconfig("https://127.0.0.1:1")

    result = mc("validate", "--kubeconfig", file, "--context", "nope")

    assert result.code == 2
    assert result.stderr == (
        "error: no context nope in kubeconfig; available: a, b\n"
        "  `kubectl config get-contexts` lists the contexts\n"
    )


def test_a_folder_is_not_a_kubeconfig(mc: Run) -> None:
    Path("folder").mkdir()

    result = mc("validate", "--kubeconfig", "folder")

    assert result.code == 2
    assert "folder cannot be read: is a directory\n" in result.stderr
