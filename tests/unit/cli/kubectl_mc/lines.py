"""Printed lines without their styles."""

from collections.abc import Iterable

from controller.cli.kubectl_mc.terminal.console import Line


def texts(lines: Iterable[Line]) -> list[str]:
    """Return the texts of the lines."""
    parts = ([part if isinstance(part, str) else part[0] for part in line] for line in lines)
    return ["".join(line) for line in parts]
