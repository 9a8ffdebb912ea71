"""A change after which a boot would not start what it should is found before it is made.

The unit files of today and those after the change are in folders, which systemd-analyze reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from machineconfig_node.base.view import ToolResult, View
from machineconfig_node.manifest.desired_state import DesiredPath
from machineconfig_node.preflight.changes import Changes
from machineconfig_node.preflight.units import next_boot
from machineconfig_node.record.node_record import Record
from machineconfig_node.systemd import boot_transaction

ETC = "/etc/systemd/system"
TARGET = "[Unit]\nAllowIsolate=yes\n"
ON_ITS_OWN = (
    "[Unit]\nDefaultDependencies=no\n{unit}\n[Service]\nType=oneshot\nExecStart=/bin/true\n"
)
SERVICE = "[Unit]\n{unit}\n[Service]\nType=oneshot\nExecStart=/bin/true\n"
MULTI_USER = "multi-user.target.wants"
SYSINIT = "sysinit.target.wants"
# A link is written as the name of the unit that it leads to.
Units = Mapping[str, str]
NODE: Units = {
    "default.target": "multi-user.target",
    "multi-user.target": f"{TARGET}Requires=basic.target\nAfter=basic.target\n",
    "basic.target": f"{TARGET}Requires=sysinit.target\nWants=sockets.target\n"
    "After=sysinit.target sockets.target\n",
    "sockets.target": TARGET,
    "sysinit.target": TARGET,
    "local-fs.target": TARGET,
    "rescue.target": f"{TARGET}Requires=sysinit.target\nAfter=sysinit.target\n",
    "emergency.target": f"{TARGET}",
    "shutdown.target": TARGET,
    "ssh.service": SERVICE.format(unit=""),
    f"{MULTI_USER}/ssh.service": "ssh.service",
    "chrony.service": SERVICE.format(unit=""),
    f"{MULTI_USER}/chrony.service": "chrony.service",
}
EARLY = {
    "early.service": ON_ITS_OWN.format(unit="After=multi-user.target\nBefore=sysinit.target"),
    f"{SYSINIT}/early.service": "early.service",
}


@dataclass(frozen=True)
class Folder(View):
    """A node that consists of a folder with unit files."""

    path: str = ""

    def run(
        self, tool: str, *words: str, environment: Mapping[str, str] | None = None
    ) -> ToolResult:
        """Run the tool with these unit files only."""
        if words[0] == "cat-config":
            text = Path(self.path, words[1].rpartition("/")[2]).read_text()
            return ToolResult(0, text.splitlines())
        own = {**(environment or {}), "SYSTEMD_UNIT_PATH": self.path}
        return super().run(tool, *words, environment=own)


@pytest.fixture
def node(tmp_path: Path) -> "Nodes":
    return Nodes(tmp_path)


@dataclass
class Nodes:
    """Compares the node of today with the node after a change."""

    folder: Path

    def problems(self, change: Units, today: Units = NODE, gone: tuple[str, ...] = ()) -> list[str]:
        """Return the problems of a change that adds units and links, and removes others."""
        before = self._made("today", today)
        after = {name: text for name, text in {**today, **change}.items() if name not in gone}
        texts = dict.fromkeys(change, "file")
        texts |= {name: "link" for name in change if change[name] == "/dev/null"}
        writes = [DesiredPath(f"{ETC}/{name}", "unit", "", kind) for name, kind in texts.items()]
        links = [DesiredPath(f"{ETC}/{name}", "unit", "", "absent") for name in gone]
        made = Changes(writes, [], Record(machine_id=""), "/nowhere", links)
        view = self._made("then", after)
        return [text for check in next_boot.checks(made, before) for text in check(view)]

    def _made(self, name: str, units: Units) -> Folder:
        folder = self.folder / name
        for path, text in units.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            if text and "\n" not in text:
                place.symlink_to(folder / text if text != "/dev/null" else text)
            else:
                place.write_text(text)
        return Folder(path=str(folder))


TWO = {
    "a.service": SERVICE.format(unit="After=b.service"),
    "b.service": SERVICE.format(unit="After=a.service"),
}
CYCLES: dict[str, Units] = {
    "a unit that is early and late": EARLY,
    "an early unit that waits for ssh": {
        "early.service": ON_ITS_OWN.format(unit="After=ssh.service\nBefore=sysinit.target"),
        "sysinit.target.requires/early.service": "early.service",
    },
    "two units": {
        **TWO,
        f"{MULTI_USER}/a.service": "a.service",
        f"{MULTI_USER}/b.service": "b.service",
    },
    "two units, one by its alias": {
        "a.service": SERVICE.format(unit="After=known.service"),
        "b.service": SERVICE.format(unit="After=a.service"),
        "known.service": "b.service",
        f"{MULTI_USER}/a.service": "a.service",
        f"{MULTI_USER}/b.service": "b.service",
    },
    "a drop-in": {"ssh.service.d/early.conf": "[Unit]\nBefore=sysinit.target\n"},
    "a mount": {
        "srv.mount": "[Unit]\nAfter=ssh.service\nBefore=sysinit.target\n[Mount]\nWhat=tmpfs\n"
        "Type=tmpfs\nWhere=/srv\n",
        "sysinit.target.wants/srv.mount": "srv.mount",
    },
    "a socket": {
        "a.socket": "[Unit]\nAfter=ssh.service\n[Socket]\nListenStream=/run/a\n",
        "a.service": SERVICE.format(unit=""),
        "sockets.target.wants/a.socket": "a.socket",
    },
    "a path and a timer": {
        "a.path": "[Unit]\nAfter=a.timer\n[Path]\nPathExists=/run/a\n",
        "a.timer": "[Unit]\nAfter=a.path\n[Timer]\nOnBootSec=1\n",
        "a.service": SERVICE.format(unit=""),
        f"{MULTI_USER}/a.path": "a.path",
        f"{MULTI_USER}/a.timer": "a.timer",
    },
    "a boot in rescue mode": {
        "a.service": ON_ITS_OWN.format(unit="After=rescue.target\nBefore=sysinit.target"),
        "rescue.target.wants/a.service": "a.service",
    },
    "an instance": {
        "a@.service": SERVICE.format(unit="After=ssh.service"),
        f"{MULTI_USER}/a@x.service": "a@.service",
        "chrony.service": SERVICE.format(unit="After=a@x.service\nBefore=ssh.service"),
    },
}


@pytest.mark.parametrize("change", CYCLES.values(), ids=CYCLES)
def test_an_ordering_cycle_is_found_with_its_units(node: Nodes, change: Units) -> None:
    found = node.problems(change)

    assert len(found) == 1, found
    assert "an ordering cycle in the next boot: " in found[0]
    assert "systemd would not start " in found[0]


def test_the_message_names_what_changed_every_unit_of_the_cycle_and_the_remedy(
    node: Nodes,
) -> None:
    (found,) = node.problems(CYCLES["two units"])

    around = ("a.service -> b.service -> a.service", "b.service -> a.service -> b.service")
    assert any(each in found for each in around)
    assert found.startswith(("a.service, b.service: ", "b.service, a.service: "))
    assert found.endswith("change After=, Before= or [Install] of one of them")


def test_a_cycle_that_arises_since_a_unit_returns_to_its_original(node: Nodes) -> None:
    masked = {**NODE, **EARLY, "early.service": "/dev/null"}

    (found,) = node.problems({"early.service": EARLY["early.service"]}, today=masked)

    assert found.startswith("early.service: an ordering cycle")


def test_a_cycle_that_arises_since_units_of_today_are_enabled(node: Nodes) -> None:
    links = {name: text for name, text in CYCLES["two units"].items() if name not in TWO}

    (found,) = node.problems(links, today={**NODE, **TWO})

    assert found.startswith(("a.service, b.service: ", "b.service, a.service: "))


def test_a_cycle_that_systemd_cannot_break(node: Nodes) -> None:
    change = {
        "a.service": ON_ITS_OWN.format(unit="After=b.service"),
        "b.service": ON_ITS_OWN.format(unit="After=a.service"),
        "multi-user.target.requires/a.service": "a.service",
        "multi-user.target.requires/b.service": "b.service",
    }

    (found,) = node.problems(change)

    assert "systemd could not break it, and would start nothing" in found


@pytest.mark.parametrize("attempt", range(5))
def test_a_cycle_of_today_does_not_refuse_other_units(node: Nodes, attempt: int) -> None:
    change = {
        f"new-{attempt}.service": SERVICE.format(unit="After=ssh.service"),
        f"{MULTI_USER}/new-{attempt}.service": f"new-{attempt}.service",
    }

    assert node.problems(change, today={**NODE, **EARLY}) == []


def test_another_cycle_beside_that_of_today_is_found(node: Nodes) -> None:
    today = {**NODE, **CYCLES["two units"]}
    change = {
        "c.service": SERVICE.format(unit="After=d.service"),
        "d.service": SERVICE.format(unit="After=c.service"),
        f"{MULTI_USER}/c.service": "c.service",
        f"{MULTI_USER}/d.service": "d.service",
    }

    (found,) = node.problems(change, today=today)

    assert "c.service" in found
    assert "a.service" not in found


VALID: dict[str, Units] = {
    "an ordinary service": {
        "a.service": SERVICE.format(unit="After=ssh.service chrony.service"),
        f"{MULTI_USER}/a.service": "a.service",
    },
    "an early service": {
        "a.service": ON_ITS_OWN.format(unit="Before=sysinit.target"),
        f"{SYSINIT}/a.service": "a.service",
    },
    "a cycle that no boot starts": TWO,
    "a conflict with a unit that no boot starts": {
        "a.service": SERVICE.format(unit="Conflicts=b.service"),
        "b.service": SERVICE.format(unit=""),
        f"{MULTI_USER}/a.service": "a.service",
    },
    "a masked unit that nothing needs": {"chrony.service": "/dev/null"},
    "sshd is masked": {"ssh.service": "/dev/null"},
}


@pytest.mark.parametrize("change", VALID.values(), ids=VALID)
def test_a_change_of_what_a_boot_starts_is_accepted(node: Nodes, change: Units) -> None:
    assert node.problems(change) == []


def test_two_units_of_the_boot_that_exclude_each_other(node: Nodes) -> None:
    change = {
        "anti.service": SERVICE.format(unit="Conflicts=ssh.service"),
        f"{MULTI_USER}/anti.service": "anti.service",
    }

    (found,) = node.problems(change)

    assert found == (
        "ssh.service: the next boot would not start it, since it conflicts with anti.service:"
        " write `enabled: false` or `mask: true` for the one that is not to run"
    )


def test_a_unit_that_replaces_another_one_which_is_disabled(node: Nodes) -> None:
    change = {
        "mine.service": SERVICE.format(unit="Conflicts=ssh.service"),
        f"{MULTI_USER}/mine.service": "mine.service",
    }

    assert node.problems(change, gone=(f"{MULTI_USER}/ssh.service",)) == []


def test_sshd_may_be_disabled(node: Nodes) -> None:
    assert node.problems({}, gone=(f"{MULTI_USER}/ssh.service",)) == []


@pytest.mark.parametrize("drop_in", [{}, {"ssh.service.d/x.conf": "[Unit]\nAfter=x.service\n"}])
def test_the_loss_of_sshd_that_the_config_does_not_disable(node: Nodes, drop_in: Units) -> None:
    change = {
        **drop_in,
        "my.target": f"{TARGET}Requires=basic.target\nAfter=basic.target\n",
        "default.target": "my.target",
    }

    (found,) = node.problems(change)

    assert found.startswith(
        "ssh.service: the next boot would not start it any more, because of the change of"
        " default.target, my.target"
    )
    assert found.endswith(": write `enabled: false` for ssh.service as well if this is meant")


@pytest.mark.parametrize("target", ["/dev/null", "nowhere.target"])
def test_a_default_target_that_cannot_be_started(node: Nodes, target: str) -> None:
    (found,) = node.problems({"default.target": target})

    assert found.startswith("the next boot would start nothing: Unit default.target ")


def test_changes_of_other_files_do_not_compute_the_boot(node: Nodes) -> None:
    path = DesiredPath("/etc/motd", "file", "/etc/motd", "file")
    made = Changes([path], [], Record(machine_id=""), "/nowhere")

    assert next_boot.checks(made, Folder(path=str(node.folder))) == []


def test_what_systemd_computes_for_an_ordinary_node(node: Nodes) -> None:
    view = node._made("node", NODE)  # noqa: SLF001 - a node without a change

    found = boot_transaction.compute(view)

    assert found.started >= {"multi-user.target", "sysinit.target", "ssh.service", "chrony.service"}
    assert found == replace(found, cycles=(), conflicting=frozenset(), impossible="")
