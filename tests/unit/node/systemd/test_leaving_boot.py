"""A boot that did not work is left, by harder means where systemd refuses."""

import time

import pytest
from machineconfig_node.systemd import leaving_boot

from tests.unit.node.conftest import Systemd


def test_a_reboot_is_ordered_after_the_units_on_the_disk_were_read_again(units: Systemd) -> None:
    leaving_boot.leave()

    assert units.did == ["daemon-reload", "reboot"]


def test_a_refused_reboot_is_ordered_until_it_is_accepted(
    units: Systemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    units.broken = {""}
    monkeypatch.setattr(time, "sleep", lambda _: units.broken.clear())

    leaving_boot.leave()

    assert units.did == ["daemon-reload", *["reboot"] * 3, "daemon-reload", "reboot"]
