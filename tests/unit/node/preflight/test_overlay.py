"""An overlay shows a change to the checks, and never changes the node itself.

Each case is a mount namespace with its own root and real mounts.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import machineconfig_node
import pytest
from machineconfig_node.base.view import CheckUnavailableError
from machineconfig_node.manifest import desired_state
from machineconfig_node.preflight import changes, overlay
from machineconfig_node.record.node_record import Record

from tests.unit.node.build import file, manifest

_NAMESPACE = ["unshare", "--mount", "--propagation=private", "--"]

pytestmark = pytest.mark.skipif(
    subprocess.run([*_NAMESPACE, "true"], check=False, capture_output=True).returncode != 0,
    reason="this user may not make a mount namespace",
)

_ROOT = """\
mount -t tmpfs -o mode=0755 root /mnt
for each in /*; do
    if [ -L "$each" ]; then
        cp -P "$each" "/mnt$each"
    elif [ -d "$each" ] && [ "$each" != /mnt ] && [ "$each" != /srv ]; then
        mkdir "/mnt$each"
        mount --rbind "$each" "/mnt$each"
    fi
done
cd /mnt
mkdir srv
pivot_root . .
umount -l .
cd /
"""
_TRY = """\
import json, os, sys
from machineconfig_node.manifest import desired_state
from machineconfig_node.preflight import changes, overlay
from machineconfig_node.record.node_record import Record

def text(path):
    return open(path).read() if os.path.exists(path) else "absent"

given, gone = json.loads(sys.argv[1]), json.loads(sys.argv[2])
goes = {path: {"original": {"type": "absent"}} for path in gone}
made = desired_state.read(given)
tried = changes.Changes([*made.paths.values()], gone, Record(machine_id="", paths=goes), "/nowhere")
with overlay.opened(tried) as view:
    shown = {path: view.read(path) for path in tried.paths}
print(json.dumps([shown, {path: text(path) for path in tried.paths}]))
"""
_THEIRS = "mkdir -p /srv/theirs/data; chown 1234 /srv/theirs"
_MOUNT = "mount -t tmpfs data /srv/theirs/data"
# The folder that is changed, and the commands that prepare the node.
NODES = {
    "a mount below a folder of another user": ("/srv/theirs/data", f"{_THEIRS}; {_MOUNT}"),
    "a mount below a folder that a group may write": (
        "/srv/log/audit",
        "mkdir -p /srv/log/audit; chmod 0775 /srv/log; mount -t tmpfs data /srv/log/audit",
    ),
    "a mount in a mount below such a folder": (
        "/srv/theirs/data/inner/more",
        f"{_THEIRS}; {_MOUNT}; cd /srv/theirs/data; mkdir inner; mount -t tmpfs inner inner",
    ),
    "a mount of the same file system": (
        "/srv/theirs/data",
        f"{_THEIRS}; mkdir /srv/other; mount --bind /srv/other /srv/theirs/data",
    ),
    "a mount that another covers": (
        "/srv/theirs/data",
        f"{_THEIRS}; {_MOUNT}; mount -t tmpfs theirs /srv/theirs; {_THEIRS}",
    ),
    "a root that a group may write": ("/srv/data", "chmod 0775 /"),
    "a root of another user, with a mount in it": (
        "/srv/data/more",
        "chown 1234 /; mkdir /srv/data; mount -t tmpfs data /srv/data",
    ),
}


@pytest.mark.parametrize(("place", "setup"), NODES.values(), ids=NODES)
def test_an_overlay_shows_the_change_and_does_not_change_the_node(place: str, setup: str) -> None:
    wanted, new, left = f"{place}/wanted", f"{place}/new/folder/wanted", f"{place}/left"
    outer = "/srv/beside"
    files = (file(Path(each), b"tried") for each in (wanted, new, outer))
    written = f"mkdir -p {place}; echo -n as it is > {wanted}; echo -n ours > {left}"

    shown, real = tried(f"{setup}; {written}", manifest(*files), [left])

    assert shown == {wanted: "tried", new: "tried", outer: "tried", left: ""}
    assert real == {wanted: "as it is", new: "absent", outer: "absent", left: "ours"}


def tried(setup: str, given: dict[str, object], gone: list[str]) -> list[dict[str, str]]:
    """Return what the overlay shows at each path, and what is there afterwards."""
    shell = ["sh", "-ec", f'{_ROOT}{setup}\nexec "$@"', "sh"]
    python = [sys.executable, "-c", _TRY, json.dumps(given), json.dumps(gone)]
    package = str(Path(machineconfig_node.__file__).parents[1])
    done = subprocess.run(
        [*_NAMESPACE, *shell, *python],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": package},
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, str]] = json.loads(done.stdout)
    return found


def test_an_overlay_that_would_change_the_node_is_refused(
    folder: str, disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = desired_state.read(manifest(file(disk / "a")))
    # As if a mount was missed: the root of the view is the node's own.
    monkeypatch.setattr(overlay, "_script", lambda *_: f"echo {overlay._READY}\nread -r end\n")  # noqa: SLF001

    with (
        pytest.raises(CheckUnavailableError, match=f"{disk} of the node itself"),
        overlay.opened(changes.of(given, Record(machine_id=""), folder)),
    ):
        pass

    assert not (disk / "a").exists()
