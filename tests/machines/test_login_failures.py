"""A failed login is reported with phase, cause and remedy, by hand and by the controller."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.demo.stage import Stage
from tests.lab import Lab
from tests.machines.configs import file, ignition
from tests.machines.playbook import Run, play

CONFIG = ignition(file("/etc/site/file", "ours\n"))
# A second administrator, who repairs the login of the first.
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
class BrokenLogin:
    """A broken login, how to fix it, and the expected report."""

    broken: str
    fixed: str
    cause: str
    remedy: str
    unreachable: bool = False


BROKEN_LOGINS = {
    "sudo requires a terminal": BrokenLogin(
        _REQUIRETTY,
        "rm /etc/sudoers.d/tty",
        "admin cannot become root on the node: sudo: sorry, you must have a tty",
        "Defaults:admin !requiretty",
    ),
    "sudo requires a password": BrokenLogin(
        "echo 'admin ALL=(ALL) PASSWD: ALL' > /etc/sudoers.d/zz",
        "rm /etc/sudoers.d/zz",
        "admin cannot become root on the node: sudo: a password is required",
        "admin ALL=(ALL) NOPASSWD: ALL",
    ),
    "sudo is no longer allowed": BrokenLogin(
        "mv /etc/sudoers.d/admin /srv/admin",
        "mv /srv/admin /etc/sudoers.d/admin",
        "admin cannot become root on the node: ",
        "NOPASSWD",
    ),
    "sudo hangs": BrokenLogin(
        _HANGING_SUDO,
        "rm /usr/local/bin/sudo",
        "admin cannot become root on the node: sudo does not answer",
        "nameserver",
    ),
    "the shell is nologin": BrokenLogin(
        "usermod --shell /usr/sbin/nologin admin",
        "usermod --shell /bin/bash admin",
        "runs no command: This account is currently not available.",
        "usermod --shell /bin/sh",
    ),
    "the password has expired": BrokenLogin(
        "chage --lastday 0 admin",
        "chage --lastday 20000 admin",
        "runs no command: ",
        "chage --maxdays -1",
    ),
    "there is no Python": BrokenLogin(
        "mv /usr/bin/python3 /usr/bin/away; chmod a-x /usr/bin/python3.*",
        "mv /usr/bin/away /usr/bin/python3; chmod a+x /usr/bin/python3.*",
        "the node has no /usr/bin/python3",
        "install Python 3.8 or later",
    ),
    "there is only another Python": BrokenLogin(
        _OTHER_PYTHON,
        _OWN_PYTHON,
        "the node has no /usr/bin/python3",
        "ansible_python_interpreter=",
    ),
    "the profile prints text like an answer": BrokenLogin(
        "cp /home/admin/.bashrc /srv/bashrc; sed -i '1i echo \"{hello\"' /home/admin/.bashrc",
        "cp /srv/bashrc /home/admin/.bashrc",
        "the profile of admin on the node prints text at each login: {hello",
        "[ -t 1 ] || return",
    ),
    "the key is missing": BrokenLogin(
        "mv /home/admin/.ssh /srv/ssh",
        "mv /srv/ssh /home/admin/.ssh",
        "Permission denied (publickey",
        "check in `journalctl -u ssh` on the node",
        unreachable=True,
    ),
    "the account has expired": BrokenLogin(
        "chage --expiredate 1 admin",
        "chage --expiredate -1 admin",
        "Your account has expired",
        "chage --expiredate -1",
        unreachable=True,
    ),
}


def as_second_administrator(lab: Lab, node: str, script: str) -> None:
    """Run a script as root with the second administrator's login."""
    lab.ssh(f"boot@{node}", "/usr/bin/sudo", "sh", stdin=script)


def preflight(lab: Lab, node: str, failing: BrokenLogin) -> Run:
    """Run preflight while the node's login fails."""
    as_second_administrator(lab, node, failing.broken)
    try:
        # Without multiplexing, since an open connection needs no login.
        ssh = ("ConnectTimeout=5",)
        return play(lab, node, CONFIG, playbook="preflight", ssh=ssh, cluster_required=False)
    finally:
        as_second_administrator(lab, node, failing.fixed)


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Run]]:
    """Run all cases, one half on each Debian release."""
    folder = tmp_path_factory.mktemp("machines")
    with Lab.without_cluster(folder) as lab, pytest.MonkeyPatch.context() as patch:
        # The seconds that Ansible waits for sudo.
        patch.setenv("ANSIBLE_TIMEOUT", "2")
        for node in lab.nodes:
            lab.ssh(node, "sudo", "sh", stdin=_SECOND)
        ended: dict[str, Run] = {}

        def run_half(number: int, node: str) -> None:
            for name in list(BROKEN_LOGINS)[number::2]:
                ended[name] = preflight(lab, node, BROKEN_LOGINS[name])

        with ThreadPoolExecutor() as pool:
            list(pool.map(run_half, range(2), lab.nodes))
        for node in lab.nodes:
            ended[node] = play(lab, node, CONFIG, cluster_required=False)
        yield ended


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("name", BROKEN_LOGINS)
def test_by_hand_a_failed_login_is_reported_with_cause_and_remedy(
    runs: dict[str, Run], name: str
) -> None:
    failing, run = BROKEN_LOGINS[name], runs[name]
    printed = " ".join(run.output.split())

    assert run.status == (4 if failing.unreachable else 2)
    assert failing.cause in printed
    assert failing.remedy in printed
    assert failing.unreachable or "preflight FAILED at" in printed


@pytest.mark.usefixtures("root")
@pytest.mark.parametrize("node", ["bookworm", "trixie"])
def test_the_confirming_connection_uses_the_users_own_ssh_args_too(
    runs: dict[str, Run], node: str
) -> None:
    assert runs[node].status == 0, runs[node].output
    assert "confirm" in runs[node].roles


@pytest.fixture
def failing(stage: Stage) -> Iterator[Stage]:
    """A cluster with a node whose sudo requires a terminal, and one with only another Python."""
    for node, broken in (("w-1", _REQUIRETTY), ("w-2", _OTHER_PYTHON)):
        stage.lab.ssh(node, "sudo", "sh", stdin=_SECOND)
        as_second_administrator(stage.lab, node, broken)
    try:
        yield stage
    finally:
        as_second_administrator(stage.lab, "w-1", "rm -f /etc/sudoers.d/tty")
        as_second_administrator(stage.lab, "w-2", _OWN_PYTHON)
        for node in ("w-1", "w-2"):
            as_second_administrator(stage.lab, node, "rm -r /etc/sudoers.d/boot /home/boot/.ssh")


def test_the_controller_reports_the_same_and_updates_the_other_nodes(failing: Stage) -> None:
    stage = failing
    stage.controller.start(MACHINECONFIG_FAILURE_RETRY="1")
    stage.eventually(lambda: stage.kubectl("get", "mcp", "worker", check=False), "there is a pool")
    # A failed node uses its pool's capacity.
    pool = '{"spec":{"maxUnavailable":3}}'
    stage.kubectl("patch", "mcp", "worker", "--type=merge", f"--patch={pool}")

    stage.eventually(
        lambda: failure(stage, "w-1") and failure(stage, "w-2"), "both report the cause"
    )
    stage.eventually(lambda: stage.annotation("w-3", "state") == "Done", "the other one is updated")

    for node, cause, remedy in (
        ("w-1", "sudo: sorry, you must have a tty", "Defaults:admin !requiretty"),
        ("w-2", "the node has no /usr/bin/python3", "MACHINECONFIG_PYTHON"),
    ):
        reported = failure(stage, node)
        assert cause in reported
        assert remedy in reported
        assert '"phase":"Preflight"' in reported
        assert stage.annotation(node, "reason").startswith("Preflight failed: ")

    as_second_administrator(stage.lab, "w-1", "rm /etc/sudoers.d/tty")
    assert stage.controller.stop() == 0
    pythons = "/usr/bin/python3,/opt/other/bin/python3"
    stage.controller.start(MACHINECONFIG_PYTHON=pythons, MACHINECONFIG_FAILURE_RETRY="1")
    stage.rolled_out()


def failure(stage: Stage, node: str) -> str:
    """Return the node's last failure as JSON; empty if there is none."""
    path = "--output=jsonpath={.status.lastFailure}"
    return stage.kubectl("get", "mcn", node, path, check=False)
