"""Events on pools and nodes: what a person wants to see in `kubectl describe`."""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import structlog

from controller.api.names import API_VERSION, SERVICE_ACCOUNT
from controller.cluster.api_server import ApiServer, Json, RequestErrors

_log = structlog.get_logger(__name__)
_LONGEST: Final = 1024
_MOST: Final = 1000  # Events that wait to be posted; more are lost


class Events:
    """Posts Events beside whatever else is done, since nothing rests on them."""

    def __init__(self, server: ApiServer) -> None:
        """Nothing was posted yet."""
        self._server = server
        self._thread = _thread()
        self._posting: list[Future[None]] = []

    def emit(self, about: Json, kind: str, reason: str, message: str) -> None:
        """Post an Event soon; that it cannot be posted is only logged.

        `about` is an object reference, `kind` is Normal or Warning, `reason` one CamelCase word.
        """
        if len(self._posting) >= _MOST:
            _log.warning("event not posted", reason=reason, error="too many wait to be posted")
            return
        body = _event(about, kind, reason, message)
        try:
            self._posting.append(self._thread.submit(self._post, body))
        except RuntimeError as error:
            # What it has queued would be posted with the next Event, though it was called lost.
            self._thread = _thread()
            _log.warning("event not posted", reason=reason, error=str(error))

    def wait(self, seconds: float) -> None:
        """Wait so long at most until all of them are posted."""
        done, rest = wait(self._posting, seconds)
        self._posting = list(rest)
        for each in done:
            each.result()

    def close(self) -> None:
        """Post no more."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    def _post(self, body: Json) -> None:
        try:
            self._server.create("/api/v1/namespaces/default/events", body)
        except RequestErrors as error:
            _log.warning("event not posted", reason=body["reason"], error=str(error))


def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="events")


def _event(about: Json, kind: str, reason: str, message: str) -> Json:
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{about['name']}.{uuid4().hex[:16]}", "namespace": "default"},
        "involvedObject": about,
        "type": kind,
        "reason": reason,
        "message": message[:_LONGEST],
        "source": {"component": SERVICE_ACCOUNT},
        "reportingComponent": SERVICE_ACCOUNT,
        "firstTimestamp": now,
        "lastTimestamp": now,
        "count": 1,
    }


def node(name: str) -> Json:
    """The reference of a Node; its name stands for the uid, as in the kubelet's own Events."""
    return {"apiVersion": "v1", "kind": "Node", "name": name, "uid": name}


def reference(kind: str, name: str, uid: str | None) -> Json:
    """The reference of a Node, or an object of one of our kinds."""
    if kind == "Node":
        return node(name)
    return {"apiVersion": API_VERSION, "kind": kind, "name": name, "uid": uid}
