"""Files laid over a cluster's objects give what `kubectl apply` of them would give."""

import json
from typing import Any

from controller.cli.kubectl_mc.files.kubectl_apply import applied

Json = dict[str, Any]

NOTE = "kubectl.kubernetes.io/last-applied-configuration"


def test_what_others_have_set_stays() -> None:
    live = {"spec": {"paused": False, "configuration": {"name": "rendered-worker-1"}}}

    assert applied(live, {"spec": {"paused": True}}) == {
        "spec": {"paused": True, "configuration": {"name": "rendered-worker-1"}}
    }


def test_what_an_earlier_apply_had_set_and_the_file_no_longer_says_goes() -> None:
    before = {"spec": {"config": {"storage": {"files": [1]}, "passwd": {}}}}
    live = {"metadata": {"annotations": {NOTE: json.dumps(before)}}, **before}

    found = applied(live, {"spec": {"config": {"passwd": {}}}})

    assert found["spec"] == {"config": {"passwd": {}}}


def test_the_same_where_the_server_keeps_the_note() -> None:
    fields: Json = {"f:spec": {"f:config": {"f:storage": {".": {}, "f:files": {}}, "f:passwd": {}}}}
    owned = {"manager": "kubectl", "operation": "Apply", "fieldsV1": fields}
    others = {"manager": "controller", "operation": "Update", "fieldsV1": {"f:spec": {"f:x": {}}}}
    live = {
        "metadata": {"managedFields": [others, owned]},
        "spec": {"config": {"storage": {"files": [1]}, "passwd": {}}, "x": 1},
    }

    found = applied(live, {"spec": {"config": {"passwd": {"users": []}}}})

    assert found["spec"] == {"config": {"passwd": {"users": []}}, "x": 1}


def test_a_list_is_replaced_as_a_whole_and_null_removes() -> None:
    live = {"spec": {"files": [1, 2], "paused": True}}

    assert applied(live, {"spec": {"files": [3], "paused": None}}) == {"spec": {"files": [3]}}


def test_a_note_that_cannot_be_read_removes_nothing() -> None:
    live = {"metadata": {"annotations": {NOTE: "{"}}, "spec": {"paused": True}}

    assert applied(live, {"spec": {}})["spec"] == {"paused": True}
