"""The Lease that makes one controller the leader.

The age of a Lease counts from when this process last saw its resourceVersion change, on its own
monotonic clock, so that no two clocks are compared. Every write is a replace: of two competing
processes one is refused with 409.
"""

import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Self

import structlog
from kubernetes.client.exceptions import ApiException

from controller.api.json_object import Json
from controller.api.names import LEASE, NAMESPACE
from controller.cluster.api_server import CONFLICT, NOT_FOUND, ApiServer, RequestErrors

_NAME: Final = LEASE
_PATH: Final = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
# A leader stops at this fraction of the duration, so that its runs end before the Lease expires.
_HELD_FRACTION: Final = 2 / 3
_STEP_DOWN_FACTOR: Final = 3  # Lease durations during which only other processes claim it
_log = structlog.get_logger(__name__)


class Lease:
    """This process' right to act; check `held()` before each action."""

    def __init__(self, server: ApiServer, seconds: float, changed: Callable[[], None]) -> None:
        """Claim a Lease of `seconds`; `changed` is called whenever it is won or lost."""
        self._server = server
        self._seconds = seconds
        self._changed = changed
        self._announced = False
        self._identity = f"{_NAME}-{uuid.uuid4()}"
        self._renewed = float("-inf")
        self._seen: tuple[str, float] = ("", 0.0)
        self._stepped_down_until = float("-inf")
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._renew_until_stopped, daemon=True)
        # The number of leader changes, which is the fencing number of everything that this leader
        # starts. It never decreases within a process, even if the Lease is deleted.
        self.transitions = 0
        # Whether this process stepped down and then took the Lease again, and no other held it.
        self.stepped_down_in_vain = False
        self._stepped_down = False

    def __enter__(self) -> Self:
        """Claim the Lease, and renew it in the background."""
        self._renew()
        self._thread.start()
        return self

    def held(self) -> bool:
        """Whether this process may act now."""
        now = time.monotonic()
        return (
            now - self._renewed < self._seconds * _HELD_FRACTION and now >= self._stepped_down_until
        )

    def step_down(self) -> None:
        """Let another process lead at once, and leave it the time to claim the Lease."""
        self._stepped_down_until = time.monotonic() + _STEP_DOWN_FACTOR * self._seconds
        self._stepped_down = True
        self._release()

    def __exit__(self, *_: object) -> None:
        """Stop renewing, and let another process lead at once."""
        self._stopped.set()
        self._thread.join()
        if self.held():
            self._release()

    def _release(self) -> None:
        try:
            lease = self._server.get(f"{_PATH}/{_NAME}")
            if lease["spec"].get("holderIdentity") == self._identity:
                lease["spec"]["holderIdentity"] = ""
                self._server.replace(f"{_PATH}/{_NAME}", lease)
        except RequestErrors as error:
            _log.warning("lease not released", error=str(error))
        self._renewed = float("-inf")

    def _renew_until_stopped(self) -> None:
        while not self._stopped.wait(self._seconds / 5):
            self._renew()

    def _renew(self) -> None:
        try:
            if time.monotonic() >= self._stepped_down_until:
                self._claim()
        except (*RequestErrors, OSError, MemoryError) as error:
            _log.warning("lease not renewed", error=str(error))
        if self.held() != self._announced:
            self._announced = not self._announced
            self._changed()

    def _claim(self) -> None:
        began = time.monotonic()
        try:
            lease = self._server.get(f"{_PATH}/{_NAME}")
        except ApiException as error:
            if error.status != NOT_FOUND:
                raise
            self._take(began, None)
            return
        if self._free(lease):
            self._take(began, lease)

    def _free(self, lease: Json) -> bool:
        """Whether this process or none holds the Lease, or it has expired."""
        version = lease["metadata"]["resourceVersion"]
        if version != self._seen[0]:
            self._seen = (version, time.monotonic())
        holder = lease["spec"].get("holderIdentity")
        duration = max(self._seconds, lease["spec"].get("leaseDurationSeconds") or 0)
        return holder in {self._identity, "", None} or time.monotonic() - self._seen[1] > duration

    def _take(self, began: float, lease: Json | None) -> None:
        spec = dict(lease["spec"]) if lease else {}
        renewal = spec.get("holderIdentity") == self._identity
        found = int(spec.get("leaseTransitions") or 0)
        transitions = max(found, self.transitions) + (not renewal)
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec |= {
            "holderIdentity": self._identity,
            "leaseDurationSeconds": max(1, round(self._seconds)),
            "leaseTransitions": transitions,
            "renewTime": now,
            **({} if renewal else {"acquireTime": now}),
        }
        try:
            self._write(lease, spec)
        except ApiException as error:
            if error.status != CONFLICT:
                raise
            return
        if not renewal:
            self.stepped_down_in_vain = self._stepped_down and found <= self.transitions
            self._stepped_down = False
        # The moment before the request: the Lease is not older than that.
        self.transitions, self._renewed = transitions, began

    def _write(self, lease: Json | None, spec: Json) -> None:
        if lease:
            self._server.replace(f"{_PATH}/{_NAME}", {**lease, "spec": spec})
            return
        body = {
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": {"name": _NAME, "namespace": NAMESPACE},
            "spec": spec,
        }
        self._server.create(_PATH, body)
