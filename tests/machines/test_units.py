"""Units in every state of systemd, on both Debian releases: applied or refused, and restored."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.lab import Lab
from tests.machines.configs import QUIET, Json, ignition
from tests.machines.playbook import Run, play

DEBIANS = ("bookworm", "trixie")
pytestmark = [
    pytest.mark.usefixtures("root"),
    pytest.mark.parametrize("node", DEBIANS),
]
_VENDOR = "/usr/lib/systemd/system"
_SERVICE = "[Service]\\nExecStart=/bin/sleep infinity\\n"
_INSTALL = "[Install]\\nWantedBy=multi-user.target\\n"


@dataclass(frozen=True)
class State:
    """A unit state, how to create it, and why `enabled: true` and `false` are refused."""

    name_in_systemctl: str
    make: str
    no_true: str = ""
    no_false: str = ""
    name: str = ""

    @property
    def unit(self) -> str:
        """A unit for each state, whose file is $v unless specified otherwise."""
        return self.name or f"in-{self.name_in_systemctl}.service"


_RUNTIME = "exists only until the next boot"
_TEXT = f"printf '{_SERVICE}{_INSTALL}'"
_ALIAS = "sshd.service is an alias of ssh.service: use that name"
STATES = (
    State("enabled", f"{_TEXT} > $v; systemctl enable --now $u"),
    State("enabled-runtime", f"{_TEXT} > $v; systemctl enable --runtime $u"),
    State("linked", f"{_TEXT} > /opt/$u; systemctl link /opt/$u"),
    State("linked-runtime", f"{_TEXT} > /opt/$u; systemctl link --runtime /opt/$u", _RUNTIME),
    State("alias", "", _ALIAS, _ALIAS, "sshd.service"),
    State("masked", f"{_TEXT} > $v; systemctl mask $u", "add `mask: false` beside `enabled`"),
    State("masked-runtime", f"{_TEXT} > $v; systemctl mask --runtime $u", "systemctl unmask"),
    State("static", f"printf '{_SERVICE}' > $v", "has no [Install] section that enables it: add"),
    State("indirect", f"printf '{_SERVICE}[Install]\\nAlso=in-disabled.service\\n' > $v"),
    State("disabled", f"{_TEXT} > $v"),
    State(
        "generated",
        "echo 'none /mnt/generated tmpfs noauto 0 0' >> /etc/fstab; systemctl daemon-reload",
        "is generated from another file at each boot: omit `enabled`",
        "is generated from another file at each boot: set `mask: true`",
        "mnt-generated.mount",
    ),
    State("transient", "systemd-run --unit=$u sleep infinity", _RUNTIME),
    State("bad", "echo '[Install' > $v", "cannot be enabled: "),
    State("not-found", "", "does not exist on this node: install it, or add its `contents`"),
)
_STATE = pytest.mark.parametrize("state", STATES, ids=lambda each: each.name_in_systemctl)
_LINKS = """
find /etc/systemd/system /run/systemd/system -type l -printf '%p -> %l\\n' | sort
find /etc/systemd/system -type f -exec sha256sum {} + | sort
"""


def on(lab: Lab, node: str, script: str) -> str:
    """Run a shell script as root."""
    return lab.ssh(node, "sudo sh", stdin=script, check=False)


def unit_states(lab: Lab, node: str) -> dict[str, str]:
    """Return the state of each unit as systemctl names it."""
    ask = "".join(f"echo {each.unit} $(systemctl is-enabled {each.unit} 2>&1)\n" for each in STATES)
    printed = on(lab, node, ask).splitlines()
    return {
        unit: name_in_systemctl
        for unit, _, name_in_systemctl in (line.partition(" ") for line in printed)
    }


def config_with(*states: State, enabled: bool) -> Json:
    """Return a config that sets `enabled` for the units in these states."""
    return ignition(units=tuple({"name": each.unit, "enabled": enabled} for each in states))


def update(lab: Lab, node: str, config: Json) -> Run:
    """Update the machine as a user would."""
    return play(lab, node, config, QUIET, cluster_required=False, verify_watch_seconds=0)


@dataclass(frozen=True)
class Observations:
    """The observations of one machine with all states."""

    at_first: str
    found: dict[str, str]
    refused: dict[bool, Run]
    after_refusals: str
    on: Run
    states_on: dict[str, str]
    off: Run
    states_off: dict[str, str]
    links_off: str
    drop_ins: list[str]
    restored: Run
    after_restore: str


def _moved(lab: Lab, node: str, target: str) -> str:
    """Return the targets that want a unit after a drop-in has changed them."""
    text = f"[Install]\nWantedBy=\nWantedBy={target}\n"
    dropins = [{"name": "10-ours.conf", "contents": text}]
    config = ignition(units=({"name": "in-enabled.service", "enabled": True, "dropins": dropins},))
    assert not update(lab, node, config).status
    wants = "find /etc/systemd/system -name in-enabled.service -printf '%h '"
    return on(lab, node, wants).replace("/etc/systemd/system/", "").strip()


def _play(lab: Lab, node: str) -> Observations:
    made = (f"u={each.unit} v={_VENDOR}/{each.unit}\n{each.make}\n" for each in STATES)
    on(lab, node, "".join(made))
    at_first, found = on(lab, node, _LINKS), unit_states(lab, node)
    refused = {
        enabled: update(lab, node, config_with(*STATES, enabled=enabled))
        for enabled in (True, False)
    }
    after_refusals = on(lab, node, _LINKS)
    on_run = update(
        lab, node, config_with(*(each for each in STATES if not each.no_true), enabled=True)
    )
    states_on = unit_states(lab, node)
    off_run = update(
        lab, node, config_with(*(each for each in STATES if not each.no_false), enabled=False)
    )
    states_off, links_off = unit_states(lab, node), on(lab, node, _LINKS)
    drop_ins = [_moved(lab, node, target) for target in ("timers.target", "graphical.target")]
    restored = play(lab, node, {}, QUIET, playbook="restore", cluster_required=False)
    return Observations(
        at_first=at_first,
        found=found,
        refused=refused,
        after_refusals=after_refusals,
        on=on_run,
        states_on=states_on,
        off=off_run,
        states_off=states_off,
        links_off=links_off,
        drop_ins=drop_ins,
        restored=restored,
        after_restore=on(lab, node, _LINKS),
    )


@pytest.fixture(scope="module")
def observed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Observations]]:
    """Both Debian releases in parallel."""
    with (
        Lab.without_cluster(tmp_path_factory.mktemp("machines")) as lab,
        ThreadPoolExecutor() as pool,
    ):
        yield dict(zip(DEBIANS, pool.map(lambda node: _play(lab, node), DEBIANS), strict=True))


@_STATE
def test_the_table_has_the_state(
    observed: dict[str, Observations], node: str, state: State
) -> None:
    printed = observed[node].found[state.unit]

    assert (
        state.name_in_systemctl in printed or "Bad message" in printed or "No such file" in printed
    )


@_STATE
def test_an_impossible_enablement_is_refused_with_an_alternative(
    observed: dict[str, Observations], node: str, state: State
) -> None:
    for enabled, why in ((True, state.no_true), (False, state.no_false)):
        run = observed[node].refused[enabled]
        assert run.status
        assert "apply" not in run.roles
        assert (f"{state.unit} " in _cause(run)) == bool(why)
        assert why in _cause(run)


def _cause(run: Run) -> str:
    return next(line for line in run.output.splitlines() if line.startswith("cause: "))


def test_a_refusal_changes_nothing(observed: dict[str, Observations], node: str) -> None:
    assert observed[node].after_refusals == observed[node].at_first


@_STATE
def test_a_possible_enablement_is_applied(
    observed: dict[str, Observations], node: str, state: State
) -> None:
    assert not observed[node].on.status
    assert not observed[node].off.status

    if not state.no_true:
        # For `indirect`, it is the unit that Also= names.
        enabled = {"indirect"} if state.name_in_systemctl == "indirect" else {"enabled"}
        assert observed[node].states_on[state.unit] in enabled
    if not state.no_false:
        assert observed[node].states_off[state.unit] not in {"enabled", "enabled-runtime"}
        assert f".wants/{state.unit}" not in observed[node].links_off


def test_the_link_of_a_linked_unit_stays(observed: dict[str, Observations], node: str) -> None:
    assert (
        "/etc/systemd/system/in-linked.service -> /opt/in-linked.service"
        in observed[node].links_off
    )


def test_the_old_link_is_removed_when_a_drop_in_changes_what_wants_a_unit(
    observed: dict[str, Observations], node: str
) -> None:
    assert observed[node].drop_ins == ["timers.target.wants", "graphical.target.wants"]


def test_every_link_is_as_before_after_a_restore(
    observed: dict[str, Observations], node: str
) -> None:
    assert not observed[node].restored.status
    assert observed[node].after_restore == observed[node].at_first
