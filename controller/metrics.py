"""Prometheus metrics and liveness on an HTTP server thread: `/metrics` and `/healthz`."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from socketserver import ThreadingMixIn
from threading import Thread
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server
from wsgiref.types import StartResponse, WSGIEnvironment

import prometheus_client
from prometheus_client import Counter as CounterMetric
from prometheus_client import Gauge

from controller.api.machine_config_node import NodeState
from controller.planning.node import Node

_NODES = Gauge("machineconfig_nodes", "Number of nodes by state", ["state"])
_PASSES = CounterMetric("machineconfig_passes", "Number of passes since the process started")
_LAST_PASS = Gauge("machineconfig_last_pass_timestamp_seconds", "End of the last pass")

_SHORTAGE = Gauge(
    "machineconfig_controller_shortage",
    "1 while the controller lacks a resource for its runs, such as disk space, else 0",
)


def set_shortage(*, present: bool) -> None:
    """Record whether the controller lacks a resource for its runs."""
    _SHORTAGE.set(present)


def record_pass(nodes: Iterable[Node], now: datetime) -> None:
    """Record a finished pass and the states of its nodes."""
    states = Counter(node.status.state for node in nodes)
    for state in NodeState:
        _NODES.labels(state.value).set(states[state])
    _PASSES.inc()
    _LAST_PASS.set(now.timestamp())


def serve(address: str, port: int, problem: Callable[[], str]) -> None:
    """Serve `/metrics` and `/healthz`, which returns 503 and the text of `problem` if there is one.

    Raises:
        OSError: the port is in use, or the address is not local.
    """
    exposition = prometheus_client.make_wsgi_app()

    def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/healthz":
            return exposition(environ, start)  # type: ignore[no-any-return]  # untyped there
        text = problem()
        status = "503 Service Unavailable" if text else "200 OK"
        start(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [f"{text or status}\n".encode()]

    server = make_server(address, port, application, _Server, _QuietHandler)
    Thread(target=server.serve_forever, daemon=True).start()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _QuietHandler(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Do not log requests."""
