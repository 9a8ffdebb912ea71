"""The clock that advances simulated machines."""

import threading
import time
from collections.abc import Callable
from typing import Self

from tests.simulated_machines.executor import SimulatedExecutor


class Clock:
    """Advances the machines by a phase per beat, and signals it like a real executor."""

    def __init__(
        self, machines: SimulatedExecutor, beat: float, changed: Callable[[], None]
    ) -> None:
        """A phase takes at least `beat` seconds; `changed` is called when runs have advanced."""
        self._machines = machines
        self._beat = beat
        self._changed = changed
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._pass, daemon=True)
        # The processor time of the machines, without that of the controller.
        self.seconds = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _pass(self) -> None:
        while not self._stopped.wait(self._beat):
            moving = self._machines.are_moving
            self._machines.advance()
            self.seconds = time.thread_time()
            if moving:
                self._changed()
