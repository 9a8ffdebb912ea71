"""An observation is limited to the kinds that the caller needs and may list."""

from collections.abc import Iterator

import pytest
from kubernetes.client.exceptions import ApiException

from controller.api import names
from controller.api.json_object import Json
from controller.cluster.observation.observer import observe
from tests.unit.cluster.test_malformed_objects import Objects

FORBIDDEN = ApiException(status=403, reason="no")


class MetadataOnly(Objects):
    """An API server that must not send whole MachineConfigs."""

    def items(self, path: str, page: int = 1, **selection: str) -> Iterator[Json]:
        assert not path.endswith(names.MACHINE_CONFIGS)
        return super().items(path, page, **selection)

    def metadata(self, path: str) -> Iterator[Json]:
        assert path.endswith(names.MACHINE_CONFIGS)
        yield {"metadata": {"name": "50-good", "uid": "1", "resourceVersion": "1"}}


def test_other_kinds_are_empty_and_are_not_listed() -> None:
    server = Objects()
    server.lists |= {"machineconfigs": FORBIDDEN, "pods": FORBIDDEN}

    seen = observe(server, kinds={names.MACHINE_CONFIG_POOLS, "nodes"})

    assert [each.name for each in seen.pools] == ["worker"]
    assert [each.name for each in seen.nodes] == ["w-1"]
    assert (seen.machine_configs, seen.configuration) == ((), None)


def test_of_some_kinds_only_the_metadata_is_listed() -> None:
    seen = observe(MetadataOnly(), metadata_only={names.MACHINE_CONFIGS})

    assert [each.name for each in seen.machine_configs] == ["50-good"]


def test_a_forbidden_collection_is_empty_if_the_caller_accepts_it() -> None:
    server = Objects()
    server.lists["pods"] = FORBIDDEN
    paths = []

    def accept(path: str) -> bool:
        paths.append(path)
        return True

    seen = observe(server, on_forbidden=accept)

    assert len(seen.nodes) == 1
    assert not seen.unavailable
    assert set(paths) == {
        "/api/v1/namespaces/kube-system/pods",
        f"/api/v1/namespaces/{names.NAMESPACE}/pods",
    }


@pytest.mark.parametrize("status", [403, 500])
def test_any_other_failure_is_an_error(status: int) -> None:
    server = Objects()
    server.lists["pods"] = ApiException(status=status, reason="no")

    with pytest.raises(ApiException):
        observe(server)
