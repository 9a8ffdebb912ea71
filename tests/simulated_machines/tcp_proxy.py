"""A TCP proxy to a local server that can stall connections without closing them."""

import select
import socket
import socketserver
import threading
from typing import Final, Self

_POLL_INTERVAL: Final = 0.2  # seconds between checks of the connections
_BUFFER: Final = 2**16  # bytes forwarded at once


class TcpProxy(socketserver.ThreadingTCPServer):
    """Forwards connections between its own port and a server."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, behind: tuple[str, int]) -> None:
        """The server listens on this host and port; the proxy listens on the same host."""
        super().__init__((behind[0], 0), _Connection)
        self.behind = behind
        self.stalls = 0

    @property
    def port(self) -> int:
        """The port of the proxy."""
        return int(self.server_address[1])

    def __enter__(self) -> Self:
        """Forward connections from now on."""
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self.shutdown()
        self.server_close()

    def stall(self) -> None:
        """Stall all open connections; new ones are forwarded."""
        self.stalls += 1


class _Connection(socketserver.BaseRequestHandler):
    """A client's connection, and the one to the server."""

    server: TcpProxy

    def handle(self) -> None:
        near, stalls = self.request, self.server.stalls
        with socket.create_connection(self.server.behind) as far:
            other = {near: far, far: near}
            data = b"..."
            while data:
                ready, _, _ = select.select(other, (), (), _POLL_INTERVAL)
                for each in ready:
                    data = each.recv(_BUFFER)
                    if stalls == self.server.stalls:
                        other[each].sendall(data)
