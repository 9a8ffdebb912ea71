"""Drift is found and named in stable words; unmanaged objects and updates cause none."""

import json
import re
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import pytest

from controller.api.names import FORCE_FILE
from controller.rendering.node_manifest import manifest
from tests.lab import Lab
from tests.machines.check_run import Checker
from tests.machines.clean_lab import make_pristine
from tests.machines.configs import Json, file, ignition, policy, restart
from tests.machines.node_library import answer
from tests.machines.playbook import KILL_ALL, Moment, Run, play

_UNITS = "/etc/systemd/system"
_RECORD = "/var/lib/machine-config/record.json"
_KEYS = (
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFirst",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAISecond",
)
_SERVICE = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n"
_NODES = ("w-1", "w-2", "w-3")
_NONE = [{"type": "None"}]
QUIET = {
    "apiVersion": "machineconfiguration.alauda.io/v1alpha1",
    "kind": "MachineConfiguration",
    "metadata": {"name": "cluster"},
    "spec": {"defaultNodeDisruptionPolicySpecAction": {"files": _NONE, "units": _NONE}},
}


class Row(NamedTuple):
    """A manual change at a path and the expected finding; empty if it is not drift."""

    place: str
    by_hand: str
    what: str = ""

    @property
    def name(self) -> str:
        """The last part of the path, which is unique."""
        return self.place.rpartition("/")[2]


def _file(name: str, by_hand: str, what: str = "") -> Row:
    return Row(f"/etc/drift/{name}", by_hand, what)


def _unit(name: str, by_hand: str, what: str = "") -> Row:
    return Row(f"{_UNITS}/drift-{name}.service", by_hand, what)


def _drop_in(name: str, by_hand: str, what: str = "") -> Row:
    return Row(f"{_UNITS}/drift-{name}.service.d/10-ours.conf", by_hand, what)


# Each command runs as root, with the path in $p and the unit's name in $u.
FILES = (
    _file("appended", "echo more >> $p", "content"),
    _file("emptied", ": > $p", "content"),
    _file(
        "same-size-and-time",
        "touch -r $p /t; printf X | dd of=$p conv=notrunc; touch -r /t $p; rm /t",
        "content",
    ),
    _file("replaced", "printf other > $p.new; chmod 644 $p.new; mv $p.new $p", "content"),
    _file("open", "chmod 666 $p", "mode"),
    _file("closed", "chmod 000 $p", "mode"),
    _file("set-user-id", "chmod u+s $p", "mode"),
    _file("owned", "chown 1000 $p", "owner"),
    _file("grouped", "chgrp 1000 $p", "group"),
    _file("given-away", "chown 1000:1000 $p", "owner, group"),
    _file("content-and-mode", "echo more >> $p; chmod 600 $p", "content, mode"),
    _file("all-of-it", "echo > $p; chown 1:1 $p; chmod 600 $p", "content, mode, owner, group"),
    _file("removed", "rm $p", "missing"),
    _file("in-a-folder/that-went", "rm -r ${p%/*}", "missing"),
    _file("in-a-folder-that/became-a-file", "rm -r ${p%/*}; touch ${p%/*}", "missing"),
    _file("linked-to-the-same", "mv $p $p.away; ln -s $p.away $p", "a link is in its place"),
    _file("linked-to-nothing", "rm $p; ln -s nowhere $p", "a link is in its place"),
    _file("folder", "rm $p; mkdir $p", "a folder is in its place"),
    _file("fifo", "rm $p; mkfifo $p", "a fifo is in its place"),
    _file(
        "socket",
        "rm $p; python3 -c \"import socket as s; s.socket(s.AF_UNIX).bind('$p')\"",
        "a socket is in its place",
    ),
    _file("device", "rm $p; mknod $p c 1 3", "a device is in its place"),
)
TEXTS = (
    _unit("edited", "echo '#' >> $p", "content"),
    _unit("unreadable", "chmod 600 $p", "mode"),
    _unit("away", "rm $p", "missing"),
    _unit(
        "linked",
        "mv $p /usr/lib/systemd/system/; ln -s /usr/lib/systemd/system/$u $p",
        "a link is in its place",
    ),
    _unit("masked-by-hand", "ln -sf /dev/null $p", "masked"),
    _drop_in("drop-in-edited", "echo '#' >> $p", "content"),
    _drop_in("drop-in-gone", "rm $p", "missing"),
    _drop_in("drop-in-folder-gone", "rm -r ${p%/*}", "missing"),
    _drop_in("drop-in-masked", "ln -sf /dev/null $p", "masked"),
)
MASKS = (
    _unit("unmasked", "systemctl unmask $u", "not masked"),
    _unit("unmasked-to-a-text", "rm $p; echo '[Unit]' > $p", "not masked"),
)
ENABLED = (
    Row("drift-disabled.service", "systemctl disable $u", "enablement"),
    Row("drift-unlinked.service", f"rm {_UNITS}/multi-user.target.wants/$u", "enablement"),
    Row("drift-theirs.service", "systemctl mask $u", "enablement"),
)
DISABLED = (Row("drift-enabled.service", "systemctl enable $u", "enablement"),)
DRIFT = (*FILES, *TEXTS, *MASKS, *ENABLED, *DISABLED)

_BLOCK = "sed -i '/BEGIN machine-config/,/END machine-config/d' $p"
# A node has one set of keys, so each change is made on another node or in another round.
KEYS = (
    ("the block is gone", _BLOCK, "keys"),
    ("a key is gone", "sed -i '/First/d' $p", "keys"),
    ("the file is gone", "rm $p", "keys"),
    ("a key was changed", "sed -i s/First/Other/ $p", "keys"),
    ("others may read the file", "chmod 644 $p", "mode of /home/boot/.ssh/authorized_keys"),
    ("others may write into the folder", "chmod 777 ${p%/*}", "mode of /home/boot/.ssh"),
    ("the file is root's", "chown root $p", "unreadable"),
    (
        "a folder is in the file's place",
        "rm $p; mkdir $p",
        "a folder is in the place of /home/boot/.ssh/authorized_keys",
    ),
    ("the user is gone", "mv $p /t; userdel boot", "its user is gone"),
)

NO_DRIFT = (
    _file("beside-another", "echo theirs > /etc/drift/theirs"),
    _file("touched", "touch $p"),
    _file("read", "touch -a $p; cat $p"),
    _file("in-another-folder/that-was-touched", "touch ${p%/*}; chmod 750 ${p%/*}"),
    _file("written-again", "cat $p > /t; cat /t > $p; rm /t"),
    _file("copied-and-moved", "cp -p $p $p.copy; mv $p.copy $p"),
    _file("with-one-more-name", "ln $p /etc/drift/theirs-too"),
    _file("with-an-attribute", "python3 -c \"import os; os.setxattr('$p', 'user.theirs', b'x')\""),
    _unit("with-their-drop-in", "mkdir $p.d; echo '[Unit]' > $p.d/theirs.conf"),
    _drop_in("beside-their-drop-in", "echo '[Unit]' > ${p%/*}/20-theirs.conf"),
    _unit("started", "systemctl daemon-reload; systemctl start $u"),
    _unit("enabled-though-that-is-not-ours", "systemctl enable $u"),
    Row(f"{_UNITS}/theirs.service", f"printf '{_SERVICE}' > $p; systemctl enable theirs.service"),
    Row("/home/boot/.ssh/authorized_keys", "echo 'ssh-ed25519 AAAATheirs' >> $p"),
    Row("/home/boot/.ssh/authorized_keys", "sed -i '1i # theirs, above ours' $p"),
    Row("/home/boot/.ssh/authorized_keys2", "touch $p; touch /home/boot/.ssh/authorized_keys"),
)


def _by_hand(rows: tuple[Row, ...]) -> str:
    """Return all changes as a shell script that stops at the first error."""
    lines = (f"p={row.place} u={row.name}\n{row.by_hand}\n" for row in rows)
    return "set -e; exec >/dev/null 2>&1\n" + "".join(lines)


def _script_of_keys(by_hand: str) -> str:
    return f"set -e\np=/home/boot/.ssh/authorized_keys\n{by_hand}\n"


def rendered(name: str, config: Json) -> Json:
    """Return the config as the controller renders it."""
    return {
        "apiVersion": "machineconfiguration.alauda.io/v1alpha1",
        "kind": "MachineConfig",
        "metadata": {"name": name},
        "spec": {"config": config},
    }


def _config() -> Json:
    rows = (*DRIFT, *NO_DRIFT)
    files = [file(row.place, f"of {row.name}\n") for row in rows if "/drift/" in row.place]
    texts = [row for row in rows if row.place.startswith(f"{_UNITS}/drift-") and row not in MASKS]
    units = [_of_text(row) for row in texts]
    units += [{"name": row.name, "mask": True} for row in MASKS]
    units += [{"name": row.name, "enabled": True, "contents": _SERVICE} for row in ENABLED[:2]]
    # Its text belongs to the distribution.
    units += [{"name": row.name, "enabled": True} for row in ENABLED[2:]]
    units += [{"name": row.name, "enabled": False, "contents": _SERVICE} for row in DISABLED]
    config = ignition(*files, units=tuple(units))
    config["passwd"] = {"users": [{"name": "boot", "sshAuthorizedKeys": list(_KEYS)}]}
    return rendered("rendered-drift", config)


def _of_text(row: Row) -> Json:
    unit, _, drop_in = row.place.removeprefix(f"{_UNITS}/").partition(".d/")
    dropins = [{"name": drop_in, "contents": "[Unit]\n"}] if drop_in else []
    return {"name": unit, "contents": _SERVICE, "dropins": dropins}


CONFIG = _config()
_THEIRS = f"printf '{_SERVICE}' > /usr/lib/systemd/system/drift-theirs.service"
_SAVED = f"etc/drift etc/passwd etc/group etc/shadow home/boot/.ssh {_RECORD[1:]} {_UNITS[1:]}"
_SAVE = f"tar -C / -cpf /root/ours.tar {_SAVED}"
_FIX = f"""
chattr -R -i /etc/drift 2>/dev/null
rm -rf /etc/drift {_UNITS}/drift-* {_UNITS}/*.wants/drift-* /home/boot/.ssh
rm -f /usr/lib/systemd/system/drift-linked.service
tar -C / -xpf /root/ours.tar
"""
# The state that a check must not change, without files that a machine always writes.
_TREE = """
find / -xdev -regextype egrep \
  -regex '/(dev|proc|run|sys|tmp|var/(log|tmp|lib/systemd|lib/kubelet))' -prune \
  -o -printf '%p %y %m %U %G %s %C@ %T@ %l\\n' | sort
find / -xdev -regextype egrep \
  -regex '/(dev|proc|run|sys|tmp|var/(log|tmp|lib/systemd|lib/kubelet))' -prune \
  -o -type f -print0 | sort -z | xargs -0 sha256sum
systemctl list-unit-files --no-legend --no-pager
systemctl list-units --all --plain --no-legend --no-pager --type=service,timer,socket,target \
  | grep -v 'session\\|user@\\|user-runtime\\|ssh@'
"""


def root(lab: Lab, node: str, script: str) -> str:
    """Run a script as root on the node."""
    return lab.ssh(node, "sudo sh", stdin=script)


@dataclass(frozen=True)
class Outcome:
    """The findings of the checks, one run each."""

    clean: Mapping[str, Json]
    drifted: Json
    without_record: Json
    keys: Mapping[str, Json]
    fixed: Mapping[str, Json]
    before: list[str]
    after: list[str]


@pytest.fixture(scope="module")
def outcome(lab: Lab) -> Iterator[Outcome]:
    """Run all cases in as few checks as possible."""
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda node: _prepare(lab, node), _NODES))
    checker, everywhere = Checker(lab), dict.fromkeys(_NODES, CONFIG)
    before = root(lab, "w-1", _TREE).splitlines()
    clean = checker.answers(everywhere)
    after = root(lab, "w-1", _TREE).splitlines()
    root(lab, "w-1", _by_hand(DRIFT))
    root(lab, "w-3", f"rm {_RECORD}")
    keys: dict[str, Json] = {}
    rounds = [KEYS[number : number + 3] for number in range(0, len(KEYS), 3)]
    found = [_round(lab, checker, each, keys) for each in rounds]
    root(lab, "w-1", _by_hand(NO_DRIFT))
    fixed = checker.answers(everywhere)
    yield Outcome(clean, found[0]["w-1"], found[0]["w-3"], keys, fixed, before, after)
    make_pristine(lab, _NODES)


def _prepare(lab: Lab, node: str) -> None:
    root(lab, node, _THEIRS)
    run = play(lab, node, CONFIG, QUIET)
    assert run.status == 0, run.output
    root(lab, node, _SAVE)


def _round(
    lab: Lab, checker: Checker, ways: tuple[tuple[str, str, str], ...], keys: dict[str, Json]
) -> Mapping[str, Json]:
    """Change the keys of each node in another way, check, and fix everything."""
    for node, (_, by_hand, _) in zip(_NODES, ways, strict=True):
        root(lab, node, _script_of_keys(by_hand))
    found = checker.answers(dict.fromkeys(_NODES, CONFIG))
    keys |= {way: found[node] for node, (way, _, _) in zip(_NODES, ways, strict=True)}
    for node in _NODES:
        root(lab, node, _FIX)
    return found


def differing(found: Json, place: str) -> list[str]:
    """Return how a path, or the enablement of a unit, differs."""
    return [
        each["what"] for each in found["differences"] if (each["path"] or each["name"]) == place
    ]


def test_a_node_that_matches_its_config_has_no_drift(outcome: Outcome) -> None:
    for found in outcome.clean.values():
        assert found["differences"] == []
        assert found["config"] == "rendered-drift"
        assert (found["recorded"], found["forced"], found["moved"]) == (True, False, False)
        assert re.fullmatch("[0-9a-f]{32}", found["machine_id"])
    assert len({found["machine_id"] for found in outcome.clean.values()}) == len(_NODES)


def test_there_are_many_cases_of_drift_and_of_other_changes() -> None:
    assert len(DRIFT) + len(KEYS) > 40
    assert len(NO_DRIFT) > 10
    assert len({row.place for row in DRIFT}) == len(DRIFT)


@pytest.mark.parametrize("row", DRIFT, ids=lambda row: row.name)
def test_drift_is_named(outcome: Outcome, row: Row) -> None:
    assert differing(outcome.drifted, row.place) == [row.what]


def test_nothing_else_is_named(outcome: Outcome) -> None:
    named = {each["path"] or each["name"] for each in outcome.drifted["differences"]}

    assert named == {row.place for row in DRIFT} | {"boot"}


@pytest.mark.parametrize(("way", "what"), [(way, what) for way, _, what in KEYS])
def test_changed_ssh_keys_are_named(outcome: Outcome, way: str, what: str) -> None:
    assert differing(outcome.keys[way], "boot") == [what]


def test_a_missing_record_is_named(outcome: Outcome) -> None:
    # It is read from the index of originals meanwhile.
    assert outcome.without_record["recorded"] is True
    assert differing(outcome.without_record, _RECORD) == ["missing"]


@pytest.mark.parametrize("row", NO_DRIFT, ids=lambda row: row.name)
def test_changes_of_unmanaged_objects_are_not_drift(outcome: Outcome, row: Row) -> None:
    assert differing(outcome.fixed["w-1"], row.place) == []


def test_drift_that_an_administrator_fixes_is_gone(outcome: Outcome) -> None:
    assert [found["differences"] for found in outcome.fixed.values()] == [[], [], []]


def test_a_check_changes_nothing_on_the_machine(outcome: Outcome) -> None:
    assert len(outcome.before) > 5000
    assert sorted(set(outcome.before) ^ set(outcome.after)) == []


@dataclass(frozen=True)
class Forced:
    """Manual runs on a node with a force file; boots and presence of the file after each."""

    checked: Json
    killed: Run
    boots: list[int]
    there: list[bool]
    inodes: list[str]
    runs: list[Run]


@pytest.fixture(scope="module")
def forced(lab: Lab) -> Iterator[Forced]:
    """Kill a run before it orders the reboot, then run it again, and once more."""
    config = rendered("rendered-forced", ignition(file("/etc/drift/forced", "ours\n")))
    play(lab, "w-2", config, QUIET)
    inodes, boots, there = [_inode(lab)], [_boots(lab)], []
    root(lab, "w-2", f"touch {FORCE_FILE}")
    checked = Checker(lab).answers({"w-2": config})["w-2"]
    killed = play(lab, "w-2", config, QUIET, moment=Moment("reboot", KILL_ALL))
    runs = []
    for _ in range(3):
        there.append(bool(lab.ssh("w-2", f"ls {FORCE_FILE}", check=False)))
        boots.append(_boots(lab))
        inodes.append(_inode(lab))
        runs.append(play(lab, "w-2", config, QUIET))
    yield Forced(checked, killed, boots, there, inodes, runs)
    make_pristine(lab, ["w-2"])


def _boots(lab: Lab) -> int:
    return len(root(lab, "w-2", "journalctl --list-boots --quiet --no-pager").splitlines())


def _inode(lab: Lab) -> str:
    return root(lab, "w-2", "stat --format=%i /etc/drift/forced")


def test_a_check_only_reports_a_force_file(forced: Forced) -> None:
    assert forced.checked["forced"] is True
    assert forced.checked["differences"] == []


def test_with_a_force_file_everything_is_applied_again(forced: Forced) -> None:
    assert forced.inodes[0] != forced.inodes[1]
    assert "applied everything again because of the force file" in forced.runs[0].output


def test_a_forced_node_is_drained_and_reboots_exactly_once_although_its_run_is_killed(
    forced: Forced,
) -> None:
    assert {"cordon", "drain"} <= set(forced.killed.roles)
    assert [number - forced.boots[0] for number in forced.boots] == [0, 0, 1, 1]
    assert [run.status for run in forced.runs] == [0, 0, 0], forced.runs[0].output
    assert "reboot" not in forced.runs[1].roles


def test_the_force_file_is_removed_by_the_reboot(forced: Forced) -> None:
    assert forced.there == [True, False, False]


_LOOK = """
import json, os, time
from machineconfig_node.check import checking
from machineconfig_node.comparison import digest_cache
from machineconfig_node.manifest import desired_state

wanted = [desired_state.read(each) for each in json.loads({manifests!r})]
checks, moved, settled, wrong = 0, 0, set(), []
deadline = time.monotonic() + 170
while not os.path.exists("/run/race-is-over") and time.monotonic() < deadline:
    for each in wanted:
        with digest_cache.opened(3600, "/run/race/digests.json") as digest_of:
            found = checking.check(each, digest_of=digest_of)
        checks += 1
        moved += found["moved"]
        if found["moved"] and found["differences"]:
            wrong.append(found)
        if not found["moved"] and found["config"] == each.config:
            settled.add((found["config"], found["serial"]))
            if found["differences"]:
                wrong.append(found)
    time.sleep(0.01)
print(json.dumps([checks, moved, sorted(settled), wrong[:3]]))
"""


class Race(NamedTuple):
    """Checks during updates: their number, those with `moved`, the configs, and false findings."""

    checks: int
    moved: int
    settled: list[list[object]]
    wrong: list[Json]


def _racing(name: str, text: str) -> Json:
    files = (file(f"/etc/race/{number}", f"{text} {number}\n") for number in range(100))
    keys = {"users": [{"name": "boot", "sshAuthorizedKeys": [f"ssh-ed25519 AAAA{name}"]}]}
    unit = {
        "name": "race.service",
        "contents": f"# {text}\n{_SERVICE}",
        "enabled": name == "race-a",
    }
    return rendered(name, {**ignition(*files, units=(unit,)), "passwd": keys})


@pytest.fixture(scope="module")
def race(lab: Lab) -> Iterator[Race]:
    """Apply two configs in turn, and one that fails and is rolled back, while checks run."""
    one, other = _racing("race-a", "one"), _racing("race-b", "other")
    broken = _racing("race-c", "broken")
    play(lab, "w-3", one, QUIET)
    manifests = json.dumps([manifest(each, "boot") for each in (one, other)])
    look = _LOOK.format(manifests=manifests)
    with ThreadPoolExecutor() as pool:
        checking_run = pool.submit(answer, lab, "w-3", look)
        runs = [play(lab, "w-3", each, QUIET) for each in (other, one)]
        fails = policy("/etc/race", restart("there-is-none.service"))
        fails["spec"].update(QUIET["spec"])
        failed = play(lab, "w-3", broken, fails)
        root(lab, "w-3", "touch /run/race-is-over")
        observed = checking_run.result()
    assert [run.status for run in runs] == [0, 0], runs[-1].output
    assert "race-a again" in failed.output, failed.output
    yield Race(*observed)
    make_pristine(lab, ["w-3"])


def test_an_update_causes_no_drift_whenever_a_check_runs(race: Race) -> None:
    assert race.wrong == []


def test_the_checks_ran_during_before_between_and_after_the_updates(race: Race) -> None:
    assert race.checks > 100
    assert race.moved > 0
    assert {config for config, _ in race.settled} == {"race-a", "race-b"}
    assert len(race.settled) >= 3
