"""Files that would break the next boot or a login, with what preflight says of each."""

import json
from dataclasses import dataclass

from tests.lab import Lab
from tests.machines.node_library import answer


@dataclass(frozen=True)
class BootFile:
    """A file with this text, or with its present text as a sed script changes it."""

    path: str
    text: str = ""
    sed: str = ""
    # The refusal contains it; empty for a file that is accepted.
    said: str = ""
    mode: int = 0o644


_FSTAB, _CRYPTTAB = "/etc/fstab", "/etc/crypttab"
_PASSWD, _PAM = "/etc/passwd", "/etc/pam.d/common-auth"
BOOT_FILES = {
    "a source that is missing": BootFile(
        _FSTAB, "/dev/nothing /mnt/x ext4\n", said="line 1: /dev/nothing, the source of /mnt/x"
    ),
    "a file system ID that is missing": BootFile(
        _FSTAB, "UUID=12-34 /mnt/x auto\n", said="UUID=12-34, the source of /mnt/x, does not exist"
    ),
    "an option that tmpfs does not have": BootFile(
        _FSTAB, "none /mnt/x tmpfs sise=1m\n", said="tmpfs refuses the option sise of /mnt/x"
    ),
    "a misspelt type": BootFile(
        _FSTAB, "none /mnt/x tmpfz\n", said="the kernel knows no type tmpfz, as of /mnt/x"
    ),
    "a mount over /etc": BootFile(_FSTAB, "none /etc tmpfs\n", said="would hide /etc"),
    "half a line": BootFile(_FSTAB, "/dev/sda1\n", said="line 1 has 1 fields"),
    "a table that can be mounted": BootFile(
        _FSTAB,
        "none /mnt/x tmpfs size=1m,mode=0755,noatime,x-systemd.before=a.service 0 0\n"
        "/etc /mnt/y none bind,ro\n/dev/nothing /mnt/z ext4 nofail,discard\n",
    ),
    "a passphrase at the console": BootFile(
        _CRYPTTAB, "data /etc/fstab none luks\n", said="would ask for the passphrase of data"
    ),
    "the name of another host": BootFile(
        "/etc/hostname", "another\n", said="would register another one, another"
    ),
    "an invalid name": BootFile("/etc/hostname", "two words\n", said="is not a host name"),
    "the name that it has": BootFile("/etc/hostname", sed="s/^/# ours\\n/"),
    "no user of D-Bus": BootFile(_PASSWD, sed="/^messagebus:/d", said="the user messagebus (ID "),
    "a user with another ID": BootFile(
        _PASSWD, sed="s/^root:x:0:/root:x:7:/", said="the user root (ID 0), as whom processes run"
    ),
    "no user of sshd": BootFile(_PASSWD, sed="/^sshd:/d", said="user sshd does not exist"),
    "a damaged line": BootFile(_PASSWD, sed="2s/:.*//", said="line 2 does not have 7 fields"),
    "no groups": BootFile("/etc/group", "", said="the group root (ID 0), as whom processes run"),
    "a user more": BootFile(_PASSWD, sed="$ a more:x:4711:4711::/:/bin/sh"),
    "users from nowhere": BootFile(
        "/etc/nsswitch.conf", "passwd: nowhere\n", said="the user root (ID 0), as whom processes"
    ),
    "a PAM module that is missing": BootFile(
        _PAM, "auth required pam_nothing.so\n", said="the module pam_nothing.so does not exist"
    ),
    "an included file that is missing": BootFile(
        "/etc/pam.d/sshd", "@include nothing\n", said="/etc/pam.d/nothing does not exist"
    ),
    "a PAM module that may be missing": BootFile(_PAM, sed="1i -auth optional pam_nothing.so"),
    "a library for all programs that is missing": BootFile(
        "/etc/ld.so.preload", "/no/lib.so\n", said="/etc/ld.so.preload: /no/lib.so does not exist"
    ),
    "another init": BootFile(
        "/usr/sbin/init", "#!/bin/sh\n", said="/sbin/init would be init", mode=0o755
    ),
    "another shell": BootFile("/usr/bin/sh", "nothing", said="`/bin/sh -c exit 0` would fail: "),
    "a program more": BootFile("/usr/bin/more-of-it", "#!/bin/sh\n", mode=0o755),
    "a line that systemd ignores": BootFile(
        "/etc/systemd/system.conf.d/x.conf",
        "[Manager]\nDefaultTasksMax\n",
        said="line 2 is neither",
    ),
    "settings of systemd": BootFile(
        "/etc/systemd/journald.conf.d/x.conf", "# ours\n[Journal]\nSystemMaxUse=1G\n"
    ),
}

_SCRIPT = """
import base64, json, os, subprocess
from machineconfig_node.base.errors import NodeError
from machineconfig_node.base.problems import Problems
from machineconfig_node.manifest import desired_state
from machineconfig_node.preflight import validation
from machineconfig_node.record import node_record

def refusal(path, text, sed, mode):
    if sed:
        text = subprocess.run(["sed", sed, path], capture_output=True, text=True).stdout
    file = {"path": path, "content": base64.b64encode(text.encode()).decode(), "mode": mode,
            "user": 0, "group": 0}
    manifest = {"config": "new", "files": [file], "units": [], "user": "boot", "keys": []}
    try:
        warnings = validation.validate(desired_state.read(manifest), node_record.load())
    except NodeError as error:
        return error.cause
    return "; ".join(warnings)

os.makedirs("/var/lib/kubelet", exist_ok=True)
print(json.dumps({name: refusal(*each) for name, each in json.loads(GIVEN).items()}))
"""


def refusals(lab: Lab, node: str) -> dict[str, str]:
    """Return what preflight on the node says of each file; empty for what it accepts."""
    given = {name: (each.path, each.text, each.sed, each.mode) for name, each in BOOT_FILES.items()}
    script = f"GIVEN = {json.dumps(given)!r}\n{_SCRIPT}"
    found: dict[str, str] = answer(lab, node, script)
    return found
