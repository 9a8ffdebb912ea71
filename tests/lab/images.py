"""Machine images: plain Debian with sshd, a user with sudo, the boot user, and foreign units.

An image is a directory that never changes; a machine mounts it below a directory of its own.
"""

import shutil
from pathlib import Path

from tests.lab.cache import cached, key_of
from tests.lab.report import step
from tests.lab.system import last_line, run_logged

# The last three are for the examples in docs/, and for the states of their units.
_PACKAGES = "systemd,systemd-sysv,dbus,openssh-server,python3,sudo,chrony,nftables,uuid-runtime"
_FOREIGN_UNITS = (Path(__file__).parent / "foreign_units.sh").read_text()
# "*" is no valid password hash, and unlike "!" it does not lock the account.
_FINISH = """
set -eu
useradd --create-home --shell /bin/bash --uid 1000 --password '*' admin
useradd --create-home --shell /bin/bash --uid 1001 --password '*' boot
install -d -m 700 -o admin -g admin /home/admin/.ssh
echo 'admin ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/admin
chmod 440 /etc/sudoers.d/admin
systemctl --quiet mask apt-daily.timer apt-daily-upgrade.timer
rm -f /etc/ssh/ssh_host_* /etc/hostname /etc/machine-id /var/lib/dbus/machine-id
: > /etc/resolv.conf
rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*.deb
rm -rf /usr/share/doc /usr/share/man /usr/share/locale
"""


def image(suite: str) -> Path:
    """Return the root directory of a Debian of this suite."""
    return cached(
        f"image-{suite}-{key_of(_PACKAGES, _FOREIGN_UNITS, _FINISH)}",
        lambda root: _build(suite, root),
    )


def _build(suite: str, root: Path) -> None:
    packages = root.with_suffix(".debs")
    packages.mkdir(exist_ok=True)
    log = root.with_suffix(".log")
    log.unlink(missing_ok=True)
    # In namespaces of their own, neither a process nor a mount outlives an interrupted build.
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]
    remedy = "Check that Debian's package mirror is reachable, and try again"
    with step(f"building the machine image {suite} (a minute or two)", lambda: last_line(log)):
        for command in (
            [
                "debootstrap",
                "--variant=minbase",
                f"--include={_PACKAGES}",
                f"--cache-dir={packages}",
                suite,
                str(root),
            ],
            ["chroot", str(root), "/bin/sh", "-c", _FOREIGN_UNITS],
            ["chroot", str(root), "/bin/sh", "-c", _FINISH],
        ):
            run_logged(
                [*apart, *command],
                log,
                problem=f"The machine image {suite} could not be made",
                remedy=remedy,
            )
    root.chmod(0o755)  # independent of the user's umask
    # The packages only speed up a second try.
    shutil.rmtree(packages)
