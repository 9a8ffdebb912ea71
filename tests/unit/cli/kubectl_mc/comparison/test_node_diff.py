"""`kubectl mc status NODE --diff`: how a node differs from its config, and what is not shown."""

import hashlib
from typing import Any

from controller.api import names
from controller.api.machine_config_node import Drift
from controller.api.meta import Condition, ConditionStatus
from controller.cli.kubectl_mc.comparison import node_diff
from controller.cli.kubectl_mc.node.node_contents import SeenOnNode
from controller.cli.kubectl_mc.terminal import console
from controller.rendering.node_manifest import manifest
from tests.unit.cli.kubectl_mc.authoring.test_adopt import file, nothing
from tests.unit.cli.kubectl_mc.conftest import Run
from tests.unit.cli.kubectl_mc.manifests import a_file, a_unit, machine_config
from tests.unit.cli.kubectl_mc.status.test_status import cluster, shown
from tests.unit.planning.build import NEW, done, node

Json = dict[str, Any]
MOTD = "/etc/motd"
UNIT = "/etc/systemd/system/a.service"
SECRET = b"hunter2\n"


def told(
    config: Json, seen: Json, kind: str = "content", units: tuple[Json, ...] = ()
) -> list[str]:
    """Return what is shown of one path, as a terminal gets it."""
    drift = [Drift(path=seen["path"], kind=kind)]
    files = (seen,) if "kind" in seen else ()
    on_node = SeenOnNode.model_validate({"files": files, "units": units})
    lines = node_diff.lines(manifest(config, "boot"), drift, on_node)
    return ["".join(each.text for each in console.segments_of(line)) for line in lines]


def motd(text: str = "a%0Ab%0A", **fields: Any) -> Json:  # noqa: ANN401 - any field of a file
    return machine_config(NEW, **a_file(MOTD, f"data:,{text}", **{"mode": 0o644, **fields}))


def test_text_that_everybody_may_read_is_shown_as_a_diff() -> None:
    assert told(motd(), file(MOTD, b"a\nc\n")) == [
        "  /etc/motd (content)",
        "    --- /etc/motd",
        "    +++ /etc/motd",
        "    @@ -1,2 +1,2 @@",
        "     a",
        "    -b",
        "    +c",
    ]


def test_a_file_that_is_gone_shows_what_is_missing() -> None:
    assert told(motd("a%0A"), nothing(MOTD), "missing")[-3:] == [
        "    +++ /dev/null",
        "    @@ -1 +0,0 @@",
        "    -a",
    ]


def test_contents_that_were_protected_on_either_side_are_never_shown() -> None:
    digest = hashlib.sha256(SECRET).hexdigest()
    there = file(MOTD, SECRET, mode=0o644)
    closed = file(MOTD, SECRET, mode=0o600)
    for config, seen in (
        (motd(mode=0o640), there),
        (motd(), closed),
        (motd(), {**closed, "content": None}),
    ):
        lines = told(config, seen)
        assert "    contents, which not everybody may read:" in lines
        assert f"    + 8 bytes, sha256:{digest}" in lines
        assert not any("hunter2" in each for each in lines)
    wanted = motd("hunter2%0A", mode=0o600)
    assert not any("hunter2" in each for each in told(wanted, nothing(MOTD)))
    assert not any("hunter2" in each for each in told(wanted, file(MOTD, b"other")))


def test_mode_and_owner_are_told_beside_contents() -> None:
    assert told(motd(), file(MOTD, b"a\nb\n", mode=0o755, uid=7, gid=8), "mode, owner") == [
        "  /etc/motd (mode, owner)",
        "    mode: 0644 -> 0755",
        "    user: 0 -> 7",
        "    group: 0 -> 8",
    ]


def test_a_long_diff_is_cut_and_says_so() -> None:
    lines = told(motd(), file(MOTD, b"".join(b"%d\n" % each for each in range(100))))

    assert len(lines) == 1 + 20 + 1
    assert lines[-1] == "    … and 85 more lines"


def test_units_and_their_enablement_are_compared_too() -> None:
    config = machine_config(NEW, **a_unit(text="[Service]\n"))
    assert told(config, file(UNIT, b"[Unit]\n"))[-2:] == ["    -[Service]", "    +[Unit]"]

    enabled = machine_config(NEW, systemd={"units": [{"name": "a.service", "enabled": True}]})
    unit = {"name": "a.service", "enablement": "disabled", "fragment": nothing(UNIT), "dropins": ()}
    assert told(enabled, {"path": "a.service"}, "enablement", units=(unit,)) == [
        "  a.service (enablement)",
        "    enablement: enabled -> disabled",
    ]


def test_what_is_no_file_is_told_as_what_it_is() -> None:
    link = {**nothing(MOTD), "kind": "symlink", "target": "/x\x1b[2J"}
    unread = {**nothing(MOTD), "kind": "unreadable", "error": "Input/output error"}
    assert told(motd(), link)[1] == r"    a symlink to /x\x1b[2J is in its place"
    assert told(motd(), unread)[1] == "    it cannot be read: input/output error"
    assert told(motd(), {**nothing(MOTD), "kind": "folder"})[1] == "    a folder is in its place"
    large = file(MOTD, sha256="", content=None, size=10**9)
    assert (
        told(motd(), large)[1] == "    contents: 4 bytes -> 1000000000 bytes, too many to compare"
    )


def test_what_has_no_contents_says_what_it_means() -> None:
    force = told(motd(), {"path": names.FORCE_FILE}, "forceFile")
    assert "the config is applied again" in force[1]
    assert "authorized_keys" in told(motd(), {"path": "boot"}, "keys")[1]


def test_nothing_that_is_on_the_node_is_obeyed_by_a_terminal() -> None:
    text = told(motd(), file(MOTD, b"\x1b]0;owned\x07\n"))
    lines = told(motd(), {"path": "/etc/\x1b[2J"}, "a\x07b")

    assert not any("\x1b" in each or "\x07" in each for each in [*text, *lines])
    assert lines[0] == r"  /etc/\x1b[2J (a\x07b)"


def test_what_was_put_right_since_says_how_to_tell_the_controller() -> None:
    assert told(motd(), file(MOTD, b"a\nb\n"))[1] == (
        "    it is as it should be now: `kubectl mc check` tells the controller"
    )


def test_only_what_a_config_holds_is_read() -> None:
    config = machine_config(NEW, **a_file(MOTD), **a_unit())
    drift = [
        Drift(path=each, kind="x") for each in (MOTD, UNIT, "/etc/shadow", "boot", "b.service")
    ]

    assert node_diff.to_read(manifest(config, "boot"), drift) == ([MOTD, UNIT], [])


def test_that_it_is_not_known_is_shown_with_the_cause() -> None:
    last = "no answer; last in sync at 12:00:00"
    condition = Condition(
        type=names.DRIFTED, status=ConditionStatus.UNKNOWN, reason="Unreachable", message=last
    )
    seen = cluster(node("w-1", done(NEW).model_copy(update={"conditions": (condition,)})))

    assert f"  not known whether it has drifted: {last}" in shown(seen, "w-1")
    assert any(each.endswith(f"not known whether it has drifted: {last}") for each in shown(seen))


def test_a_condition_that_is_known_says_nothing_besides() -> None:
    condition = Condition(type=names.DRIFTED, status=ConditionStatus.FALSE, reason="AsConfigured")
    seen = cluster(node("w-1", done(NEW).model_copy(update={"conditions": (condition,)})))

    assert not any("drifted" in each for each in shown(seen, "w-1"))


def test_a_diff_without_a_cluster_says_so(mc: Run) -> None:
    assert mc("status", "w-1", "--diff").code == 2
