"""The built-in roles view and edit can read this product's kinds, and change none."""

import time

import pytest

from tests.lab import Lab

_KINDS = ("machineconfigs", "machineconfigpools", "machineconfigurations", "machineconfignodes")
_PATIENCE = 30.0  # seconds until the controller manager has aggregated the roles


@pytest.mark.parametrize("role", ["view", "edit"])
def test_a_built_in_role_reads_the_products_kinds_and_changes_none(lab: Lab, role: str) -> None:
    lab.install()
    binding = f"tests-{role}"
    lab.kubectl("create", "clusterrolebinding", binding, f"--clusterrole={role}", "--user=somebody")
    try:
        end = time.monotonic() + _PATIENCE
        while not all(_may(lab, "list", kind) for kind in _KINDS):
            assert time.monotonic() < end
            time.sleep(0.5)
        assert not any(_may(lab, verb, kind) for verb in ("create", "patch") for kind in _KINDS)
    finally:
        lab.kubectl("delete", "clusterrolebinding", binding)


def _may(lab: Lab, verb: str, kind: str) -> bool:
    what = f"{kind}.machineconfiguration.alauda.io"
    return lab.kubectl("auth", "can-i", verb, what, "--as=somebody", check=False).returncode == 0
