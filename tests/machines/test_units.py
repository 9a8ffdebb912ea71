"""Units in every state of systemd, on both Debian releases: applied or refused, and restored."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.lab import Lab
from tests.machines.configs import Json, ignition
from tests.machines.playbook import Run, play

DEBIANS = ("bookworm", "trixie")
pytestmark = [
    pytest.mark.usefixtures("root"),
    pytest.mark.parametrize("node", DEBIANS),
]
QUIET = {
    "apiVersion": "machineconfiguration.alauda.io/v1alpha1",
    "kind": "MachineConfiguration",
    "metadata": {"name": "cluster"},
    "spec": {
        "defaultNodeDisruptionPolicySpecAction": {
            "files": [{"type": "None"}],
            "units": [{"type": "DaemonReload"}],
        }
    },
}
_VENDOR = "/usr/lib/systemd/system"
_SERVICE = "[Service]\\nExecStart=/bin/sleep infinity\\n"
_INSTALL = "[Install]\\nWantedBy=multi-user.target\\n"


@dataclass(frozen=True)
class State:
    """A unit state, how to create it, and why `enabled: true` and `false` are refused."""

    word: str
    make: str
    no_true: str = ""
    no_false: str = ""
    name: str = ""

    @property
    def unit(self) -> str:
        """A unit for each state, whose file is $v unless specified otherwise."""
        return self.name or f"in-{self.word}.service"


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
        "is generated from another file at each boot: write `mask: true`",
        "mnt-generated.mount",
    ),
    State("transient", "systemd-run --unit=$u sleep infinity", _RUNTIME),
    State("bad", "echo '[Install' > $v", "cannot be enabled: "),
    State("not-found", "", "does not exist on this node: install it, or add its `contents`"),
)
_STATE = pytest.mark.parametrize("state", STATES, ids=lambda each: each.word)
_LINKS = """
find /etc/systemd/system /run/systemd/system -type l -printf '%p -> %l\\n' | sort
find /etc/systemd/system -type f -exec sha256sum {} + | sort
"""


def on(lab: Lab, node: str, script: str) -> str:
    """Run a shell script as root."""
    return lab.ssh(node, "sudo sh", stdin=script, check=False)


def words(lab: Lab, node: str) -> dict[str, str]:
    """Return the state of each unit as systemctl names it."""
    ask = "".join(f"echo {each.unit} $(systemctl is-enabled {each.unit} 2>&1)\n" for each in STATES)
    printed = on(lab, node, ask).splitlines()
    return {unit: word for unit, _, word in (line.partition(" ") for line in printed)}


def wishing(*states: State, enabled: bool) -> Json:
    """Return a config that sets `enabled` for the units in these states."""
    return ignition(units=tuple({"name": each.unit, "enabled": enabled} for each in states))


def update(lab: Lab, node: str, config: Json) -> Run:
    """Update the machine as a user would."""
    return play(lab, node, config, QUIET, cluster_required=False, verify_watch_seconds=0)


@dataclass(frozen=True)
class Seen:
    """The observations of one machine with all states."""

    at_first: str
    found: dict[str, str]
    refused: dict[bool, Run]
    after_refusals: str
    on: Run
    words_on: dict[str, str]
    off: Run
    words_off: dict[str, str]
    links_off: str
    drop_ins: list[str]
    restored: Run
    in_the_end: str


def _moved(lab: Lab, node: str, target: str) -> str:
    """Return the targets that want a unit after a drop-in has changed them."""
    text = f"[Install]\nWantedBy=\nWantedBy={target}\n"
    dropins = [{"name": "10-ours.conf", "contents": text}]
    config = ignition(units=({"name": "in-enabled.service", "enabled": True, "dropins": dropins},))
    assert not update(lab, node, config).status
    wants = "find /etc/systemd/system -name in-enabled.service -printf '%h '"
    return on(lab, node, wants).replace("/etc/systemd/system/", "").strip()


def _play(lab: Lab, node: str) -> Seen:
    made = (f"u={each.unit} v={_VENDOR}/{each.unit}\n{each.make}\n" for each in STATES)
    on(lab, node, "".join(made))
    at_first, found = on(lab, node, _LINKS), words(lab, node)
    refused = {
        enabled: update(lab, node, wishing(*STATES, enabled=enabled)) for enabled in (True, False)
    }
    after_refusals = on(lab, node, _LINKS)
    come = update(lab, node, wishing(*(each for each in STATES if not each.no_true), enabled=True))
    words_on = words(lab, node)
    gone = update(
        lab, node, wishing(*(each for each in STATES if not each.no_false), enabled=False)
    )
    words_off, links_off = words(lab, node), on(lab, node, _LINKS)
    drop_ins = [_moved(lab, node, target) for target in ("timers.target", "sockets.target")]
    restored = play(lab, node, {}, QUIET, playbook="restore", cluster_required=False)
    return Seen(
        at_first=at_first,
        found=found,
        refused=refused,
        after_refusals=after_refusals,
        on=come,
        words_on=words_on,
        off=gone,
        words_off=words_off,
        links_off=links_off,
        drop_ins=drop_ins,
        restored=restored,
        in_the_end=on(lab, node, _LINKS),
    )


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Seen]]:
    """Both Debian releases in parallel."""
    with (
        Lab.without_cluster(tmp_path_factory.mktemp("machines")) as lab,
        ThreadPoolExecutor() as pool,
    ):
        yield dict(zip(DEBIANS, pool.map(lambda node: _play(lab, node), DEBIANS), strict=True))


@_STATE
def test_the_table_has_the_state(seen: dict[str, Seen], node: str, state: State) -> None:
    printed = seen[node].found[state.unit]

    assert state.word in printed or "Bad message" in printed or "No such file" in printed


@_STATE
def test_an_impossible_enablement_is_refused_with_an_alternative(
    seen: dict[str, Seen], node: str, state: State
) -> None:
    for enabled, why in ((True, state.no_true), (False, state.no_false)):
        run = seen[node].refused[enabled]
        assert run.status
        assert "apply" not in run.roles
        assert (f"{state.unit} " in _cause(run)) == bool(why)
        assert why in _cause(run)


def _cause(run: Run) -> str:
    return next(line for line in run.output.splitlines() if line.startswith("cause: "))


def test_a_refusal_changes_nothing(seen: dict[str, Seen], node: str) -> None:
    assert seen[node].after_refusals == seen[node].at_first


@_STATE
def test_a_possible_enablement_is_applied(seen: dict[str, Seen], node: str, state: State) -> None:
    assert not seen[node].on.status
    assert not seen[node].off.status

    if not state.no_true:
        # For `indirect`, it is the unit that Also= names.
        enabled = {"indirect"} if state.word == "indirect" else {"enabled"}
        assert seen[node].words_on[state.unit] in enabled
    if not state.no_false:
        assert seen[node].words_off[state.unit] not in {"enabled", "enabled-runtime"}
        assert f".wants/{state.unit}" not in seen[node].links_off


def test_the_link_of_a_linked_unit_stays(seen: dict[str, Seen], node: str) -> None:
    assert "/etc/systemd/system/in-linked.service -> /opt/in-linked.service" in seen[node].links_off


def test_the_old_link_is_removed_when_a_drop_in_changes_what_wants_a_unit(
    seen: dict[str, Seen], node: str
) -> None:
    assert seen[node].drop_ins == ["timers.target.wants", "sockets.target.wants"]


def test_every_link_is_as_before_after_a_restore(seen: dict[str, Seen], node: str) -> None:
    assert not seen[node].restored.status
    assert seen[node].in_the_end == seen[node].at_first
