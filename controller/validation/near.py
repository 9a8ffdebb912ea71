"""Remedies for names that do not exist."""

from collections.abc import Iterable

from controller.ignition.near import near


def did_you_mean(name: str, names: Iterable[str], otherwise: str) -> str:
    """A remedy for a wrong name."""
    meant = near(name, names)
    return f"did you mean {meant}?" if meant else otherwise
