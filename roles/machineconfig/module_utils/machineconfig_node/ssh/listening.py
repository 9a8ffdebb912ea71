"""Whether a process on this node listens for TCP connections."""

from __future__ import annotations

import contextlib
import socket
import sys

_LISTEN = "0A"
_TABLES = ("/proc/net/tcp", "/proc/net/tcp6")


def is_at(address: str, port: int) -> bool:
    """Whether a process listens at the address and port."""
    places = {_in_hexadecimal(each, port) for each in (address, "0.0.0.0", "::")}  # noqa: S104 - only compared
    for table in _TABLES:
        with contextlib.suppress(FileNotFoundError), open(table, encoding="ascii") as stream:
            rows = (line.split() for line in stream)
            if any(row[3] == _LISTEN and row[1] in places for row in rows):
                return True
    return False


def _in_hexadecimal(address: str, port: int) -> str:
    """Return the address as the kernel writes it: words of four bytes in the machine's order."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    packed = socket.inet_pton(family, address.partition("%")[0])
    words = (packed[start : start + 4] for start in range(0, len(packed), 4))
    numbers = (int.from_bytes(word, sys.byteorder) for word in words)
    return f"{''.join(f'{number:08X}' for number in numbers)}:{port:04X}"
