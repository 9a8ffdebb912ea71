"""A kubelet that does not come back is a failure of its node, unless the API server is away."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest

from controller import heartbeat
from controller.api.json_object import Json
from controller.heartbeat import KubeletError, await_kubelet
from controller.kubectl_proxy import ApiError

_BOOT: Final = datetime(2026, 1, 1, tzinfo=UTC)
_BEFORE: Final = _BOOT.isoformat()
_AWAY: Final = ApiError("no answer within 10 s")
_NOT_READY: Final = {
    "type": "Ready",
    "status": "False",
    "reason": "KubeletNotReady",
    "message": "no runtime",
}


def _lease(seconds: int) -> Json:
    return {"spec": {"renewTime": (_BOOT + timedelta(seconds=seconds)).isoformat()}}


def _node(condition: Json | None = None) -> Json:
    return {"status": {"conditions": [condition or {"type": "Ready", "status": "True"}]}}


class Cluster:
    """An API server with an answer for each second, the last one for all that follow."""

    def __init__(self, *seconds: tuple[Json | None, Json | None] | ApiError) -> None:
        self._seconds: Sequence[tuple[Json | None, Json | None] | ApiError] = seconds
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def get(self, path: str, _: Mapping[str, str]) -> Json | None:
        answer = self._seconds[min(int(self.now), len(self._seconds) - 1)]
        if isinstance(answer, ApiError):
            raise answer
        return answer[0 if "leases" in path else 1]


def _await(monkeypatch: pytest.MonkeyPatch, cluster: Cluster) -> float:
    monkeypatch.setattr(heartbeat, "time", cluster)
    await_kubelet(cluster.get, "w-1", _BEFORE, 10)
    return cluster.now


def test_a_kubelet_is_back_once_it_has_renewed_its_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    silent, back = (_lease(0), _node()), (_lease(3), _node())
    assert _await(monkeypatch, Cluster(silent, silent, silent, back)) == 3


def test_a_node_that_is_not_ready_is_not_back(monkeypatch: pytest.MonkeyPatch) -> None:
    starting, ready = (_lease(1), _node(_NOT_READY)), (_lease(1), _node())
    assert _await(monkeypatch, Cluster(starting, starting, ready)) == 2


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ((_lease(0), _node()), f"its kubelet has not renewed its Lease since {_BEFORE}"),
        ((None, _node()), "its kubelet has no Lease in kube-node-lease"),
        (({"spec": {}}, _node()), "its kubelet has no Lease in kube-node-lease"),
        ((_lease(1), None), "its Node does not exist"),
        (
            (_lease(1), _node(_NOT_READY)),
            "its kubelet runs, and the Node is not Ready: KubeletNotReady: no runtime",
        ),
        (
            (_lease(1), {"status": {}}),
            "its kubelet runs, and the Node is not Ready: no reason is given",
        ),
    ],
)
def test_a_kubelet_that_is_not_back_in_time_is_a_failure_with_its_cause(
    monkeypatch: pytest.MonkeyPatch, answer: tuple[Json | None, Json | None], cause: str
) -> None:
    with pytest.raises(KubeletError) as error:
        _await(monkeypatch, Cluster(answer))
    assert str(error.value) == cause


def test_the_kubelet_has_its_whole_time_after_the_api_server_is_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silent, back = (_lease(0), _node()), (_lease(1), _node())
    away = [_AWAY] * 8
    assert _await(monkeypatch, Cluster(*away, *[silent] * 9, back)) == 17


@pytest.mark.parametrize("answers", [[_AWAY], [(_lease(0), _node()), _AWAY] * 20])
def test_an_api_server_that_is_away_is_no_failure_of_the_node(
    monkeypatch: pytest.MonkeyPatch, answers: list[tuple[Json | None, Json | None] | ApiError]
) -> None:
    with pytest.raises(ApiError):
        _await(monkeypatch, Cluster(*answers))
