"""An answer without content does not mean that a node is drained."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from controller.api.drain import DrainSettings
from controller.api.json_object import Json
from controller.drain import attempt
from controller.drain.attempt import Attempt, Outcome
from controller.kubectl_proxy import ApiError

NODE: Json = {"spec": {"unschedulable": True}}
WEB: Json = {
    "metadata": {
        "namespace": "shop",
        "name": "web",
        "uid": "1",
        "ownerReferences": [
            {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "web", "controller": True}
        ],
    }
}
THERE: Mapping[str, Json | None] = {
    "/api/v1/nodes": {"items": [{"metadata": {"name": "w-1"}}, {"metadata": {"name": "w-2"}}]},
    "/api/v1/nodes/w-1": NODE,
    "/api/v1/pods": {"items": [WEB]},
    "/apis/apps/v1/namespaces/shop/daemonsets/web": None,
    "/apis/policy/v1/namespaces/shop/poddisruptionbudgets": {"items": []},
}


class Api:
    """Objects by their paths; evictions are refused."""

    def __init__(self, there: Mapping[str, Json | None]) -> None:
        self._there = there

    def get(self, path: str, query: Mapping[str, str]) -> Json | None:
        del query
        return self._there[path]

    def create(self, path: str, body: Json) -> Json:
        del path, body
        raise ApiError("not before the release", 403)


def drained(changed: Mapping[str, Json | None] | None = None, seconds: float = 60) -> Outcome:
    """Return the outcome of an attempt with these answers changed, by the ends of their paths."""
    names = {path.rpartition("/")[2]: path for path in THERE}
    answers = {names[name]: answer for name, answer in (changed or {}).items()}
    return Attempt(Api({**THERE, **answers}), "w-1", DrainSettings(), seconds).run()


class Clock:
    """A clock that moves only during sleeps."""

    def __init__(self) -> None:
        self._now = 0.0

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "time", Clock())


@pytest.mark.parametrize("name", ["pods", "poddisruptionbudgets"])
@pytest.mark.parametrize("answer", [None, {}, {"kind": "Status"}])
def test_a_missing_list_is_not_taken_for_an_empty_one(name: str, answer: Json | None) -> None:
    with pytest.raises(ApiError, match=f"the answer to .*/{name} is not a list"):
        drained({name: answer})


def test_a_node_without_pods_is_drained() -> None:
    assert drained({"pods": {"items": []}}) == Outcome((), ())


def test_a_missing_node_is_not_drained() -> None:
    with pytest.raises(ApiError, match="Node w-1 does not exist"):
        drained({"w-1": None})


def test_an_attempt_without_progress_ends_stuck() -> None:
    found = drained()

    assert found.stuck
    assert [each.reason for each in found.blockers] == ["EvictionRefused"]


def test_an_eviction_without_time_left_does_not_count_as_refused() -> None:
    [blocker] = drained(seconds=0).blockers

    assert blocker.reason is None
    assert blocker.message == "is evicted by the next attempt, since this one had no time left"


def test_a_refusal_is_still_reported_when_the_time_is_up() -> None:
    found = drained(seconds=0.5)

    assert not found.stuck
    assert [each.message for each in found.blockers] == ["not before the release"]


def test_a_continued_attempt_reports_the_pods_that_were_evicted_before_too() -> None:
    going_on = Attempt(Api(THERE), "w-1", DrainSettings(), 60, ("shop/cart",))

    assert going_on.run().evicted == ("shop/cart",)


def _unknown_for(seconds: int) -> Json:
    since = (datetime.now(UTC) - timedelta(seconds=seconds)).isoformat()
    ready = {"type": "Ready", "status": "Unknown", "lastTransitionTime": since}
    return {**NODE, "status": {"conditions": [ready]}}


def test_a_refused_eviction_does_not_hold_up_a_node_whose_kubelet_is_silent() -> None:
    found = drained({"w-1": _unknown_for(61)})

    assert (found.blockers, found.stuck) == ((), False)
    assert [each.message for each in found.left] == ["not before the release"]


def test_a_kubelet_that_was_heard_of_a_moment_ago_is_not_silent() -> None:
    found = drained({"w-1": _unknown_for(30)})

    assert found.stuck
    assert found.left == ()
