"""The Lease in simulated time, and how each process sees it."""

from typing import Final

from tests.unit.reconcile.simulated_cluster.clock import Clock

DURATION: Final = 15  # seconds
_STANDS_ASIDE: Final = 3  # durations, after a process has stepped down


class Lease:
    """The object on the API server."""

    def __init__(self) -> None:
        self.holder: Leadership | None = None
        self.transitions = 0
        # When it can be acquired, if it has no holder.
        self.free_at = 0


class Leadership:
    """The claim of one process, which is renewed in the background while it holds the Lease."""

    def __init__(self, lease: Lease, clock: Clock) -> None:
        self._lease = lease
        self._clock = clock
        self._stepped_down_at: int | None = None
        self.can_acquire_at = 0
        self.transitions = 0
        self.stepped_down_in_vain = False

    def held(self) -> bool:
        """Return whether this process is the leader."""
        return self._lease.holder is self

    def step_down(self) -> None:
        """Release the Lease, and leave another process the time to acquire it."""
        self._stepped_down_at = self._lease.transitions
        self.can_acquire_at = self._clock.now + _STANDS_ASIDE * DURATION
        self._lease.holder, self._lease.free_at = None, self._clock.now

    def lose(self) -> None:
        """Be unable to renew the Lease, so that another process can acquire it once it expires."""
        if self.held():
            self.can_acquire_at = self._clock.now + DURATION
            self._lease.holder, self._lease.free_at = None, self._clock.now + DURATION

    def acquire(self) -> bool:
        """Acquire the Lease if it is free; return whether this process did."""
        free_at = max(self._lease.free_at, self.can_acquire_at)
        if self._lease.holder or self._clock.now < free_at:
            return False
        self.stepped_down_in_vain = self._stepped_down_at == self._lease.transitions
        self._stepped_down_at = None
        self._lease.holder = self
        self._lease.transitions += 1
        self.transitions = self._lease.transitions
        return True

    @property
    def next(self) -> int | None:
        """When this process can acquire the Lease, unless another one does."""
        return None if self._lease.holder else max(self._lease.free_at, self.can_acquire_at)
