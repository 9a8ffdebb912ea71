"""Manifests are applied to a cluster's objects as `kubectl apply` does it."""

import json

from controller.api.json_object import Json
from controller.cli.kubectl_mc.cluster.kubectl_apply import applied

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def test_fields_of_others_stay() -> None:
    live = {"spec": {"paused": False, "configuration": {"name": "rendered-worker-1"}}}

    assert applied(live, {"spec": {"paused": True}}) == {
        "spec": {"paused": True, "configuration": {"name": "rendered-worker-1"}}
    }


def test_fields_of_an_earlier_apply_that_the_manifest_no_longer_has_are_removed() -> None:
    before = {"spec": {"config": {"storage": {"files": [1]}, "passwd": {}}}}
    live = {"metadata": {"annotations": {LAST_APPLIED: json.dumps(before)}}, **before}

    found = applied(live, {"spec": {"config": {"passwd": {}}}})

    assert found["spec"] == {"config": {"passwd": {}}}


def test_they_are_also_removed_with_server_side_apply() -> None:
    fields: Json = {"f:spec": {"f:config": {"f:storage": {".": {}, "f:files": {}}, "f:passwd": {}}}}
    owned = {"manager": "kubectl", "operation": "Apply", "fieldsV1": fields}
    others = {"manager": "controller", "operation": "Update", "fieldsV1": {"f:spec": {"f:x": {}}}}
    live = {
        "metadata": {"managedFields": [others, owned]},
        "spec": {"config": {"storage": {"files": [1]}, "passwd": {}}, "x": 1},
    }

    found = applied(live, {"spec": {"config": {"passwd": {"users": []}}}})

    assert found["spec"] == {"config": {"passwd": {"users": []}}, "x": 1}


def test_a_list_is_atomic_and_null_removes() -> None:
    live = {"spec": {"files": [1, 2], "paused": True}}

    assert applied(live, {"spec": {"files": [3], "paused": None}}) == {"spec": {"files": [3]}}


def test_an_unreadable_annotation_removes_nothing() -> None:
    live = {"metadata": {"annotations": {LAST_APPLIED: "{"}}, "spec": {"paused": True}}

    assert applied(live, {"spec": {}})["spec"] == {"paused": True}
