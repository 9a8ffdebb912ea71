"""The ProxyCommand for a machine that has a network of its own: ``dial.py ADDRESS PORT``.

It is started inside the machine's network namespace, connects there, and passes the open connection
to ssh over its standard output (``ProxyUseFdpass`` of ssh_config).
"""

import socket
import sys


def main() -> None:
    """Connect, pass the connection, and end."""
    address, port = sys.argv[1:]
    with (
        socket.create_connection((address, int(port))) as connection,
        socket.socket(fileno=sys.stdout.fileno()) as ssh,
    ):
        socket.send_fds(ssh, [b"\0"], [connection.fileno()])


if __name__ == "__main__":
    main()
