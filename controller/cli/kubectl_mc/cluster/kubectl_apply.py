"""What `kubectl apply` would make of an object in the cluster; pure.

The manifest's fields are set; fields that an earlier apply has set and the manifest no longer has
are removed; the fields of others stay. Lists are atomic, as Kubernetes treats those of custom
resources.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

Json = Mapping[str, Any]

_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


def applied(live: Json, manifest: Json) -> dict[str, Any]:
    """Return the object `live` after `kubectl apply` of the manifest."""
    return _merged(live, manifest, _applied_before(live))


def _merged(live: Json, manifest: Json, before: Json) -> dict[str, Any]:
    merged = {key: value for key, value in live.items() if key in manifest or key not in before}
    for key, value in manifest.items():
        if isinstance(value, Mapping):
            merged[key] = _merged(_object(live.get(key)), value, _object(before.get(key)))
        elif value is None:
            merged.pop(key, None)
        else:
            merged[key] = value
    return merged


def _object(value: Any) -> Json:  # noqa: ANN401 - any JSON
    return value if isinstance(value, Mapping) else {}


def _applied_before(live: Json) -> Json:
    """Return what kubectl has set: from its annotation, or from the server's managed fields."""
    metadata = live.get("metadata", {})
    annotation = metadata.get("annotations", {}).get(_LAST_APPLIED)
    if annotation:
        return _last_applied(annotation)
    owned = (
        entry.get("fieldsV1", {})
        for entry in metadata.get("managedFields", ())
        if (entry.get("manager"), entry.get("operation")) == ("kubectl", "Apply")
    )
    return _fields(next(owned, {}))


def _last_applied(annotation: str) -> Json:
    try:
        return _object(json.loads(annotation))
    except ValueError:
        return {}


def _fields(owned: Json) -> dict[str, Any]:
    """Return `{"f:spec": {"f:paused": {}}}` as `{"spec": {"paused": {}}}`."""
    return {
        key.removeprefix("f:"): _fields(value)
        for key, value in owned.items()
        if key.startswith("f:")
    }
