"""What the next boot could not mount is found before: in fstab, crypttab and mount units."""

import os
from pathlib import Path

import pytest
from machineconfig_node.base.view import ENVIRONMENT, View
from machineconfig_node.filesystem import mounts
from machineconfig_node.filesystem.mounts import Mount
from machineconfig_node.preflight.config_files import by_path
from machineconfig_node.preflight.mounts import boot_mounts, mount_options
from machineconfig_node.preflight.units import mount_units, unit_settings

FSTAB, CRYPTTAB = "/etc/fstab", "/etc/crypttab"
REMEDY = "(fix the line, or add the option `nofail`)"
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may ask the kernel")


class Future(View):
    """The node as it is, but with other contents of some files."""

    def __init__(self, files: dict[str, str]) -> None:
        """Set the contents of files."""
        super().__init__()
        object.__setattr__(self, "files", files)

    files: dict[str, str]

    def has(self, pattern: str) -> bool:
        """Whether a file exists; FUSE is installed."""
        return pattern == "/sbin/mount.fuse" or super().has(pattern)

    def read(self, path: str) -> str:
        """Return the future text of a file."""
        return self.files.get(path, "")


@pytest.fixture(autouse=True)
def mounted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Mount]:
    """The mounts of the node, which has one vital folder."""
    vital = tmp_path / "var" / "vital"
    vital.mkdir(parents=True)
    (vital / "content").touch()
    monkeypatch.setattr(boot_mounts, "_VITAL", (str(vital),))
    mounted: list[Mount] = []
    monkeypatch.setattr(mounts, "read", lambda: mounted)
    return mounted


def problems(path: str, text: str, **others: str) -> list[str]:
    """Return the problems of a file with this text."""
    view = Future({path: text, **{f"/etc/{name}": each for name, each in others.items()}})
    return [each for check in by_path.checks([path]) for each in check(view)]


@pytest.mark.parametrize(
    "line",
    [
        "",
        "# /dev/nothing /mnt/x ext4",
        "/dev/nothing /mnt/x ext4 nofail 0 2",
        "/dev/nothing /mnt/x ext4 noauto 0 2",
        "/dev/nothing /mnt/x ext4 x-systemd.automount 0 2",
        "UUID=nothing /mnt/x auto rw,nofail",
        "none /mnt/x tmpfs defaults,size=1m,mode=0755,nosuid,noatime,x-systemd.after=a.service 0 0",
        "none /mnt/x tmpfs uid=boot,gid=adm,user,comment=us,x-mount.mkdir 0 0",
        "overlay /mnt/x overlay lowerdir=/not/yet,upperdir=/srv/u,workdir=/srv/w",
        "/etc/fstab /mnt/x ext4,xfs rw,noatime,_netdev,context=a:b",
        "proc /mnt/x proc",
        "/etc /mnt/x none bind,ro 0 0",
        "//nas/share /mnt/x ext4 _netdev",
        "/dev/zram0 none swap pri=10",
        "/etc/fstab none swap sw,pri=1 0 0",
        "none /mnt/x tmpfz noauto",
        "mnt/x mnt/x ext4 noauto",
        "none /mnt/x tmpfs defaults 0 0 # space for builds",
        "none /mnt/x tmpfs defaults # space",
        "/mnt/a:/mnt/b /mnt/x fuse.mergerfs allow_other",
        "bucket /mnt/x fuse.s3fs url=https://nowhere",
    ],
)
def test_a_line_that_the_boot_can_mount_or_leave_out_is_no_problem(line: str) -> None:
    assert problems(FSTAB, f"{line}\n") == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("/dev/nothing /mnt/x ext4", "/dev/nothing, the source of /mnt/x, does not exist"),
        ("UUID=12-34 /mnt/x auto", "UUID=12-34, the source of /mnt/x, does not exist"),
        ('LABEL="none" /mnt/x auto', 'LABEL="none", the source of /mnt/x, does not exist'),
        ("/etc/none /mnt/x none bind", "/etc/none, the source of /mnt/x, does not exist"),
        ("/no\\040file /mnt/x ext4 loop", "/no file, the source of /mnt/x, does not exist"),
        ("/swapfile none swap sw", "/swapfile, the source of the swap space, does not exist"),
        ("none /mnt/x tmpfz", "the kernel knows no type tmpfz, as of /mnt/x, and /sbin/mount.tmp"),
        ("none /mnt/x tmpfz nofail", "the kernel knows no type tmpfz, as of /mnt/x, and /sbin"),
        ("none mnt/x tmpfs", "'mnt/x' is not an absolute path"),
        ("none /etc/passwd tmpfs", "/etc/passwd cannot be a mount point: something else than a"),
        ("none /etc/passwd/x tmpfs", "/etc/passwd/x cannot be a mount point: something else than"),
    ],
)
def test_a_line_that_the_boot_cannot_mount_is_refused_with_a_remedy(line: str, said: str) -> None:
    [problem] = problems(FSTAB, f"# ours\n{line}\n")

    assert problem.startswith(f"{FSTAB}: line 2: {said}")
    assert problem.endswith(REMEDY)


@as_root
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("sise=1m", "tmpfs refuses the option sise of /mnt/x: Unknown parameter 'sise'"),
        ("rw,defualts", "tmpfs refuses the option defualts of /mnt/x: Unknown parameter"),
        ("size=many", "tmpfs refuses the option size of /mnt/x: Bad value for 'size'"),
    ],
)
def test_an_option_that_the_kernel_does_not_know_is_refused(options: str, said: str) -> None:
    [problem] = problems(FSTAB, f"none /mnt/x tmpfs {options},nofail\n")

    assert said in problem


@as_root
def test_the_reason_is_not_the_warning_of_an_option_before(monkeypatch: pytest.MonkeyPatch) -> None:
    said = iter([b"w tmpfs: Deprecated parameter 'a'\n", b"e tmpfs: Unknown parameter 'b'\n", b""])
    monkeypatch.setattr(os, "read", lambda *_: next(said))

    assert list(mount_options.refused("tmpfs", ["b"])) == [("b", "Unknown parameter 'b'")]


@pytest.mark.parametrize("line", ["garbage", "/dev/sda1 /mnt", "LABEL=a b /mnt/x ext4 rw 0 0"])
def test_a_line_with_too_few_or_too_many_fields_is_refused(line: str) -> None:
    [problem] = problems(FSTAB, f"{line}\n")

    assert f"line 1 has {len(line.split())} fields instead of 3 to 6" in problem


def test_a_source_that_another_line_or_a_key_makes_need_not_exist_yet() -> None:
    text = (
        "none /mnt/disks tmpfs\n/mnt/disks/image /mnt/x ext4 loop\n/dev/mapper/data /mnt/y ext4\n"
    )

    assert problems(FSTAB, text, crypttab="data /dev/sda9 none noauto\n") == []


def test_a_mount_that_would_hide_a_vital_folder_is_refused(
    tmp_path: Path, mounted: list[Mount]
) -> None:
    point = f"{tmp_path}/var"
    text = f"none {point} tmpfs\n"

    [problem] = problems(FSTAB, text)
    mounted.append(Mount(point, "ext4", "rw"))

    assert f"would hide {point}/vital" in problem
    assert problems(FSTAB, text) == []


def test_a_type_whose_module_has_another_name_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "modprobe").write_text('#!/bin/sh\n[ "$4" = fs-theirs ]\n')
    (tmp_path / "modprobe").chmod(0o755)
    monkeypatch.setitem(ENVIRONMENT, "PATH", f"{tmp_path}:{ENVIRONMENT['PATH']}")

    assert problems(FSTAB, "none /mnt/x theirs nofail\n") == []
    assert problems(FSTAB, "none /mnt/x ours nofail\n") != []


def test_a_folder_that_is_bound_onto_itself_stays_visible(tmp_path: Path) -> None:
    point = f"{tmp_path}/var/vital"

    assert problems(FSTAB, f"{point} {point} none bind,shared\n") == []


@pytest.mark.parametrize(
    "text", ["", "none {} tmpfs noauto\n", "none {}/log tmpfs\n"], ids=["gone", "noauto", "other"]
)
def test_the_line_of_a_mount_that_the_machine_needs_may_not_be_left_out(
    tmp_path: Path, mounted: list[Mount], text: str
) -> None:
    point = f"{tmp_path}/var"
    mounted += [Mount(point, "ext4", "rw"), Mount(f"{tmp_path}/other", "ext4", "rw")]

    [problem] = [each for each in problems(FSTAB, text.format(point)) if "no line" in each]

    assert f"{point} is a mount point that the machine needs now" in problem


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("data /dev/sda9 none noauto", ""),
        ("data /etc/fstab /dev/urandom swap", ""),
        ("data /etc/fstab /etc/passwd luks", ""),
        ("data /etc/fstab none tpm2-device=auto", ""),
        ("data /dev/nothing /etc/passwd nofail", ""),
        ("data /etc/fstab none luks,keyscript=/sbin/key", ""),
        ("data /etc/fstab /argument luks,keyscript=/sbin/key", ""),
        ("data /etc/fstab /key:LABEL=stick luks", ""),
        ("data", "has no device"),
        ("data /dev/nothing /etc/passwd luks", "/dev/nothing, the device of data, does not exist"),
        ("data /etc/fstab /no/key luks", "/no/key, the key file of data, does not exist"),
        ("data /etc/fstab", "the boot would ask for the passphrase of data (add a key file"),
        ("data /etc/fstab none nofail", "the boot would ask for the passphrase of data (add"),
    ],
)
def test_a_disk_that_the_boot_could_not_unlock_by_itself_is_refused(line: str, said: str) -> None:
    found = problems(CRYPTTAB, f"# name device key options\n{line}\n")

    assert [each for each in found if f"{CRYPTTAB}: line 2: {said}" in each] == found
    assert bool(found) == bool(said)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[Install]\nRequiredBy=local-fs.target", "/dev/nothing, the source of /mnt/x, does not"),
        ("[Install]\nWantedBy=multi-user.target", ""),
        ("", ""),
        ("Type=tmpfz\n[Install]\nWantedBy=multi-user.target", "the kernel knows no type tmpfz"),
        ("Where=/etc/passwd\n[Install]\nWantedBy=a.target", "/etc/passwd cannot be a mount"),
    ],
)
def test_a_mount_unit_is_checked_as_a_line_of_fstab(text: str, said: str) -> None:
    whole = f"[Mount]\nWhat=/dev/nothing\nWhere=/mnt/x\nType=ext4\n{text}\n"

    found = list(mount_units.problems("x.mount", unit_settings.settings(whole.split("\n")), View()))

    assert [each for each in found if each.startswith(f"x.mount: {said}")] == found
    assert bool(found) == bool(said)


def test_a_swap_unit_without_its_file_is_refused() -> None:
    text = "[Swap]\nWhat=/swapfile\n[Install]\nRequiredBy=swap.target"

    [problem] = mount_units.problems(
        "swapfile.swap", unit_settings.settings(text.split("\n")), View()
    )

    assert problem.startswith("swapfile.swap: /swapfile, the source of the swap space, does not")
