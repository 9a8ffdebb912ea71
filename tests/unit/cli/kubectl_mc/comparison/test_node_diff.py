"""`kubectl mc status NODE --diff` shows how a node differs from its config, but no secrets."""

import hashlib
from typing import Any

from controller.api import names
from controller.api.json_object import Json
from controller.api.machine_config_node import Drift
from controller.api.meta import Condition, ConditionStatus
from controller.cli.kubectl_mc.comparison.node_diff import node_diff_lines, paths_to_read
from controller.cli.kubectl_mc.node.node_contents import NodeContents
from controller.cli.kubectl_mc.terminal.console import segments_of
from controller.rendering.node_manifest import manifest
from tests.unit.cli.kubectl_mc.conftest import Run
from tests.unit.cli.kubectl_mc.manifests import a_file, a_unit, machine_config
from tests.unit.cli.kubectl_mc.node_files import missing_file, node_file
from tests.unit.cli.kubectl_mc.status.test_status import cluster, shown
from tests.unit.planning.build import NEW, done, node

MOTD = "/etc/motd"
UNIT = "/etc/systemd/system/a.service"
SECRET = b"hunter2\n"


def shown_diff(
    config: Json, found: Json, kind: str = "content", units: tuple[Json, ...] = ()
) -> list[str]:
    """Return the lines on one path, as a terminal gets them."""
    drift = [Drift(path=found["path"], kind=kind)]
    files = (found,) if "kind" in found else ()
    contents = NodeContents.model_validate({"files": files, "units": units})
    lines = node_diff_lines(manifest(config, "boot"), drift, contents)
    return ["".join(segment.text for segment in segments_of(line)) for line in lines]


def motd(text: str = "a%0Ab%0A", **fields: Any) -> Json:  # noqa: ANN401 - any field of a file
    return machine_config(NEW, **a_file(MOTD, f"data:,{text}", **{"mode": 0o644, **fields}))


def test_world_readable_text_is_shown_as_a_diff() -> None:
    assert shown_diff(motd(), node_file(MOTD, b"a\nc\n")) == [
        "  /etc/motd (content)",
        "    --- /etc/motd",
        "    +++ /etc/motd",
        "    @@ -1,2 +1,2 @@",
        "     a",
        "    -b",
        "    +c",
    ]


def test_a_missing_file_is_shown_as_removed_lines() -> None:
    assert shown_diff(motd("a%0A"), missing_file(MOTD), "missing")[-3:] == [
        "    +++ /dev/null",
        "    @@ -1 +0,0 @@",
        "    -a",
    ]


def test_contents_that_were_protected_on_either_side_are_never_shown() -> None:
    digest = hashlib.sha256(SECRET).hexdigest()
    readable = node_file(MOTD, SECRET, mode=0o644)
    protected = node_file(MOTD, SECRET, mode=0o600)
    for config, found in (
        (motd(mode=0o640), readable),
        (motd(), protected),
        (motd(), {**protected, "content": None}),
    ):
        lines = shown_diff(config, found)
        assert "    contents are not world-readable:" in lines
        assert f"    + 8 bytes, sha256:{digest}" in lines
        assert not any("hunter2" in each for each in lines)
    secret = motd("hunter2%0A", mode=0o600)
    assert not any("hunter2" in each for each in shown_diff(secret, missing_file(MOTD)))
    assert not any("hunter2" in each for each in shown_diff(secret, node_file(MOTD, b"other")))


def test_mode_and_owner_are_shown_beside_contents() -> None:
    assert shown_diff(
        motd(), node_file(MOTD, b"a\nb\n", mode=0o755, uid=7, gid=8), "mode, owner"
    ) == [
        "  /etc/motd (mode, owner)",
        "    mode: 0644 -> 0755",
        "    user: 0 -> 7",
        "    group: 0 -> 8",
    ]


def test_a_long_diff_is_cut_with_a_note() -> None:
    lines = shown_diff(motd(), node_file(MOTD, b"".join(b"%d\n" % each for each in range(100))))

    assert len(lines) == 1 + 20 + 1
    assert lines[-1] == "    … and 85 more lines"


def test_units_and_their_enablement_are_compared_too() -> None:
    config = machine_config(NEW, **a_unit(text="[Service]\n"))
    assert shown_diff(config, node_file(UNIT, b"[Unit]\n"))[-2:] == [
        "    -[Service]",
        "    +[Unit]",
    ]

    enabled = machine_config(NEW, systemd={"units": [{"name": "a.service", "enabled": True}]})
    unit = {
        "name": "a.service",
        "enablement": "disabled",
        "fragment": missing_file(UNIT),
        "dropins": (),
    }
    assert shown_diff(enabled, {"path": "a.service"}, "enablement", units=(unit,)) == [
        "  a.service (enablement)",
        "    enablement: enabled -> disabled",
    ]


def test_what_replaces_a_file_is_named() -> None:
    link = {**missing_file(MOTD), "kind": "symlink", "target": "/x\x1b[2J"}
    unreadable = {**missing_file(MOTD), "kind": "unreadable", "error": "Input/output error"}
    assert shown_diff(motd(), link)[1] == r"    replaced by a symlink to /x\x1b[2J"
    assert shown_diff(motd(), unreadable)[1] == "    cannot be read: input/output error"
    assert (
        shown_diff(motd(), {**missing_file(MOTD), "kind": "folder"})[1]
        == "    replaced by a folder"
    )
    large = node_file(MOTD, sha256="", content=None, size=10**9)
    assert (
        shown_diff(motd(), large)[1]
        == "    contents: 4 bytes -> 1000000000 bytes, too many to compare"
    )


def test_a_finding_without_contents_is_explained() -> None:
    force = shown_diff(motd(), {"path": names.FORCE_FILE}, "forceFile")
    assert "the config is applied again" in force[1]
    assert "authorized_keys" in shown_diff(motd(), {"path": "boot"}, "keys")[1]


def test_control_characters_from_the_node_are_escaped() -> None:
    text = shown_diff(motd(), node_file(MOTD, b"\x1b]0;owned\x07\n"))
    lines = shown_diff(motd(), {"path": "/etc/\x1b[2J"}, "a\x07b")

    assert not any("\x1b" in each or "\x07" in each for each in [*text, *lines])
    assert lines[0] == r"  /etc/\x1b[2J (a\x07b)"


def test_a_difference_that_was_fixed_since_is_noted() -> None:
    assert shown_diff(motd(), node_file(MOTD, b"a\nb\n"))[1] == (
        "    no difference any more: `kubectl mc check` updates the status"
    )


def test_only_what_the_config_manages_is_read() -> None:
    config = machine_config(NEW, **a_file(MOTD), **a_unit())
    drift = [
        Drift(path=each, kind="x") for each in (MOTD, UNIT, "/etc/shadow", "boot", "b.service")
    ]

    assert paths_to_read(manifest(config, "boot"), drift) == ([MOTD, UNIT], [])


def test_unknown_drift_is_shown_with_the_cause() -> None:
    last = "no answer; last in sync at 12:00:00"
    condition = Condition(
        type=names.DRIFTED, status=ConditionStatus.UNKNOWN, reason="Unreachable", message=last
    )
    observed = cluster(node("w-1", done(NEW).model_copy(update={"conditions": (condition,)})))

    assert f"  drift unknown: {last}" in shown(observed, "w-1")
    assert any(each.endswith(f"drift unknown: {last}") for each in shown(observed))


def test_known_drift_has_no_such_note() -> None:
    condition = Condition(type=names.DRIFTED, status=ConditionStatus.FALSE, reason="AsConfigured")
    observed = cluster(node("w-1", done(NEW).model_copy(update={"conditions": (condition,)})))

    assert not any("drift unknown" in each for each in shown(observed, "w-1"))


def test_a_diff_without_a_cluster_fails(mc: Run) -> None:
    assert mc("status", "w-1", "--diff").code == 2
