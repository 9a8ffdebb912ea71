"""Preflight finds invalid configs on both Debian releases, and leaves the machine unchanged."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.lab import Lab
from tests.machines.boot_files import BOOT_FILES, refusals
from tests.machines.configs import Json, file, ignition
from tests.machines.playbook import Run, play

DEBIANS = ("bookworm", "trixie")
pytestmark = pytest.mark.usefixtures("root")
EACH_DEBIAN = pytest.mark.parametrize("node", DEBIANS)

BAD = ignition(
    file("/etc/ssh/sshd_config.d/10-bad.conf", "PermitRootLogins no\n"),
    file("/etc/sudoers.d/bad", "admin ALL=(ALL NOPASSWD: ALL\n", 0o440),
    file("/etc/sudoers.d/loose", "boot ALL=(ALL) /usr/bin/true\n", 0o666),
    file("/etc/sysctl.d/10-bad.conf", "# swap less\nvm.swappiness 10\n"),
    units=(
        {
            "name": "bad.service",
            "contents": "[Service]\nExecStart=/usr/local/bin/missing\nUser=stranger\n"
            "EnvironmentFile=/etc/default/missing\nEnvironmentFile=-/etc/default/as-you-like\n",
        },
        {"name": "ssh.service", "dropins": [{"name": "x.conf", "contents": "[Service]\nTyp=1\n"}]},
    ),
)
FOUND_IN_BAD = {
    "a missing program": "bad.service: Command /usr/local/bin/missing is not executable",
    "an unknown user": "bad.service: User=stranger does not exist on this node",
    "a missing environment": "bad.service: EnvironmentFile=/etc/default/missing does not exist",
    "a drop-in with a misspelt key": "/ssh.service.d/x.conf:2: Unknown key 'Typ'",
    "an sshd that would not start": "line 1: Bad configuration option: PermitRootLogins",
    "a sudoers syntax error": "/etc/sudoers.d/bad:1:16: syntax error",
    "a world-writable sudoers file": (
        "/etc/sudoers.d/loose: sudo refuses a file that others can write"
    ),
    "a kernel parameter without =": "/etc/sysctl.d/10-bad.conf: line 2 is not a `key = value`",
}

BROKEN_TODAY = "[Unit]\nNonsense=today\n[Service]\nExecStart=/usr/bin/nowhere\n"
GOOD = ignition(
    file("/appliance/bin/tool", "#!/bin/sh\ntrue\n", 0o755),
    file("/etc/default/tool", "A=b\n"),
    file("/etc/ssh/sshd_config.d/10-good.conf", "MaxAuthTries 5\n"),
    file("/etc/sudoers.d/good", "boot ALL=(ALL) /usr/bin/true\n"),
    file("/etc/sudoers.d/passed.over", "what sudo does not read\n"),
    file("/etc/sysctl.d/10-good.conf", "-net.ipv4.conf.lo.rp_filter\nvm.swappiness = 10\n"),
    units=(
        {
            "name": "tool@.service",
            "contents": "[Unit]\nRequires=helper.service\n[Service]\n"
            "ExecStart=/appliance/bin/tool %i\nUser=boot\nEnvironmentFile=/etc/default/tool\n",
        },
        {"name": "helper.service", "contents": "[Service]\nExecStart=/appliance/bin/tool\n"},
        {"name": "masked.service", "mask": True},
        {
            "name": "broken.service",
            "dropins": [{"name": "x.conf", "contents": "[Service]\nRestart=no\n"}],
        },
    ),
)

_LOCK = """
import array, fcntl, os, sys
descriptor, flags = os.open(sys.argv[1], os.O_RDONLY), array.array("l", [0])
fcntl.ioctl(descriptor, 0x80086601, flags)
flags[0] = flags[0] | 0x10 if sys.argv[2] == "lock" else flags[0] & ~0x10
fcntl.ioctl(descriptor, 0x40086602, flags)
"""
_SMALL = """
set -e
mkdir /srv/memory /srv/small
mount -t tmpfs -o size=2m memory /srv/memory
mkdir /srv/memory/upper /srv/memory/work
mount -t overlay -o lowerdir=/mnt,upperdir=/srv/memory/upper,workdir=/srv/memory/work x /srv/small
"""
_INTO_THE_BLOCK = """
file=/home/admin/.ssh/authorized_keys
sed -i -e '1i # BEGIN machine-config: these keys are managed, put yours outside' \\
    -e '$a # END machine-config' $file
"""
_STATE = """
find /etc -type f -exec sha256sum {} + | sort
find / /etc /usr /srv -xdev -maxdepth 1 | sort
cut -d ' ' -f 2-4 /proc/self/mounts | sort
find /proc/[0-9]*/ns/mnt -printf '%l\\n' 2> /dev/null | sort -u | wc -l
"""


def preflight(lab: Lab, node: str, config: Json, user: str = "boot") -> Run:
    """Run the phase as a user would."""
    return play(
        lab, node, config, playbook="preflight", cluster_required=False, machineconfig_user=user
    )


def on(lab: Lab, node: str, script: str, *words: str) -> str:
    """Run a shell script as root."""
    return lab.ssh(node, "sudo", "sh", "-s", *words, stdin=script)


def state(lab: Lab, node: str) -> str:
    """Return the files in /etc and everything that the validation could leave behind."""
    return lab.ssh(node, "sudo sh", stdin=_STATE, check=False)


@pytest.fixture(scope="module")
def machines(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Both Debian releases, each with a unit that is already broken."""
    with Lab.without_cluster(tmp_path_factory.mktemp("machines")) as lab:
        for node in DEBIANS:
            on(lab, node, f"printf '{BROKEN_TODAY}' > /etc/systemd/system/broken.service")
        yield lab


@pytest.fixture(scope="module")
def refused(machines: Lab) -> dict[str, Run]:
    """The invalid config on both."""
    with ThreadPoolExecutor() as pool:
        runs = pool.map(lambda node: preflight(machines, node, BAD), DEBIANS)
        return dict(zip(DEBIANS, runs, strict=True))


@pytest.fixture(scope="module")
def boot_files(machines: Lab) -> dict[str, dict[str, str]]:
    """What preflight says of each file that a boot or a login reads, on both."""
    with ThreadPoolExecutor() as pool:
        found = pool.map(lambda node: refusals(machines, node), DEBIANS)
        return dict(zip(DEBIANS, found, strict=True))


@EACH_DEBIAN
@pytest.mark.parametrize("file", BOOT_FILES)
def test_a_file_that_would_break_the_boot_or_a_login_is_refused_and_others_are_not(
    boot_files: dict[str, dict[str, str]], node: str, file: str
) -> None:
    said, found = BOOT_FILES[file].said, boot_files[node][file]

    assert said in found
    assert bool(said) == bool(found)


@EACH_DEBIAN
@pytest.mark.parametrize("problem", FOUND_IN_BAD)
def test_what_a_config_would_break_is_found_in_advance(
    refused: dict[str, Run], node: str, problem: str
) -> None:
    assert refused[node].status
    assert FOUND_IN_BAD[problem] in refused[node].output


@EACH_DEBIAN
def test_the_report_contains_the_remedy_and_nothing_of_a_secret_file(
    refused: dict[str, Run], node: str
) -> None:
    assert "fix the MachineConfig" in refused[node].output
    assert "NOPASSWD" not in refused[node].output
    assert "as-you-like" not in refused[node].output


@EACH_DEBIAN
def test_a_valid_config_is_accepted_beside_units_that_were_already_broken(
    machines: Lab, node: str
) -> None:
    before = state(machines, node)

    found = preflight(machines, node, GOOD)

    assert not found.status, found.output
    assert "could not be validated" not in found.output
    assert state(machines, node) == before


@EACH_DEBIAN
def test_unsuitable_paths_are_reported(machines: Lab, node: str) -> None:
    on(machines, node, "mkdir /srv/real /srv/fast && ln -s real /srv/link")
    on(machines, node, "mount -t tmpfs memory /srv/fast")
    config = ignition(file("/srv/link/a", ""), file("/srv/fast/b", ""))

    found = preflight(machines, node, config)

    assert found.status
    assert "/srv/link/a is below a symbolic link" in found.output
    assert "its folder /srv/link resolves to /srv/real" in found.output
    assert "/srv/fast/b does not survive a reboot: /srv/fast is a tmpfs" in found.output


LOCKS_OUT = ignition(
    file("/etc/ssh/sshd_config.d/99-nobody.conf", "AllowUsers nobody\n"),
    file("/etc/sudoers.d/zz-password", "admin ALL=(ALL) PASSWD: ALL\n", 0o440),
    file("/etc/nologin", "closed\n"),
)


@EACH_DEBIAN
def test_a_config_that_removes_the_products_own_login_or_sudo_is_refused(
    machines: Lab, node: str
) -> None:
    before = state(machines, node)

    found = preflight(machines, node, LOCKS_OUT)

    assert found.status
    said = " ".join(found.output.split())
    for problem in (
        "would lock out admin, who logged in for this run: sshd's AllowUsers does not name admin",
        "admin cannot become root by sudo: sudo: a password is required",
        "/etc/nologin refuses all users except root",
    ):
        assert problem in said
    assert state(machines, node) == before


@EACH_DEBIAN
def test_keys_that_replace_the_login_key_are_refused(machines: Lab, node: str) -> None:
    """In the managed block: an update removes keys from it, and keeps those outside."""
    keys = {"users": [{"name": "admin", "sshAuthorizedKeys": ["ssh-ed25519 AAAA another"]}]}
    kept = preflight(machines, node, {**ignition(), "passwd": keys}, user="admin")
    on(machines, node, _INTO_THE_BLOCK)

    found = preflight(machines, node, {**ignition(), "passwd": keys}, user="admin")

    on(machines, node, "sed -i '/machine-config/d' /home/admin/.ssh/authorized_keys")
    assert not kept.status, kept.output
    assert found.status
    assert "sshd would accept no key that admin can use now" in " ".join(found.output.split())


@contextmanager
def locked(lab: Lab, node: str, path: str) -> Iterator[None]:
    """Make a file immutable."""
    lab.ssh(node, "sudo", "python3", "-", path, "lock", stdin=_LOCK)
    try:
        yield
    finally:
        lab.ssh(node, "sudo", "python3", "-", path, "unlock", stdin=_LOCK)


@EACH_DEBIAN
def test_an_immutable_file_is_reported_with_the_remedy(machines: Lab, node: str) -> None:
    with locked(machines, node, "/etc/issue"):
        found = preflight(machines, node, ignition(file("/etc/issue", "ours\n")))

    assert found.status
    assert "/etc/issue cannot be changed: it is immutable" in found.output
    assert "chattr -i /etc/issue" in found.output


@EACH_DEBIAN
def test_a_full_disk_is_reported(machines: Lab, node: str) -> None:
    on(machines, node, _SMALL)

    found = preflight(machines, node, ignition(file("/srv/small/a", "much")))

    assert found.status
    assert "the file system of /srv/small is too full" in found.output


@EACH_DEBIAN
def test_keys_need_their_user(machines: Lab, node: str) -> None:
    keys = {"users": [{"name": "ghost", "sshAuthorizedKeys": ["ssh-ed25519 AAAA ghost"]}]}

    found = preflight(machines, node, {**ignition(), "passwd": keys}, user="ghost")

    assert found.status
    assert (
        "SSH keys are managed for the user ghost, who does not exist on this node" in found.output
    )
    assert "useradd --create-home ghost" in found.output
