"""Detection of installed kinds, whatever the API server answers."""

from typing import Any

import pytest
from kubernetes.client.exceptions import ApiException

from controller.api.json_object import Json
from controller.cluster.api_server import ApiServer
from controller.cluster.discovery import kinds_are_served

OURS = (
    "machineconfigs",
    "machineconfigpools",
    "machineconfigurations",
    "machineconfignodes",
)


class Answering(ApiServer):
    """An API server with one answer."""

    def __init__(self, answer: Json | Exception) -> None:
        """Give this answer to every request."""
        self._answer_to_all = answer

    def get(self, path: str, **query: str) -> Json:
        del path, query
        if isinstance(self._answer_to_all, Exception):
            raise self._answer_to_all
        return self._answer_to_all


def listed(*kinds: str) -> Json:
    return {"resources": [{"name": each} for each in kinds]}


def test_all_kinds_are_served_with_others_beside_them() -> None:
    assert kinds_are_served(Answering(listed(*OURS, "machineconfigs/status")))


@pytest.mark.parametrize("missing", OURS)
def test_a_missing_kind_is_detected(missing: str) -> None:
    assert not kinds_are_served(Answering(listed(*(set(OURS) - {missing}))))


@pytest.mark.parametrize("resources", [None, 7, "text", {"a": 1}, [None], ["text"], [{}], [[]]])
def test_an_odd_list_is_none_of_them(resources: Any) -> None:  # noqa: ANN401 - that is the point
    assert not kinds_are_served(Answering({"resources": resources}))


@pytest.mark.parametrize("answer", [{}, ApiException(status=404, reason="Not Found")])
def test_an_unusable_answer_counts_as_missing_kinds(answer: Json | Exception) -> None:
    assert not kinds_are_served(Answering(answer))
