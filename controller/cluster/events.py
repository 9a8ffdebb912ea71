"""Events on pools and nodes: what a person wants to see in `kubectl describe`."""

from datetime import UTC, datetime
from uuid import uuid4

import structlog

from controller.api.names import API_VERSION, SERVICE_ACCOUNT
from controller.cluster.api_server import ApiServer, Failed, Json

_log = structlog.get_logger(__name__)
_LONGEST = 1024


def emit(server: ApiServer, about: Json, kind: str, reason: str, message: str) -> None:
    """Post an Event; that it cannot be posted is only logged, since nothing rests on it.

    `about` is an object reference, `kind` is Normal or Warning, `reason` one CamelCase word.
    """
    now = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    body = {
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
    try:
        server.create("/api/v1/namespaces/default/events", body)
    except Failed as error:
        _log.warning("event not posted", reason=reason, error=str(error))


def node(name: str) -> Json:
    """The reference of a Node; its name stands for the uid, as in the kubelet's own Events."""
    return {"apiVersion": "v1", "kind": "Node", "name": name, "uid": name}


def reference(kind: str, name: str, uid: str | None) -> Json:
    """The reference of a Node, or an object of one of our kinds."""
    if kind == "Node":
        return node(name)
    return {"apiVersion": API_VERSION, "kind": kind, "name": name, "uid": uid}
