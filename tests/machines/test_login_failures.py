"""A login that fails is told with phase, cause and remedy, by hand and by the controller."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.demo.stage import Stage
from tests.lab import Lab
from tests.machines.configs import file, ignition
from tests.machines.playbook import Run, play

CONFIG = ignition(file("/etc/site/file", "ours\n"))
# A second administrator, who mends what the first one's login suffers from.
_SECOND = """
set -e
echo 'boot ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/boot
install -d -m 700 -o boot -g boot /home/boot/.ssh
install -m 600 -o boot -g boot /home/admin/.ssh/authorized_keys /home/boot/.ssh/
"""
_HANGING_SUDO = """
printf '#!/bin/sh\\n[ "$(id -un)" = admin ] && sleep 20\\nexec /usr/bin/sudo "$@"\\n' \
    > /usr/local/bin/sudo
chmod 755 /usr/local/bin/sudo
"""
_OTHER_PYTHON = """
mkdir -p /opt/other/bin
ln -s "$(readlink -f /usr/bin/python3)" /opt/other/bin/python3
mv /usr/bin/python3 /usr/bin/python3.away
"""
_OWN_PYTHON = "mv /usr/bin/python3.away /usr/bin/python3; rm -r /opt/other"
_REQUIRETTY = "echo 'Defaults:admin requiretty' > /etc/sudoers.d/tty"


@dataclass(frozen=True)
class Failing:
    """What a machine suffers from, how that is mended, and what is to be said of it."""

    broken: str
    mended: str
    cause: str
    remedy: str
    unreachable: bool = False


FAILING = {
    "sudo wants a terminal": Failing(
        _REQUIRETTY,
        "rm /etc/sudoers.d/tty",
        "admin cannot become root on the node: sudo: sorry, you must have a tty",
        "Defaults:admin !requiretty",
    ),
    "sudo wants a password": Failing(
        "echo 'admin ALL=(ALL) PASSWD: ALL' > /etc/sudoers.d/zz",
        "rm /etc/sudoers.d/zz",
        "admin cannot become root on the node: sudo: a password is required",
        "admin ALL=(ALL) NOPASSWD: ALL",
    ),
    "sudo is no longer allowed": Failing(
        "mv /etc/sudoers.d/admin /srv/admin",
        "mv /srv/admin /etc/sudoers.d/admin",
        "admin cannot become root on the node: ",
        "NOPASSWD",
    ),
    "sudo hangs": Failing(
        _HANGING_SUDO,
        "rm /usr/local/bin/sudo",
        "admin cannot become root on the node: sudo does not answer",
        "nameserver",
    ),
    "the shell is nobody's": Failing(
        "usermod --shell /usr/sbin/nologin admin",
        "usermod --shell /bin/bash admin",
        "runs no command: This account is currently not available.",
        "usermod --shell /bin/sh",
    ),
    "the password has expired": Failing(
        "chage --lastday 0 admin",
        "chage --lastday 20000 admin",
        "runs no command: ",
        "chage --maxdays -1",
    ),
    "there is no Python": Failing(
        "mv /usr/bin/python3 /usr/bin/away; chmod a-x /usr/bin/python3.*",
        "mv /usr/bin/away /usr/bin/python3; chmod a+x /usr/bin/python3.*",
        "the node has no /usr/bin/python3",
        "install Python 3.8 or later",
    ),
    "there is only another Python": Failing(
        _OTHER_PYTHON,
        _OWN_PYTHON,
        "the node has no /usr/bin/python3",
        "ansible_python_interpreter=",
    ),
    "the profile prints what looks like an answer": Failing(
        "cp /home/admin/.bashrc /srv/bashrc; sed -i '1i echo \"{hello\"' /home/admin/.bashrc",
        "cp /srv/bashrc /home/admin/.bashrc",
        "the profile of admin on the node prints text at each login: {hello",
        "[ -t 1 ] || return",
    ),
    "our key is not there": Failing(
        "mv /home/admin/.ssh /srv/ssh",
        "mv /srv/ssh /home/admin/.ssh",
        "Permission denied (publickey",
        "see in `journalctl -u ssh` on the node",
        unreachable=True,
    ),
    "the account has expired": Failing(
        "chage --expiredate 1 admin",
        "chage --expiredate -1 admin",
        "Your account has expired",
        "chage --expiredate -1",
        unreachable=True,
    ),
}


def mend(lab: Lab, node: str, script: str) -> None:
    """Run a script as root, by the second administrator's login."""
    lab.ssh(f"boot@{node}", "/usr/bin/sudo", "sh", stdin=script)


def tried(lab: Lab, node: str, failing: Failing) -> Run:
    """Hold the node against a config while its login fails."""
    mend(lab, node, failing.broken)
    try:
        # With a connection of its own: one that is there already needs no login.
        ssh = ("ConnectTimeout=5",)
        return play(lab, node, CONFIG, playbook="preflight", ssh=ssh, cluster_required=False)
    finally:
        mend(lab, node, failing.mended)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Run]]:
    """All of them, one half on each Debian."""
    folder = tmp_path_factory.mktemp("machines")
    with Lab.without_cluster(folder) as lab, pytest.MonkeyPatch.context() as patch:
        # Seconds that Ansible waits for sudo.
        patch.setenv("ANSIBLE_TIMEOUT", "2")
        for node in lab.nodes:
            lab.ssh(node, "sudo", "sh", stdin=_SECOND)
        ended: dict[str, Run] = {}

        def walk(number: int, node: str) -> None:
            for name in list(FAILING)[number::2]:
                ended[name] = tried(lab, node, FAILING[name])

        with ThreadPoolExecutor() as pool:
            list(pool.map(walk, range(2), lab.nodes))
        for node in lab.nodes:
            ended[node] = play(lab, node, CONFIG, cluster_required=False)
        yield ended


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("name", FAILING)
def test_by_hand_a_login_that_fails_is_told_with_cause_and_remedy(
    runs: dict[str, Run], name: str
) -> None:
    failing, run = FAILING[name], runs[name]
    said = " ".join(run.output.split())

    assert run.status == (4 if failing.unreachable else 2)
    assert failing.cause in said
    assert failing.remedy in said
    assert failing.unreachable or "preflight FAILED at" in said


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("node", ["bookworm", "trixie"])
def test_what_a_persons_own_ssh_args_say_holds_for_the_confirming_connection_too(
    runs: dict[str, Run], node: str
) -> None:
    assert runs[node].status == 0, runs[node].output
    assert "confirm" in runs[node].roles


@pytest.fixture
def failing(stage: Stage) -> Iterator[Stage]:
    """A cluster with a node whose sudo wants a terminal, and one with only another Python."""
    for node, broken in (("w-1", _REQUIRETTY), ("w-2", _OTHER_PYTHON)):
        stage.lab.ssh(node, "sudo", "sh", stdin=_SECOND)
        mend(stage.lab, node, broken)
    try:
        yield stage
    finally:
        mend(stage.lab, "w-1", "rm -f /etc/sudoers.d/tty")
        mend(stage.lab, "w-2", _OWN_PYTHON)
        for node in ("w-1", "w-2"):
            mend(stage.lab, node, "rm -r /etc/sudoers.d/boot /home/boot/.ssh")


def test_the_controller_tells_the_same_and_goes_on_with_the_others(failing: Stage) -> None:
    stage = failing
    stage.controller.start(MACHINECONFIG_FAILURE_RETRY="1")
    stage.eventually(lambda: stage.kubectl("get", "mcp", "worker", check=False), "there is a pool")
    # A node that fails holds its pool's capacity.
    pool = '{"spec":{"maxUnavailable":3}}'
    stage.kubectl("patch", "mcp", "worker", "--type=merge", f"--patch={pool}")

    stage.eventually(lambda: failure(stage, "w-1") and failure(stage, "w-2"), "both say why")
    stage.eventually(lambda: stage.annotation("w-3", "state") == "Done", "the other one goes on")

    for node, cause, remedy in (
        ("w-1", "sudo: sorry, you must have a tty", "Defaults:admin !requiretty"),
        ("w-2", "the node has no /usr/bin/python3", "MACHINECONFIG_PYTHON"),
    ):
        told = failure(stage, node)
        assert cause in told
        assert remedy in told
        assert '"phase":"Preflight"' in told
        assert stage.annotation(node, "reason").startswith("Preflight failed: ")

    mend(stage.lab, "w-1", "rm /etc/sudoers.d/tty")
    assert stage.controller.stop() == 0
    pythons = "/usr/bin/python3,/opt/other/bin/python3"
    stage.controller.start(MACHINECONFIG_PYTHON=pythons, MACHINECONFIG_FAILURE_RETRY="1")
    stage.rolled_out()


def failure(stage: Stage, node: str) -> str:
    """What the node's last failure was, as JSON; empty where there was none."""
    path = "--output=jsonpath={.status.lastFailure}"
    return stage.kubectl("get", "mcn", node, path, check=False)
