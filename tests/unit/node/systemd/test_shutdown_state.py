"""A shutdown that was ordered is found wherever it waits, with what it waits for."""

import pytest
from machineconfig_node.systemd import logind, shutdown_state

from tests.unit.node.conftest import Systemd

# As systemd 252 and 257 print them.
REBOOTING = [
    "146 reboot.target          start waiting",
    "147 systemd-reboot.service start waiting",
    "223 slow.service           stop  running",
    "231 ssh.service            stop  waiting",
    "157 shutdown.target        start waiting",
]
NOTHING_KNOWN = 'b false (st) "" 18446744073709551615'
DELAYED = 'b true (st) "reboot" 0'
KUBELET = 'a(ssssuu) 1 "shutdown" "kubelet" "it \\"stops\\" its pods" "delay" 0 89'


def found() -> shutdown_state.Shutdown:
    """Return the pending shutdown."""
    pending = shutdown_state.pending()
    assert pending
    return pending


def test_a_boot_without_such_an_order_goes_on(units: Systemd) -> None:
    units.logind = {"get-property": NOTHING_KNOWN, "call": KUBELET}
    units.jobs = ["12 a.service start running", "13 b.service stop waiting"]

    assert shutdown_state.pending() is None


def test_without_logind_only_systemd_is_asked() -> None:
    assert shutdown_state.pending() is None


def test_a_reboot_waits_for_the_jobs_that_run(units: Systemd) -> None:
    units.jobs = REBOOTING

    assert found().is_reboot
    assert str(found()) == "a reboot of the node is pending: it waits for the stop of slow.service"


def test_logind_waits_for_those_who_delay_it_before_there_is_a_job(units: Systemd) -> None:
    units.logind = {"get-property": DELAYED, "call": KUBELET}

    assert found().is_reboot
    assert found().waits_for == 'the inhibitors kubelet (it "stops" its pods)'


@pytest.mark.parametrize("kind", ["poweroff", "halt", "soft-reboot"])
def test_a_shutdown_after_which_no_other_boot_follows_is_no_reboot(
    units: Systemd, kind: str
) -> None:
    units.jobs = [f"1 {kind}.target start waiting", "2 shutdown.target start waiting"]

    assert not found().is_reboot
    assert str(found()) == f"a {kind} of the node is pending"


def test_a_shutdown_of_an_unknown_kind_is_assumed_to_boot(units: Systemd) -> None:
    units.jobs = ["2 shutdown.target start waiting"]

    assert found().is_reboot


def test_a_shutdown_for_later_is_scheduled_and_not_pending(units: Systemd) -> None:
    units.logind = {"get-property": 'b false (st) "poweroff" 1795868417605190'}

    assert shutdown_state.pending() is None
    assert logind.schedule() == logind.Schedule("poweroff", 1795868417.60519, has_begun=False)


def test_only_inhibitors_of_a_shutdown_in_this_mode_are_found(units: Systemd) -> None:
    of_three = '"sleep" "a" "" "block" 0 1 "sleep:shutdown" "b" "" "block" 0 2'
    units.logind = {"call": f'a(ssssuu) 3 {of_three} "shutdown" "c" "" "delay" 0 3'}

    assert [str(each) for each in logind.inhibitors("block")] == ["b"]
