"""A line to a server on this machine, on which both ends may fall silent without hanging up."""

import select
import socket
import socketserver
import threading
from typing import Final, Self

_LOOK: Final = 0.2  # seconds between two looks at whether the line is still there
_MOST: Final = 2**16  # bytes carried at once


class Line(socketserver.ThreadingTCPServer):
    """Carries what is said between those who connect to its port and the server behind it."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, behind: tuple[str, int]) -> None:
        """The server behind it listens on this host and port; the line begins on the same host."""
        super().__init__((behind[0], 0), _Call)
        self.behind = behind
        self.silences = 0

    @property
    def port(self) -> int:
        """Where the line begins."""
        return int(self.server_address[1])

    def __enter__(self) -> Self:
        """Carry calls from now on."""
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up."""
        self.shutdown()
        self.server_close()

    def hush(self) -> None:
        """Carry nothing more on the connections that there are; new ones are as ever."""
        self.silences += 1


class _Call(socketserver.BaseRequestHandler):
    """One connection, and the one behind it."""

    server: Line

    def handle(self) -> None:
        near, heard = self.request, self.server.silences
        with socket.create_connection(self.server.behind) as far:
            other = {near: far, far: near}
            said = b"..."
            while said:
                ready, _, _ = select.select(other, (), (), _LOOK)
                for each in ready:
                    said = each.recv(_MOST)
                    if heard == self.server.silences:
                        other[each].sendall(said)
