"""What `kubectl apply` makes of an object that is there; pure.

What the manifest says is set; what an earlier apply had set and the manifest no longer says goes;
what others have set stays. Lists are taken as a whole, as Kubernetes takes those of custom kinds.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

Json = Mapping[str, Any]

_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


def applied(live: Json, wanted: Json) -> dict[str, Any]:
    """The object `live` after `kubectl apply` of the manifest `wanted`."""
    return _merged(live, wanted, _set_before(live))


def _merged(live: Json, wanted: Json, before: Json) -> dict[str, Any]:
    merged = {key: value for key, value in live.items() if key in wanted or key not in before}
    for key, value in wanted.items():
        if isinstance(value, Mapping):
            merged[key] = _merged(_object(live.get(key)), value, _object(before.get(key)))
        elif value is None:
            merged.pop(key, None)
        else:
            merged[key] = value
    return merged


def _object(value: Any) -> Json:  # noqa: ANN401 - any JSON
    return value if isinstance(value, Mapping) else {}


def _set_before(live: Json) -> Json:
    """What kubectl has set: its note of the last apply, or the server's of who owns what."""
    metadata = live.get("metadata", {})
    note = metadata.get("annotations", {}).get(_LAST_APPLIED)
    if note:
        return _noted(note)
    owned = (
        each.get("fieldsV1", {})
        for each in metadata.get("managedFields", ())
        if (each.get("manager"), each.get("operation")) == ("kubectl", "Apply")
    )
    return _fields(next(owned, {}))


def _noted(note: str) -> Json:
    try:
        return _object(json.loads(note))
    except ValueError:
        return {}


def _fields(owned: Json) -> dict[str, Any]:
    """`{"f:spec": {"f:paused": {}}}` as `{"spec": {"paused": {}}}`."""
    return {
        key.removeprefix("f:"): _fields(value)
        for key, value in owned.items()
        if key.startswith("f:")
    }
