"""The watchdog of a machine, which rolls back a config that no run confirms in time."""

from dataclasses import dataclass
from typing import Final

SECONDS: Final = 600


@dataclass
class Watchdog:
    """The config to return to while one is unconfirmed, and what was rolled back last."""

    # When it rolls back.
    due: int | None = None
    before: str = ""
    proven: bool = True
    attempt: str = ""
    # The attempt and the config that were rolled back, and whether the latter is a known lock-out.
    rolled_back: tuple[str, str] = ("", "")
    locked_out: bool = False

    def start(self, before: str, attempt: str, now: int, *, proven: bool) -> None:
        """Roll back to `before`, unless it is confirmed."""
        self.due, self.before, self.attempt, self.proven = now + SECONDS, before, attempt, proven
        self.rolled_back, self.locked_out = ("", ""), False

    def boot(self, now: int) -> None:
        """Count the time again from a boot."""
        if self.due is not None:
            self.due = now + SECONDS

    def confirm(self) -> None:
        """Do not roll back."""
        self.due = None

    def roll_back(self, config: str) -> tuple[str, bool]:
        """Return the config before and whether it was verified."""
        self.due, self.rolled_back = None, (self.attempt, config)
        return self.before, self.proven

    def refuses(self, attempt: str, config: str, *, again: bool) -> bool:
        """Return whether the config must not be applied by this attempt."""
        is_retry = (attempt, config) == self.rolled_back
        return is_retry or (self.locked_out and config == self.rolled_back[1] and not again)
