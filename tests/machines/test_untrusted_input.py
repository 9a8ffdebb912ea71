"""Content of a config or a node is never executed or followed, and is removed completely."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab import Lab
from tests.machines.clean_lab import make_pristine
from tests.machines.configs import Json, file, ignition
from tests.machines.playbook import Moment, Run, play

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ3sJb0yXgCVZSAqCkDHZQeMSBJwCF0PXJ2ZbXl3Kb4K"
NOTHING = ignition()
_STATE = """
find /etc /home/boot -type f -exec sha256sum {} + | sort -k 2
find /etc /home/boot -printf '%p %M %u %l\\n' | sort
"""
# An original has a time, an extended attribute, and an ACL for another user.
_MAKE_ORIGINAL = """
import os, struct
path = "/etc/hostile-original"
rights = [(1, 6, -1), (2, 4, 1000), (4, 4, -1), (16, 4, -1), (32, 0, -1)]
with open(path, "w") as stream:
    stream.write("the distribution's")
os.setxattr(path, "user.origin", b"distribution")
packed = b"".join(struct.pack("<HHi", *each) for each in rights)
os.setxattr(path, "system.posix_acl_access", struct.pack("<I", 2) + packed)
os.utime(path, (1, 1600000000))
"""
_READ_ORIGINAL = """
import os
path = "/etc/hostile-original"
print({name: os.getxattr(path, name) for name in sorted(os.listxattr(path))})
print(os.stat(path).st_mtime_ns, open(path).read())
"""


def state(lab: Lab, node: str) -> list[str]:
    """Return contents, types, modes and owners in /etc and in the boot user's home."""
    return lab.ssh(node, "sudo sh", stdin=_STATE).splitlines()


def original(lab: Lab) -> str:
    """Return everything that a plain copy would lose."""
    return lab.ssh("w-1", "sudo python3", stdin=_READ_ORIGINAL)


def with_keys(config: Json, *keys: str) -> Json:
    """Return the config with these keys of the boot user."""
    return {**config, "passwd": {"users": [{"name": "boot", "sshAuthorizedKeys": [*keys]}]}}


def templates(mark: Path) -> tuple[str, str]:
    """Return an expression and a statement of Jinja that would create the mark."""
    call = f"lookup('ansible.builtin.pipe', 'touch {mark}')"
    return f"{{{{ {call} }}}}", f"{{% set x = {call} %}}"


def full_of_templates(mark: Path) -> Json:
    """Return a MachineConfig that consists of templates and requires no action."""
    expression, statement = templates(mark)
    unit = f"[Unit]\nDescription={expression}\n# {statement}\n"
    config = ignition(
        file("/etc/hostile-original", f"{expression}\n{statement}\n"),
        file(f"/etc/hostile/{expression}/{statement}", expression),
        units=(
            {
                "name": "hostile.service",
                "contents": f"{unit}[Service]\nExecStart=/bin/true\n",
                "dropins": [{"name": "hostile.conf", "contents": unit}],
            },
        ),
    )
    return with_keys(config, f"{KEY} {expression} {statement}")


QUIET = {
    "apiVersion": "machineconfiguration.alauda.io/v1alpha1",
    "kind": "MachineConfiguration",
    "metadata": {"name": "cluster"},
    "spec": {
        "nodeDisruptionPolicy": {
            "units": [{"name": "hostile.service", "actions": [{"type": "None"}]}]
        }
    },
}


@dataclass(frozen=True)
class Snapshot:
    """A machine before a config is applied, or after it is removed."""

    state: list[str]
    original: str


@dataclass(frozen=True)
class TemplateConfig:
    """A config full of templates that is applied and removed."""

    before: Snapshot
    applied: Run
    there: str
    removed: Run
    after: Snapshot


def _snapshot(lab: Lab) -> Snapshot:
    return Snapshot(state(lab, "w-1"), original(lab))


def _apply_and_remove_templates(lab: Lab, mark: Path) -> TemplateConfig:
    lab.ssh(
        "w-1",
        "sudo -u boot sh -c 'umask 077; cd /home/boot; mkdir .ssh; touch .ssh/authorized_keys'",
    )
    lab.ssh("w-1", "sudo python3", stdin=_MAKE_ORIGINAL)
    before = _snapshot(lab)
    applied = play(lab, "w-1", full_of_templates(mark), QUIET)
    there = (
        "sudo grep --recursive --no-filename lookup /etc /home/boot/.ssh; sudo find /etc/hostile"
    )
    held = lab.ssh("w-1", there, check=False)
    removed = play(lab, "w-1", NOTHING, QUIET)
    return TemplateConfig(before, applied, held, removed, _snapshot(lab))


def _check_names(lab: Lab, mark: Path) -> Run:
    """Run preflight with names that point elsewhere or are templates."""
    expression, _ = templates(mark)
    names = ("../hostile.service", "a/b.service", "a\nb.service", f"{expression}.service")
    config = ignition(
        file("/etc/../root/hostile", ""),
        {**file("/etc/hostile", ""), "user": {"name": expression}},
        units=tuple({"name": name, "enabled": True} for name in names),
    )
    return play(lab, "w-2", config, playbook="preflight")


SWAP = "sudo mv /etc/hostile-swapped /etc/real; sudo ln -s /srv/outside /etc/hostile-swapped"


@dataclass(frozen=True)
class Attempt:
    """A run, and the state of protected files before and after it."""

    run: Run
    before: list[str]
    after: list[str]


def _swap(lab: Lab) -> Attempt:
    """Replace a directory by a link after preflight has seen it."""
    lab.ssh("w-2", "sudo mkdir /etc/hostile-swapped /srv/outside")
    lab.ssh("w-2", "echo theirs | sudo tee /srv/outside/a")
    moment = Moment("apply", f"ssh -F {lab.ssh_config} w-2 '{SWAP}'")
    outside = "sudo find /srv/outside -type f -print -exec cat {} +"
    before = lab.ssh("w-2", outside).splitlines()
    run = play(lab, "w-2", ignition(file("/etc/hostile-swapped/a", "ours\n")), moment=moment)
    return Attempt(run, before, lab.ssh("w-2", outside).splitlines())


# A user who owns the directory of a managed file, and swaps a link in and out in its place.
_RACE = """
import os
path = "/home/boot/conf/a"
while True:
    os.symlink("/etc/shadow", f"{path}-new")
    os.replace(f"{path}-new", path)
    with open(f"{path}-new", "w") as stream:
        stream.write("theirs")
    os.replace(f"{path}-new", path)
"""
_SHADOW = "sudo stat --format='%U %a %i' /etc/shadow; sudo sha256sum /etc/shadow"
_KEPT_OF_SHADOW = """
grep --recursive --files-with-matches --fixed-strings "$(head -n 1 /etc/shadow)" \\
    /var/lib/machine-config /home/boot
"""


def _race(lab: Lab) -> Attempt:
    """Apply the file during the race."""
    lab.ssh("w-2", "sudo -u boot tee /home/boot/race.py", stdin=_RACE)
    lab.ssh("w-2", "sudo -u boot mkdir /home/boot/conf")
    racer = "--collect --unit=hostile-race --uid=boot python3 /home/boot/race.py"
    before = lab.ssh("w-2", _SHADOW).splitlines()
    lab.ssh("w-2", f"sudo systemd-run --quiet {racer}")
    run = play(lab, "w-2", ignition(file("/home/boot/conf/a", "ours\n")), playbook="apply")
    lab.ssh("w-2", "sudo systemctl stop hostile-race")
    kept = lab.ssh("w-2", "sudo sh", stdin=_KEPT_OF_SHADOW, check=False).splitlines()
    after = [*lab.ssh("w-2", _SHADOW).splitlines(), *kept]
    lab.ssh("w-2", "sudo rm -r /home/boot/conf /home/boot/race.py")
    return Attempt(run, before, after)


HOMES = {
    "~/.ssh links to /etc": "ln -s /etc .ssh",
    "authorized_keys links to /etc/shadow": "mkdir .ssh; ln -s /etc/shadow .ssh/authorized_keys",
    "authorized_keys links to /etc/passwd": "mkdir .ssh; ln -s /etc/passwd .ssh/authorized_keys",
}


def _apply_to_home(lab: Lab, home: str) -> Attempt:
    """Run as a boot user who tries to make root write elsewhere."""
    lab.ssh("w-3", f"sudo -u boot sh -ec 'cd /home/boot; rm -rf .ssh; {HOMES[home]}'")
    before = [line for line in state(lab, "w-3") if "/home/" not in line]
    run = play(lab, "w-3", with_keys(NOTHING, KEY))
    return Attempt(run, before, [line for line in state(lab, "w-3") if "/home/" not in line])


@dataclass(frozen=True)
class Outcome:
    """The outcomes on all machines."""

    template_config: TemplateConfig
    names: Run
    swapped: Attempt
    raced: Attempt
    homes: dict[str, Attempt]
    marks: list[str]


@pytest.fixture(scope="module")
def outcome(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    """Run all cases in parallel, one per machine."""
    mark = tmp_path_factory.mktemp("hostile") / "mark"
    with ThreadPoolExecutor() as pool:
        lifecycle = pool.submit(_apply_and_remove_templates, lab, mark)
        homes = pool.submit(lambda: {home: _apply_to_home(lab, home) for home in HOMES})
        names, swapped, raced = _check_names(lab, mark), _swap(lab), _race(lab)
        template_config, home_attempts = lifecycle.result(), homes.result()
    places = [str(mark)] if mark.exists() else []
    places += [node for node in ("w-1", "w-2") if lab.ssh(node, f"ls {mark}", check=False)]
    yield Outcome(template_config, names, swapped, raced, home_attempts, places)
    make_pristine(lab, ["w-1", "w-2", "w-3"])


def test_templates_anywhere_in_a_config_arrive_as_text(outcome: Outcome) -> None:
    template_config = outcome.template_config

    assert template_config.applied.status == 0, template_config.applied.output
    texts = {"original": 2, "file": 1, "unit": 2, "drop-in": 2, "keys": 1, "folders": 2}
    assert len(re.findall("lookup.*\n", template_config.there)) >= sum(texts.values()), (
        template_config.there
    )


def test_templates_run_neither_on_the_controller_nor_on_the_node(outcome: Outcome) -> None:
    assert outcome.marks == []


def test_a_removed_config_leaves_the_node_as_before_including_directories(outcome: Outcome) -> None:
    template_config = outcome.template_config

    assert template_config.removed.status == 0, template_config.removed.output
    assert template_config.after.state == template_config.before.state


def test_an_original_has_its_attributes_its_rights_and_its_time_back(outcome: Outcome) -> None:
    before, after = (
        outcome.template_config.before.original,
        outcome.template_config.after.original,
    )

    assert "user.origin" in before
    assert "system.posix_acl_access" in before
    assert after == before


def test_names_that_point_elsewhere_are_refused_before_anything_is_sent(outcome: Outcome) -> None:
    assert outcome.names.status != 0
    cause = re.findall("cause: (ignition: .*)", outcome.names.output)[0]
    assert "files.0.path: path is not fully simplified" in cause
    assert 'files.1.user.name: "{{ lookup(' in cause
    assert cause.count("is not a valid unit name") == 4


def test_a_directory_that_becomes_a_link_after_preflight_is_refused_and_its_target_untouched(
    outcome: Outcome,
) -> None:
    swapped = outcome.swapped

    assert swapped.run.status != 0
    printed = " ".join(swapped.run.output.split())
    assert (
        "is below a symbolic link: its folder /etc/hostile-swapped resolves to /srv/outside"
        in printed
    )
    assert swapped.after == swapped.before == ["/srv/outside/a", "theirs"]


def test_the_owner_of_a_managed_files_directory_gains_nothing_from_root_by_links(
    outcome: Outcome,
) -> None:
    raced = outcome.raced

    assert "apply" in raced.run.roles, raced.run.output
    assert raced.after == raced.before, raced.run.output


@pytest.mark.parametrize("home", HOMES)
def test_links_of_a_boot_user_never_redirect_root(outcome: Outcome, home: str) -> None:
    attempt = outcome.homes[home]

    assert attempt.after == attempt.before, attempt.run.output
    printed = " ".join(attempt.run.output.split())
    assert attempt.run.status != 0
    assert "apply" not in attempt.run.roles
    assert re.search(
        "the SSH keys of boot cannot be managed: /home/boot/.ssh.* is a link to", printed
    )
