"""Prometheus metrics and liveness, on one small HTTP thread: `/metrics` and `/healthz`."""

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

_NODES = Gauge("machineconfig_nodes", "Nodes by state", ["state"])
_PASSES = CounterMetric("machineconfig_passes", "Passes of the reconciler")
_LAST_PASS = Gauge("machineconfig_last_pass_timestamp_seconds", "When the last pass ended")

_SHORTAGE = Gauge(
    "machineconfig_controller_shortage",
    "1 while the controller itself has too little of something for its runs, such as disk space",
)


def set_shortage(*, present: bool) -> None:
    """Show whether runs fail, or cannot begin, for want of something on this machine."""
    _SHORTAGE.set(present)


def record_pass(nodes: Iterable[Node], now: datetime) -> None:
    """Count a pass and the nodes it saw."""
    states = Counter(node.status.state for node in nodes)
    for state in NodeState:
        _NODES.labels(state.value).set(states[state])
    _PASSES.inc()
    _LAST_PASS.set(now.timestamp())


def serve(address: str, port: int, trouble: Callable[[], str]) -> None:
    """Answer `/metrics`, and `/healthz` with 503 and what `trouble` says, if it says anything.

    Raises:
        OSError: the port is not free, or the address not one of this machine.
    """
    exposition = prometheus_client.make_wsgi_app()

    def application(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/healthz":
            return exposition(environ, start)  # type: ignore[no-any-return]  # untyped there
        said = trouble()
        status = "503 Service Unavailable" if said else "200 OK"
        start(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [f"{said or status}\n".encode()]

    server = make_server(address, port, application, _Server, _Silent)
    Thread(target=server.serve_forever, daemon=True).start()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Silent(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Requests are not news."""
