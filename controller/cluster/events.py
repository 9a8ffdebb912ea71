"""Events on pools, nodes and other objects, which `kubectl describe` shows."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import structlog

from controller.api.json_object import Json
from controller.api.names import API_VERSION, SERVICE_ACCOUNT
from controller.cluster.api_server import ApiServer, RequestErrors

_log = structlog.get_logger(__name__)
_MAX_MESSAGE_LENGTH: Final = 1024
_MAX_WAITING: Final = 1000  # Events that wait to be posted; more are dropped


class Events:
    """Posts Events in the background, since nothing depends on them."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server
        self._thread = _thread()
        self._posting: list[Future[None]] = []

    def emit(self, about: Json, event_type: str, reason: str, message: str) -> None:
        """Post an Event soon, best effort: a failure is only logged.

        `about` is an object reference, `event_type` is Normal or Warning, `reason` one CamelCase
        word.
        """
        if len(self._posting) >= _MAX_WAITING:
            _log.warning("event not posted", reason=reason, error="too many Events are waiting")
            return
        body = _event(about, event_type, reason, message)
        try:
            self._posting.append(self._thread.submit(self._post, body))
        except RuntimeError as error:
            # The old thread would post the queued Event with the next one, though it was dropped.
            self._thread = _thread()
            _log.warning("event not posted", reason=reason, error=str(error))

    def wait(self, seconds: float) -> None:
        """Wait up to `seconds` until all Events are posted."""
        done, rest = wait(self._posting, seconds)
        self._posting = list(rest)
        for each in done:
            each.result()

    def close(self) -> None:
        """Stop posting."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _post(self, body: Json) -> None:
        try:
            self._server.create("/api/v1/namespaces/default/events", body)
        except RequestErrors as error:
            _log.warning("event not posted", reason=body["reason"], error=str(error))


def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="events")


def _event(about: Json, event_type: str, reason: str, message: str) -> Json:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{about['name']}.{uuid4().hex[:16]}", "namespace": "default"},
        "involvedObject": about,
        "type": event_type,
        "reason": reason,
        "message": message[:_MAX_MESSAGE_LENGTH],
        "source": {"component": SERVICE_ACCOUNT},
        "reportingComponent": SERVICE_ACCOUNT,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }


def node(name: str) -> Json:
    """Return the reference of a Node; the uid is its name, as in the kubelet's own Events."""
    return {"apiVersion": "v1", "kind": "Node", "name": name, "uid": name}


def reference(kind: str, name: str, uid: str | None) -> Json:
    """Return the reference of a Node, or of an object of this API group."""
    if kind == "Node":
        return node(name)
    return {"apiVersion": API_VERSION, "kind": kind, "name": name, "uid": uid}
