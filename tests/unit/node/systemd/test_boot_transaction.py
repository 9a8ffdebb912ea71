"""What a boot starts is read from the messages of systemd-analyze, as 252 and 257 print them."""

from machineconfig_node.systemd import boot_transaction, ordering_cycles
from machineconfig_node.systemd.ordering_cycles import Cycle

ORDINARY = """\
Looking for unit files in (higher priority first):
Handling default.target...
uuidd.service: Failed to parse system call, ignoring: riscv_hwprobe
Unit ssh.service has alias sshd.service.
graphical.target: Creating graphical.target/start job
graphical.target: Trying to enqueue job graphical.target/start/replace
apt-daily.timer: Cannot add dependency job, ignoring: Unit apt-daily.timer is masked.
tmp.mount: Cannot add dependency job, ignoring: Unit tmp.mount not found.
graphical.target: Installed new job graphical.target/start as 1
ssh.service: Installed new job ssh.service/start as 73
run-a\\x2db.mount: Installed new job run-a\\x2db.mount/start as 74
foreign@one.service: Installed new job foreign@one.service/start as 75
graphical.target: Enqueued job graphical.target/start as 1
"""
CYCLES = """\
sysinit.target: Found ordering cycle on early.service/start
sysinit.target: Found dependency on multi-user.target/start
sysinit.target: Found dependency on chrony.service/start
sysinit.target: Found dependency on sysinit.target/start
sysinit.target: Job early.service/start deleted to break ordering cycle starting with \
sysinit.target/start
multi-user.target: Found ordering cycle on ssh.service/start
multi-user.target: Found dependency on multi-user.target/start
multi-user.target: Job ssh.service/start deleted to break ordering cycle starting with \
multi-user.target/start
multi-user.target: Installed new job multi-user.target/start as 2
"""
CONFLICT = """\
anti.service: Looking at job anti.service/stop conflicted_by=no
anti.service: Fixing conflicting jobs anti.service/stop,anti.service/start by deleting job \
anti.service/stop
ssh.service: Looking at job ssh.service/start conflicted_by=no
ssh.service: Fixing conflicting jobs ssh.service/start,ssh.service/stop by deleting job \
ssh.service/start
anti.service: Installed new job anti.service/start as 65
"""
UNBREAKABLE = """\
a.service: Found ordering cycle on b.service/start
a.service: Found dependency on a.service/start
a.service: Unable to break cycle starting with a.service/start
Requested transaction contains an unfixable cyclic ordering dependency: Transaction order is \
cyclic. See system logs for details.
graphical.target: Failed to create graphical.target/start: Transaction order is cyclic. See \
system logs for details.
"""


def parse(text: str) -> boot_transaction.BootTransaction:
    return boot_transaction.parse(text.splitlines())


def test_the_units_that_a_boot_starts() -> None:
    found = parse(ORDINARY)

    assert found.started == {
        "graphical.target",
        "ssh.service",
        "run-a\\x2db.mount",
        "foreign@one.service",
    }
    assert found.wanted == found.started
    assert (found.cycles, found.conflicting, found.impossible) == ((), frozenset(), "")


def test_a_cycle_has_its_units_in_order_and_the_one_that_is_dropped() -> None:
    first, second = parse(CYCLES).cycles

    assert first.units == ("early.service", "multi-user.target", "chrony.service", "sysinit.target")
    assert first.dropped == "early.service"
    assert second == Cycle(("ssh.service", "multi-user.target"), "ssh.service")
    assert parse(CYCLES).wanted == {"multi-user.target", "early.service", "ssh.service"}


def test_a_cycle_is_written_from_the_dropped_unit_on() -> None:
    cycle = Cycle(("a.service", "b.service", "c.service"), "b.service")

    assert str(cycle) == "b.service -> c.service -> a.service -> b.service"


def test_a_cycle_in_one_line_as_later_versions_print_it() -> None:
    lines = [
        "Found ordering cycle: a.service/start after b.service/start - after a.service/start",
        "Job b.service/start deleted to break ordering cycle starting with a.service/start",
    ]

    assert ordering_cycles.parse(lines) == [Cycle(("a.service", "b.service"), "b.service")]


def test_the_start_of_a_unit_that_another_one_conflicts_with_is_dropped() -> None:
    found = parse(CONFLICT)

    assert found.conflicting == {"ssh.service"}
    assert found.wanted == {"ssh.service", "anti.service"}


def test_a_cycle_of_which_no_unit_can_be_dropped_leaves_nothing_to_start() -> None:
    found = parse(UNBREAKABLE)

    assert found.cycles == (Cycle(("b.service", "a.service"), ""),)
    assert found.impossible == (
        "Failed to create graphical.target/start: Transaction order is cyclic. See system logs for "
        "details"
    )


def test_a_default_target_that_cannot_be_started() -> None:
    assert parse("Unit default.target is masked.").impossible == "Unit default.target is masked"
    assert parse("Unit default.target not found.").impossible == "Unit default.target not found"


def test_of_many_cycles_the_shortest_of_each_cause_is_named() -> None:
    long, short = Cycle(("a", "b", "c", "d"), "a"), Cycle(("a", "b", "d"), "b")
    other, known = Cycle(("x", "y"), "x"), Cycle(("k", "l"), "k")

    found = list(
        ordering_cycles.distinct([long, other, Cycle(("k", "l", "m"), "m"), short], [known])
    )

    assert found == [other, short]
